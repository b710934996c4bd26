"""The native tables after the command: as the host's own nft printed them, but for what the command changed."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.ruleset import Backend, Ruleset
from netaudit.parse import read_source
from netaudit.replica.loadable import nft_tables, tables_in
from netaudit.replica.order import Json, NftTable, Printed

Place = tuple[str, str]
Object = tuple[str, Mapping[str, Json]]
_MOVES = frozenset({"handle", "expires", "packets", "bytes", "used"})  # by themselves, or from host to host


def restore_nft(facts: Facts, ruleset: Ruleset, before: Printed, after: Printed) -> dict[str, bytes]:
    """Return nft's JSON after the command; nothing where the command changed no native table."""
    loaded, changed = _native(before), _native(after)
    if {place: _stable(one) for place, one in loaded.items()} == {
        place: _stable(one) for place, one in changed.items()
    }:
        return {}
    own = {(one.family, one.name): one for one in nft_tables(facts, ruleset)}
    objects: list[Object] = []
    for place in dict.fromkeys((*own, *changed)):
        objects += _table(own.get(place), loaded.get(place), changed.get(place))
    outline = _outline(facts, ruleset)
    entries = [*outline, *({kind: body} for kind, body in objects)]
    return {Source.NFT_RULESET: msgspec.json.encode({"nftables": entries})}


def handles_differ(facts: Facts, ruleset: Ruleset, before: Printed) -> tuple[str, ...]:
    """Name the native tables in which a handle of the host is another rule here, or none."""
    loaded = _native(before)
    return tuple(
        f"{one.family} {one.name}"
        for one in nft_tables(facts, ruleset)
        if _handles(one) != _handles(loaded.get((one.family, one.name)))
    )


def _handles(table: NftTable | None) -> dict[object, object]:
    return (
        {body.get("handle"): (kind, body.get("chain")) for kind, body in table.objects if kind == "rule"}
        if table
        else {}
    )


def _native(printed: Printed) -> dict[Place, NftTable]:
    """Return the tables of nft's that iptables-nft did not print: their rules are there whole."""
    saved = {
        (family, table.name)
        for family, source in (("ip", Source.IPTABLES_NFT), ("ip6", Source.IP6TABLES_NFT))
        for table in read_source(Facts(dict(printed.files)), source).tables
    }
    tables = tables_in(printed.files.get(Source.NFT_RULESET, b""))
    return {(one.family, one.name): one for one in tables if (one.family, one.name) not in saved}


def _outline(facts: Facts, ruleset: Ruleset) -> Iterator[Json]:
    """Return what else the host's nft printed: of iptables-nft's tables, which are read elsewhere."""
    native = {(table.family, table.name) for table in ruleset.tables if table.backend is Backend.NFTABLES}
    for table in tables_in(facts.files.get(Source.NFT_RULESET, b"")):
        if (table.family, table.name) not in native:
            yield from ({kind: body} for kind, body in table.objects)


def _stable(table: NftTable) -> list[object]:
    return [(kind, _without(body)) for kind, body in table.objects]


def _without(value: Json) -> Json:
    """Return a value without what moves by itself."""
    match value:
        case dict():
            return {key: _without(inner) for key, inner in value.items() if key not in _MOVES}
        case list():
            return [_without(inner) for inner in value]
        case _:
            return value


def _table(own: NftTable | None, loaded: NftTable | None, changed: NftTable | None) -> Sequence[Object]:
    """Return a table's objects; what could not be loaded, or not be read here, stays as the host has it."""
    if own is None or loaded is None:
        return changed.objects if changed and own is None else own.objects if own else ()
    if changed is None:
        return ()
    known = _as_on_host(own, loaded)
    return [next(known.get(_key(one), iter(())), one) for one in changed.objects]


def _as_on_host(own: NftTable, loaded: NftTable) -> dict[bytes, Iterator[Object]]:
    """Return the host's objects by what the replica has in their place."""
    found: dict[bytes, list[Object]] = {}
    for here, there in _pairs(_groups(loaded), _groups(own)):
        found.setdefault(_key(here), []).append(there)
    return {key: iter(objects) for key, objects in found.items()}


def _groups(table: NftTable) -> dict[tuple[str, str], list[Object]]:
    """Gather the rules of each chain, and each other object by itself."""
    groups: dict[tuple[str, str], list[Object]] = {}
    for kind, body in table.objects:
        groups.setdefault((kind, str(body.get("chain" if kind == "rule" else "name"))), []).append((kind, body))
    return groups


def _pairs(
    here: Mapping[tuple[str, str], list[Object]], there: Mapping[tuple[str, str], list[Object]]
) -> Iterator[tuple[Object, Object]]:
    for name, objects in here.items():
        others = there.get(name, [])
        if len(others) == len(objects):
            yield from zip(objects, others, strict=True)


def _key(one: Object) -> bytes:
    kind, body = one
    return msgspec.json.encode((kind, _without(body)), order="deterministic")
