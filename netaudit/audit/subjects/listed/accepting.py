"""Whether the rules at the input hook accept new packets from outside, by a rule that names the port or by another."""

from collections.abc import Iterable

import msgspec

from netaudit.model.docker import is_docker_bridge
from netaudit.model.netfilter.match import AllOf, CtState, Field, Match, Named, RouteType
from netaudit.model.netfilter.match_atoms import atoms_of
from netaudit.model.netfilter.program import Hook, Program, ReadChain, ReadTable
from netaudit.model.netfilter.statement import Accept, Goto, Jump, Meaning
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.values.packet import Packet, Value, doubts, holds

_NOT_FILTERING = ("nat", "raw", "mangle")
_NEW: dict[Field, Value] = {
    Field.CT_STATE: CtState.NEW.value,
    Field.DADDR_TYPE: RouteType.LOCAL.value,
    Field.PKTTYPE: 0,
    Field.OIF: "",
    Field.SOCKET: 0,
}


class Acceptance(msgspec.Struct, frozen=True):
    """Whether a rule accepts; where none does for sure, why one may."""

    sure: bool
    doubts: tuple[Reason, ...] = ()


def accepted_at_input(program: Program, family: str, known: Iterable[Packet]) -> Acceptance:
    """Tell whether a rule accepts one of some packets; a rule for some senders alone is not one that does."""
    reasons: dict[Reason, None] = {}
    for packet in known:
        walk = _Walk(packet.changed(_NEW))
        walk.through(pair for pair in program.base_chains(Hook.INPUT, family) if pair[0].name not in _NOT_FILTERING)
        if walk.accepts:
            return Acceptance(sure=True)
        reasons |= walk.reasons
    return Acceptance(sure=False, doubts=tuple(reasons))


class _Walk:
    """Goes through the chains that a packet may meet; `why` is what is first not known on the way."""

    def __init__(self, packet: Packet) -> None:
        self.accepts = False
        self.reasons: dict[Reason, None] = {}
        self._packet = packet
        self._met: set[tuple[str, str, str, str, bool]] = set()
        self._left: list[tuple[ReadTable, ReadChain, tuple[Reason, ...]]] = []

    def through(self, chains: Iterable[tuple[ReadTable, ReadChain]]) -> None:
        """Look at each rule of chains and of those that they lead to."""
        for table, chain in chains:
            self._lead_to(table, chain, ())
        while self._left and not self.accepts:
            table, chain, why = self._left.pop()
            for rule in chain.rules:
                self._rule(table, rule.meaning, why)

    def _lead_to(self, table: ReadTable, chain: ReadChain, why: tuple[Reason, ...]) -> None:
        """Have a chain looked at: once by a way that is sure, and once by one that is not."""
        place = (table.backend, table.family, table.name, chain.name, bool(why))
        if place not in self._met:
            self._met.add(place)
            self._left.append((table, chain, why))

    def _rule(self, table: ReadTable, meaning: Meaning, why: tuple[Reason, ...]) -> None:
        match = AllOf(meaning.matches)
        found = holds(match, self._packet.get)
        if found is False or _is_for_some(match) or any(map(_is_from_inside, meaning.matches)):
            return
        why = why or (() if found else tuple(doubts(match, self._packet.get)))
        for branch in meaning.then:
            self._rule(table, branch, why)
        match meaning.verdict:
            case Accept() if not meaning.then:
                self.accepts = self.accepts or not why
                self.reasons |= dict.fromkeys(why)
            case Jump(name) | Goto(name) if not meaning.then:
                if there := table.chains.get(name):
                    self._lead_to(table, there, why)
                else:
                    self.reasons |= dict.fromkeys((*why, make_reason(ReasonKind.NO_SUCH_CHAIN, chain=name)))


def _is_for_some(match: Match) -> bool:
    return any(atom.field is Field.SADDR for atom in atoms_of(match))


def _is_from_inside(match: Match) -> bool:
    """Tell whether a match is for packets of the host itself or of containers: where no interface is known, by name."""
    if not isinstance(match, Named) or match.field is not Field.IIF:
        return False
    return all(name == "lo" or is_docker_bridge(name) for name in match.names)
