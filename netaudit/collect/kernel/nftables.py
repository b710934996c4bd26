"""Ask nft for the native tables, whole, and for the outlines of those that iptables-nft made.

`nft -j list ruleset` would do for both, and takes half a minute for the 100,000 rules of iptables-nft that are read
elsewhere anyway; so does `nft list tables` (seen with nft 1.0.6). Listing chains, sets and maps is quick and names
every table that holds something.
"""

import re
from collections.abc import Collection, Iterator, Mapping

import msgspec

from netaudit.bounded import UnfitError, decode_json
from netaudit.collect.asking.answer import Answer, Answered, Unused
from netaudit.collect.asking.kernel_modules import is_there
from netaudit.collect.asking.options import Where
from netaudit.collect.asking.subprocesses import run_for_text
from netaudit.model.facts import Gap, GapReason, Source

_IPTABLES_TABLES = frozenset({"raw", "mangle", "nat", "filter", "security"})
_IPTABLES_BASE_CHAINS = frozenset({"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"})


class _Chain(msgspec.Struct):
    family: str = ""
    table: str = ""
    name: str = ""


class _Rule(msgspec.Struct):
    family: str = ""
    table: str = ""
    expr: list[msgspec.Raw] = msgspec.field(default_factory=list)


class _Object(msgspec.Struct):
    chain: _Chain | None = None
    rule: _Rule | None = None


class _Ruleset(msgspec.Struct):
    nftables: list[_Object] = msgspec.field(default_factory=list)


class _Named(msgspec.Struct):
    family: str = ""
    table: str = ""


class _NamedObjects(msgspec.Struct):
    nftables: list[dict[str, _Named]]


class _Raws(msgspec.Struct):
    nftables: list[msgspec.Raw]


def ask_outline(where: Where) -> Answer:
    """Ask for chains, sets and maps as JSON. nft always prints at least its own version, so silence is a gap."""
    if not is_there("nf_tables"):
        return Unused(Source.NFT_RULESET)
    printed: list[bytes] = []
    for kind in ("chains", "sets", "maps"):
        output = _list(where, kind)
        if isinstance(output, Gap):
            return output
        printed.append(output)
    return _joined(printed)


def ask_native_tables(where: Where, outline: Answer, saved: Mapping[str, bytes]) -> Iterator[Answer]:
    """Ask for each table of the outline that iptables-nft did not save (`saved`: family -> its output).

    A table at which nft dies is a gap, and the others are still read.
    """
    if not isinstance(outline, Answered):
        yield outline
        return
    whole: dict[tuple[str, str], bytes] = {}
    try:
        tables = _tables(outline.data)
    except UnfitError as error:
        yield _odd(error)
        return
    for family, table in tables:
        if table in _saved_tables(saved.get(family, b"")):
            continue
        output = _list(where, "table", family, table)
        match output:
            case Gap(reason=reason, detail=detail):
                yield Gap(Source.NFT_RULESET, reason, f"table {family} {table}: {detail}")
            case _:
                whole[family, table] = output
    yield _joined([outline.data, *whole.values()], apart_from=whole.keys())


def _list(where: Where, *what: str) -> bytes | Gap:
    return run_for_text(Source.NFT_RULESET, ["nft", "-j", "list", *what], timeout=where.timeout)


def _joined(printed: list[bytes], apart_from: Collection[tuple[str, str]] = ()) -> Answer:
    """Put what nft printed in several calls into one list, each object as it was.

    Of the first call, what belongs to the tables `apart_from` is left out: they are printed whole later.
    """
    try:
        calls = [decode_json(output, _Raws).nftables for output in printed]
        calls[0] = [raw for raw in calls[0] if _table_of(raw) not in apart_from]
    except UnfitError as error:
        return _odd(error)
    objects = dict.fromkeys(bytes(raw) for call in calls for raw in call)
    return Answered(Source.NFT_RULESET, b'{"nftables": [' + b", ".join(objects) + b"]}\n")


def _odd(error: UnfitError) -> Gap:
    return Gap(Source.NFT_RULESET, GapReason.INVALID, f"nft printed something that is not its JSON: {error}")


def _table_of(raw: msgspec.Raw) -> tuple[str, str]:
    body = next(iter(decode_json(bytes(raw), dict[str, _Named]).values()), _Named())
    return body.family, body.table


def _tables(outline: bytes) -> list[tuple[str, str]]:
    """Name the tables that hold something, as (family, name)."""
    objects = decode_json(outline, _NamedObjects).nftables
    named = (body for item in objects for body in item.values())
    return sorted({(body.family, body.table) for body in named if body.table})


def _saved_tables(save: bytes) -> frozenset[str]:
    return frozenset(name.decode(errors="replace") for name in re.findall(rb"^\*(\S+)", save, re.MULTILINE))


def iptables_families(ruleset: bytes) -> frozenset[str]:
    """Name the families (ip, ip6) in which iptables-nft has written something, as far as nft shows."""
    try:
        objects = decode_json(ruleset, _Ruleset).nftables
    except UnfitError:
        return frozenset()
    parts = (part for item in objects for part in (item.chain, item.rule) if part is not None)
    return frozenset(part.family for part in parts if _is_of_iptables(part))


def _is_of_iptables(part: _Chain | _Rule) -> bool:
    if part.family not in ("ip", "ip6") or part.table not in _IPTABLES_TABLES:
        return False
    match part:
        case _Chain(name=name):
            return name in _IPTABLES_BASE_CHAINS
        case _Rule(expr=expressions):
            return any(bytes(expression).startswith(b'{"xt":') for expression in expressions)
