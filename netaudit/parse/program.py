"""What the rules of a chain mean, read when somebody asks for them; iptables' from their text, nft's from its JSON."""

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache

import msgspec

from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.lists import AddressLists
from netaudit.model.netfilter.program import Program, make_program
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Chain, Ruleset, Table
from netaudit.model.netfilter.statement import Meaning
from netaudit.parse.iptables.lists import parse_lists
from netaudit.parse.iptables.meaning import read_iptables_rule
from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.match import Elements, Sets
from netaudit.parse.nftables.meaning import read_nft_rule
from netaudit.parse.nftables.ruleset import read_objects

_LISTS = frozenset({Source.IPSET, Source.XT_RECENT})
Object = tuple[str, Mapping[str, Json]]  # of nft's JSON, with its kind


class FactsReader(msgspec.Struct, frozen=True, dict=True):
    """Reads the rules of the host that these facts are of; `nft` is what nft printed, b"" where it printed nothing.

    `others` are the facts beside it that meanings need: ipsets, and the lists of `-m recent`.

    nft's JSON is decoded when the first of its chains is met, once. Until then only its bytes are kept: decoded, it
    takes ten times as much memory.
    """

    nft: bytes
    others: Facts = Facts({})

    def read(self, table: Table, chain: Chain) -> tuple[Meaning, ...]:
        """Return the meaning of each rule of a chain, in order."""
        if table.backend in IPTABLES_BACKENDS:
            return tuple(self._meaning(rule.text, table.family) for rule in chain.rules)
        objects = self._tables.get((table.family, table.name))
        rules = objects.rules.get(chain.name, []) if objects else []
        return tuple(read_nft_rule(rule, table.family, objects.sets if objects else {}) for rule in rules)

    def _meaning(self, text: str, family: str) -> Meaning:
        if self._lists.sets is None and self._lists.recent is None:
            return meaning_without_lists(text, family)
        return read_iptables_rule(text, family, self._lists)

    @cached_property
    def _lists(self) -> AddressLists:
        return parse_lists(self.others)

    @cached_property
    def _tables(self) -> Mapping[tuple[str, str], "_NftTable"]:
        objects: dict[tuple[str, str], list[Object]] = {}
        for kind, body in read_objects(self.nft, Source.NFT_RULESET) if self.nft else []:
            objects.setdefault((str(body.get("family")), str(body.get("table"))), []).append((kind, body))
        return {key: _nft_table(own) for key, own in objects.items()}


class _NftTable(msgspec.Struct, frozen=True):
    """The expressions of a table's rules by chain, and what its sets and maps hold."""

    rules: Mapping[str, list[list[Json]]]
    sets: Sets


@lru_cache(maxsize=1 << 12)  # of one host at several instants most rules are the same
def meaning_without_lists(text: str, family: str) -> Meaning:
    """Read a rule of iptables on a host of which no ipset and no list of `-m recent` was recorded."""
    return read_iptables_rule(text, family)


def read_meanings(facts: Facts) -> FactsReader:
    """Return what reads the rules of the host that these facts are of."""
    asked = {name: data for name, data in facts.files.items() if name in _LISTS}
    others = Facts(asked, unused=tuple(name for name in facts.unused if name in _LISTS))
    return FactsReader(facts.files.get(Source.NFT_RULESET, b""), others)


def parse_program(facts: Facts, ruleset: Ruleset) -> Program:
    """Return the program of a ruleset that was read from these facts; `Snapshot.program` is that of a whole host."""
    return make_program(ruleset, read_meanings(facts))


def _nft_table(own: Iterable[Object]) -> _NftTable:
    rules: dict[str, list[list[Json]]] = {}
    sets: dict[str, Elements] = {}
    for kind, body in own:
        if kind == "rule":
            rules.setdefault(str(body.get("chain")), []).append(_list(body.get("expr")))
        elif kind in ("set", "map"):
            sets[str(body.get("name"))] = _elements(body)
    return _NftTable(rules, sets)


def _elements(body: Mapping[str, Json]) -> Elements:
    """Return what a set holds now; one whose elements time out, or that rules fill, may hold something else later."""
    return Elements(tuple(_list(body.get("elem"))))


def _list(value: Json) -> list[Json]:
    """Take a list; nft leaves out an empty one, and prints a list of one flag as the flag."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
