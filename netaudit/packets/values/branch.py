"""A packet under way, as sure as what led it here.

Where something cannot be decided, the state forks, and each branch gets half its weight. Branches that come to the
same place as the same packet are one again, and their weights add up: a state of the whole weight is sure, whatever
was doubtful before. Weights say nothing of how probable anything is.
"""

from collections.abc import Iterable, Mapping
from fractions import Fraction

import msgspec

from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import ReadChain, ReadTable
from netaudit.packets.values.jump_bounds import Again
from netaudit.packets.values.packet import Packet, Value

WHOLE = Fraction(1)
MOST = 256  # states that are followed through one table, each by itself
MOST_MARKS = 64  # of those that meet one rule: n doubtful rules that write marks make 2ⁿ
_NO_MARKS: Mapping[Field, Value] = {Field.MARK: None, Field.CT_MARK: None}


class Branch(msgspec.Struct, frozen=True):
    """A packet with its weight."""

    packet: Packet
    weight: Fraction = WHOLE

    @property
    def sure(self) -> bool:
        """Tell whether it certainly comes here."""
        return self.weight == WHOLE

    def part(self, count: int = 2) -> "Branch":
        """Return one of so many branches."""
        return Branch(self.packet, self.weight / count)

    def become(self, packet: Packet) -> "Branch":
        """Return the state of a changed packet."""
        return Branch(packet, self.weight)


def merged(states: Iterable[Branch]) -> list[Branch]:
    """Join states of equal packets."""
    found: dict[Packet, Branch] = {}
    for state in states:
        before = found.get(state.packet)
        found[state.packet] = Branch(state.packet, before.weight + state.weight) if before else state
    return list(found.values())


def bounded(states: list[Branch]) -> list[Branch]:
    """Join states that differ in marks alone, where there are too many: then their marks are not known."""
    if len(states) <= MOST_MARKS:
        return states
    return merged(state.become(state.packet.changed(_NO_MARKS)) for state in states)


class Ways:
    """The jumps of one way through a table that were followed: how many more may be, and which changed nothing."""

    def __init__(self, table: ReadTable) -> None:
        self._again = Again(table)
        self._unchanged: set[tuple[str, Packet]] = set()

    def affords(self, chain: ReadChain) -> bool:
        """Tell whether a chain may be gone through; the first time it always may."""
        return self._again.affords(chain, chain.size)

    def passes(self, chain: ReadChain, packet: Packet) -> bool:
        """Tell whether a packet is known to come out of a chain as it went in, and not to end there."""
        return (chain.name, packet) in self._unchanged

    def note(self, chain: ReadChain, state: Branch, fallen: list[Branch], accepted: list[Branch]) -> None:
        """Remember what a packet that went through a chain came out as."""
        if fallen == [state] and not accepted:
            self._unchanged.add((chain.name, state.packet))
