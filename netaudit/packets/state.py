"""A packet under way, as sure as what led it here.

Where something cannot be decided, the state forks, and each branch gets half its weight. Branches that come to the
same place as the same packet are one again, and their weights add up: a state of the whole weight is sure, whatever
was doubtful before. Weights say nothing of how probable anything is.
"""

from collections.abc import Iterable
from fractions import Fraction

import msgspec

from netaudit.packets.packet import Packet

WHOLE = Fraction(1)


class State(msgspec.Struct, frozen=True):
    """A packet with its weight."""

    packet: Packet
    weight: Fraction = WHOLE

    @property
    def sure(self) -> bool:
        """Tell whether it certainly comes here."""
        return self.weight == WHOLE

    def part(self, count: int = 2) -> "State":
        """Return one of so many branches."""
        return State(self.packet, self.weight / count)

    def become(self, packet: Packet) -> "State":
        """Return the state of a changed packet."""
        return State(packet, self.weight)


def merged(states: Iterable[State]) -> list[State]:
    """Join states of equal packets."""
    found: list[State] = []
    for state in states:
        at = next((at for at, one in enumerate(found) if one.packet == state.packet), None)
        if at is None:
            found.append(state)
        else:
            found[at] = State(state.packet, found[at].weight + state.weight)
    return found
