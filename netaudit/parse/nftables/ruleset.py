"""`nft -j list ruleset`, or `nft list ruleset` in nft's own words -> the native tables."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from netaudit.errors import ParseError
from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.ruleset import Backend, Chain, NamedSet, Rule, Table
from netaudit.parse.nftables.formats import formats_of_type
from netaudit.parse.nftables.objects import named_objects, print_set_type
from netaudit.parse.nftables.printer import print_rule
from netaudit.parse.nftables.spelling import is_nft_text
from netaudit.parse.nftables.values import print_element
from netaudit.parse.reading.decode import decode_json

Json = Mapping[str, Any]
_TABLE_FLAGS = frozenset({"dormant", "owner", "persist"})
_HINT = "give the untouched output of `nft -j list ruleset`"


def parse_nft(data: bytes, *, source: str, elsewhere: Collection[tuple[str, str]] = ()) -> tuple[Table, ...]:
    """Read nft's JSON.

    `elsewhere` are (family, name) of the tables that iptables-nft-save printed: nft lists them too, with opaque
    matches, so they are left out here. Raises ParseError for what is not nft's JSON.
    """
    objects = read_objects(data, source)
    tables = {_key(body, "name"): body for kind, body in reversed(objects) if kind == "table"}
    own: dict[tuple[str, str], list[tuple[str, Json]]] = {key: [] for key in reversed(tables) if key not in elsewhere}
    for kind, body in objects:
        if (key := _key(body, "table")) in own:
            own[key].append((kind, body))
    try:
        return tuple(_table(tables[key], key, objects) for key, objects in own.items())
    except RecursionError as error:
        raise ParseError("not what nft prints: it nests without end", source=source, hint=_HINT) from error


def tables_made(facts: Facts) -> Iterator[tuple[str, str, int]]:
    """Yield family, name and handle of each table: the later it was made, the higher is its handle."""
    for source in (Source.NFT_RULESET, Source.NFT_TABLES):
        for kind, body in read_objects(facts.files[source], source) if facts.files.get(source) else ():
            if kind == "table" and (handle := _number(body, "handle")):
                yield *_key(body, "name"), handle


def read_objects(data: bytes, source: str) -> list[tuple[str, Json]]:
    """List what nft prints, each object with its kind. Raises ParseError for what is not nft's JSON, nor its text."""
    if is_nft_text(data):
        from netaudit.parse.nftables.text.reader import read_nft_text  # noqa: PLC0415 (late: hosts print JSON)

        return list(read_nft_text(data.decode(errors="surrogateescape")).objects)
    match decode_json(data, object, source=source, expected="JSON", hint=_HINT):
        case {"nftables": [*entries]} if all(isinstance(entry, dict) for entry in entries):
            return [(kind, body) for entry in entries for kind, body in entry.items() if isinstance(body, dict)]
        case _:
            raise ParseError('not what nft prints: no "nftables" list', source=source, hint=_HINT)


def _key(body: Json, name: str) -> tuple[str, str]:
    """Name the table that an object is, or is in."""
    return str(body.get("family")), str(body.get(name))


def _table(table: Json, key: tuple[str, str], own: list[tuple[str, Json]]) -> Table:
    """Put a table together from the objects in it."""
    family, name = key
    rules: dict[str, list[Rule]] = {}
    for kind, body in own:
        if kind == "rule":
            rules.setdefault(str(body.get("chain")), []).append(_rule(body, family))
    chains = tuple(_chain(body, rules) for kind, body in own if kind == "chain")
    sets = tuple(_named_set(kind, body) for kind, body in own if kind in ("set", "map"))
    return Table(Backend.NFTABLES, family, name, chains, sets, tuple(named_objects(own)), _flags(table))


def _flags(table: Json) -> tuple[str, ...]:
    """List a table's flags: one that is dormant does nothing. nft 1.0.6 prints chance bytes where they should stand."""
    flags = _list(table.get("flags"))
    return tuple(sorted({flag if flag in _TABLE_FLAGS else "unreadable" for flag in map(str, flags)}))


def _rule(body: Json, family: str) -> Rule:
    expressions = _list(body.get("expr"))
    counter = next((e["counter"] for e in expressions if isinstance(e, dict) and "counter" in e), None)
    counted = counter if isinstance(counter, dict) else {}
    text = print_rule(expressions, body.get("comment"), family)
    return Rule(text, _number(counted, "packets"), _number(counted, "bytes"), _number(body, "handle"))


def _chain(body: Json, rules: Mapping[str, list[Rule]]) -> Chain:
    name = str(body.get("name"))
    base = ""
    if "hook" in body:
        device = f" device {', '.join(map(str, _list(body['dev'])))}" if "dev" in body else ""
        base = f"type {body.get('type')} hook {body['hook']}{device} priority {body.get('prio')}"
    policy = body.get("policy")
    return Chain(name, tuple(rules.get(name, ())), None if policy is None else str(policy), base)


def _number(body: Json, name: str) -> int | None:
    value = body.get(name)
    return value if type(value) is int else None


def _named_set(kind: str, body: Json) -> NamedSet:
    return NamedSet(str(body.get("name")), kind, print_set_type(body), tuple(_elements(body)))


def _elements(body: Json) -> Iterator[str]:
    keys, values = formats_of_type(body.get("type")), formats_of_type(body.get("map"))
    return (print_element(element, keys, values) for element in _list(body.get("elem")))


def _list(value: Any) -> list[Any]:  # noqa: ANN401 (nft's JSON)
    """Take a list; nft leaves out an empty one, and prints a list of one flag as the flag."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
