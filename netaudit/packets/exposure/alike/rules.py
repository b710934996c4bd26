"""All rules of a host, sorted by whose they are: a container's own, or everybody's.

A container's own rule is pinned: it takes only packets to the container's address, or to its host port at an address of
the host. So it decides nothing about another container, and the order of two containers' rules decides nothing at all.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from netaudit.model.netfilter.match import AllOf, Field, InRanges, Match, RouteType
from netaudit.model.netfilter.program import Program, ReadChain, ReadTable
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS
from netaudit.model.netfilter.statement import Goto, Jump, Meaning
from netaudit.packets.exposure.alike.distinctions import Distinctions
from netaudit.packets.exposure.alike.own_words import Own, OwnedRule, OwnWords
from netaudit.packets.host.destinations import number_of

ChainKey = tuple[object, ...]
_LOCAL = ((int(RouteType.LOCAL), int(RouteType.LOCAL)),)


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a rule of a container's is: `before` counts everybody's rules in front of it, `at` all rules, from 0."""

    chain: ChainKey
    before: int
    shape: str
    at: int


class RulesOfAll(msgspec.Struct, frozen=True):
    """Each container's own rules in order, and what all rules tell apart; `single`: some rule is not pinned."""

    own: Mapping[str, Sequence[Place]]
    single: frozenset[str]
    distinctions: Distinctions


def chain_key(table: ReadTable, name: str) -> ChainKey:
    """Return what names a chain on a host."""
    return table.backend, table.family, table.name, name


def sort_rules(program: Program, words: OwnWords) -> RulesOfAll:
    """Sort all rules of a host."""
    return _Sorting(program, words).sorted()


class _Sorting:
    """Reads of containers' own rules one of each shape; all others whole."""

    def __init__(self, program: Program, words: OwnWords) -> None:
        self._program, self._words = program, words
        self._known = Distinctions()
        self._single: set[str] = set()
        self._own: dict[str, list[Place]] = {name: [] for name in words.own}
        self._numbers: dict[str, tuple[frozenset[int], frozenset[int]]] = {}

    def sorted(self) -> RulesOfAll:
        for table in self._program.tables:
            owners = {name: self._owners(chain) for name, chain in table.chains.items()}
            jumps = list(self._read_of_all(table, owners))
            for name, chain in table.chains.items():
                local = chain.base is None and _asks_for_local(name, jumps, frozenset())
                self._place((table, chain), owners[name], local=local)
        return RulesOfAll(self._own, frozenset(self._single), self._known)

    def _owners(self, chain: ReadChain) -> list[OwnedRule | None]:
        return [self._words.read(rule.text) for rule in chain.chain.rules]

    def _read_of_all(
        self, table: ReadTable, owners: Mapping[str, Sequence[OwnedRule | None]]
    ) -> Iterator[tuple[str, Meaning]]:
        """Add what everybody's rules tell apart, and give those that jump."""
        for name, chain in table.chains.items():
            for at, owned in enumerate(owners[name]):
                if owned is None:
                    meaning = read_one(table, chain, at)
                    self._known.add_rule(meaning)
                    yield name, meaning

    def _place(self, place: tuple[ReadTable, ReadChain], owners: Sequence[OwnedRule | None], *, local: bool) -> None:
        key, before = chain_key(place[0], place[1].name), 0
        pinned: dict[str, bool] = {}
        for at, owned in enumerate(owners):
            if owned is None:
                before += 1
                continue
            if owned.shape not in pinned:
                pinned[owned.shape] = self._is_pinned(read_one(*place, at), owned.owner, local=local)
            if pinned[owned.shape]:
                self._own[owned.owner].append(Place(key, before, owned.shape, at))
            else:
                before += 1
                self._single.add(owned.owner)

    def _is_pinned(self, meaning: Meaning, owner: str, *, local: bool) -> bool:
        """Tell whether a rule takes only its owner's packets; add what else it tells apart."""
        if owner not in self._numbers:
            self._numbers[owner] = _numbers_of(self._words.own[owner])
        addresses, ports = self._numbers[owner]
        self._known.add_rule(meaning, addresses, ports)
        for match in _flat(meaning.matches):
            if isinstance(match, InRanges) and len(match.ranges) == 1:
                first, last = match.ranges[0]
                if first == last and match.field is Field.DADDR and first in addresses:
                    return True
                if first == last and match.field is Field.DPORT and first in ports and local:
                    return True
        return False


def read_one(table: ReadTable, chain: ReadChain, at: int) -> Meaning:
    """Read what one rule means: iptables' by itself, and nft's with its chain."""
    if table.backend in IPTABLES_BACKENDS:
        alone = msgspec.structs.replace(chain.chain, rules=(chain.chain.rules[at],))
        return chain.reader.read(chain.table, alone)[0]
    return chain.rules[at].meaning


def _numbers_of(own: Own) -> tuple[frozenset[int], frozenset[int]]:
    return frozenset(number_of(one) for one in own.addresses), frozenset(own.ports)


def _flat(matches: Sequence[Match]) -> Iterator[Match]:
    for match in matches:
        if isinstance(match, AllOf):
            yield from _flat(match.matches)
        else:
            yield match


def _asks_for_local(chain: str, jumps: Sequence[tuple[str, Meaning]], behind: frozenset[str]) -> bool:
    """Tell whether only packets to addresses of the host come into a chain: each jump there asks for that."""
    into = [(name, branch) for name, meaning in jumps for branch in _leading_to(meaning, chain)]
    if not into or chain in behind:
        return False
    return all(_is_local(found) or _asks_for_local(name, jumps, behind | {chain}) for name, found in into)


def _leading_to(meaning: Meaning, chain: str, before: tuple[Match, ...] = ()) -> Iterator[tuple[Match, ...]]:
    matches = (*before, *meaning.matches)
    if isinstance(meaning.verdict, Jump | Goto) and meaning.verdict.chain == chain:
        yield matches
    for branch in meaning.then:
        yield from _leading_to(branch, chain, matches)


def _is_local(matches: Sequence[Match]) -> bool:
    return any(
        isinstance(one, InRanges) and one.field is Field.DADDR_TYPE and one.ranges == _LOCAL for one in _flat(matches)
    )
