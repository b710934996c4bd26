"""What a policy rule asks of the way back to a packet's sender, as a question about the packet itself."""

from collections.abc import Callable
from enum import Enum

from netaudit.model.netfilter.match import ALWAYS, NEVER, AllOf, AnyOf, Field, InRanges, Masked, Match, Named, Not

_TURNED = {
    Field.SADDR: Field.DADDR,
    Field.DADDR: Field.SADDR,
    Field.SPORT: Field.DPORT,
    Field.DPORT: Field.SPORT,
}
Interfaces = Callable[[tuple[str, ...]], Match]


class Marked(Enum):
    """Which mark the way back to a sender is asked for with."""

    AS_PACKET = "as-packet"  # src_valid_mark
    NOT_AT_ALL = "not-at-all"


class Turning:
    """Turns matches round.

    `interfaces` gives the packets whose way back is asked for as if they had come in by interfaces of some names.
    """

    def __init__(self, marked: Marked, interfaces: Interfaces) -> None:
        self._marked, self._interfaces = marked, interfaces

    def turn(self, match: Match) -> Match:
        """Return a match of packets that holds where the match given holds for the way back to their senders."""
        match match:
            case Not(inner):
                return Not(self.turn(inner))
            case AllOf(parts):
                return AllOf(tuple(map(self.turn, parts)))
            case AnyOf(parts):
                return AnyOf(tuple(map(self.turn, parts)))
            case _:
                return self._atom(match)

    def _atom(self, match: Match) -> Match:
        match match:
            case InRanges(field, ranges):
                return InRanges(_TURNED.get(field, field), ranges)
            case Masked(Field.MARK, mask, value) if self._marked is Marked.NOT_AT_ALL:
                return NEVER if value & mask else ALWAYS
            case Named(_, names):
                return self._interfaces(names)
            case _:
                return match
