"""Facts -> the ruleset as packets meet it; a chain's rules are read when somebody asks for them."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial

from netaudit.model.facts import Facts, Source
from netaudit.model.program import Base, Hook, Program, ReadChain, ReadTable, iptables_base
from netaudit.model.ruleset import IPTABLES_BACKENDS, Chain, Ruleset, Table
from netaudit.model.statement import Meaning
from netaudit.parse.iptables.meaning import read_iptables_rule
from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.match import Elements
from netaudit.parse.nftables.meaning import read_nft_rule
from netaudit.parse.nftables.ruleset import read_objects

_OFF = frozenset({"dormant", "unreadable"})  # the second is not sure: `ReadTable.why_unsure` says why
_BY_ITSELF = frozenset({"dynamic", "timeout"})
Objects = Iterable[tuple[str, Mapping[str, Json]]]


def parse_program(facts: Facts, ruleset: Ruleset) -> Program:
    """Make the program of a ruleset that was read from these facts. Raises ParseError for what is not nft's JSON."""
    data = facts.files.get(Source.NFT_RULESET)
    objects: dict[tuple[str, str], list[tuple[str, Mapping[str, Json]]]] = {}
    for kind, body in read_objects(data, Source.NFT_RULESET) if data else []:
        objects.setdefault((str(body.get("family")), str(body.get("table"))), []).append((kind, body))
    return Program(
        tuple(
            _iptables(table) if _is_iptables(table) else _nft(table, objects.get((table.family, table.name), []))
            for table in ruleset.tables
        )
    )


def _is_iptables(table: Table) -> bool:
    return table.backend in IPTABLES_BACKENDS


def _table(
    table: Table, base: Callable[[Chain], Base | None], read: Callable[[Chain], tuple[Meaning, ...]]
) -> ReadTable:
    chains = {chain.name: ReadChain(table, chain, base(chain), partial(read, chain)) for chain in table.chains}
    return ReadTable(table.backend, table.family, table.name, chains, table.flags)


def _iptables(table: Table) -> ReadTable:
    def read(chain: Chain) -> tuple[Meaning, ...]:
        return tuple(read_iptables_rule(rule.text, table.family) for rule in chain.rules)

    return _table(table, lambda chain: iptables_base(table.name, chain.name), read)


def _nft(table: Table, own: Objects) -> ReadTable:
    """Read a table of nft's; `own` are its objects."""

    @cache
    def by_chain() -> dict[str, list[Json]]:
        rules: dict[str, list[Json]] = {}
        for kind, body in own:
            if kind == "rule":
                rules.setdefault(str(body.get("chain")), []).append(_list(body.get("expr")))
        return rules

    sets = {str(body.get("name")): _elements(body) for kind, body in own if kind in ("set", "map")}

    def read(chain: Chain) -> tuple[Meaning, ...]:
        return tuple(read_nft_rule(rule, table.family, sets) for rule in by_chain().get(chain.name, ()))

    return _table(table, _nft_base if _OFF.isdisjoint(table.flags) else _no_base, read)


def _no_base(_chain: Chain) -> None:
    return None


def _elements(body: Mapping[str, Json]) -> Elements:
    changes = not _BY_ITSELF.isdisjoint(map(str, _list(body.get("flags"))))
    return Elements(None if changes else tuple(_list(body.get("elem"))))


def _list(value: Json) -> list[Json]:
    """Take a list; nft leaves out an empty one, and prints a list of one flag as the flag."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _nft_base(chain: Chain) -> Base | None:
    """Read `type filter hook forward device lo priority 0`, as netaudit.parse.nftables.ruleset writes it."""
    words = chain.base.split(" ")
    known = dict(zip(words[::2], words[1::2], strict=False))
    try:
        return Base(int(known["priority"]), Hook(known["hook"]), known["type"], known.get("device", ""))
    except (KeyError, ValueError):  # a regular chain, or a hook that is not known here
        return None
