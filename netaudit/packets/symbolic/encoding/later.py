"""Matches of later packets of a connection: what NAT made of it is known from the start, also before it is done.

-t mangle -A PREROUTING -m conntrack --ctstate DNAT -j DROP     asked before nat: no first packet, each later one
"""

from enum import IntEnum

from netaudit.model.netfilter.match import Field, InRanges, Masked
from netaudit.model.ranges import Ranges
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.encoding.behind_nat import EncoderBehindNat
from netaudit.packets.symbolic.encoding.host_sets import HostSets
from netaudit.packets.symbolic.encoding.matches import Atom, Reading
from netaudit.packets.symbolic.encoding.nat import NewSources

_OF_CONNECTION = frozenset({Field.CT_REPL_DADDR, Field.CT_REPL_DPORT})


class Stage(IntEnum):
    """How far a later packet is translated as the first one was."""

    SENT = 0
    LED = 1  # it has its new destination
    RENAMED = 2  # and its new source


class LaterEncoder(EncoderBehindNat):
    """Encode what rules ask of later packets that are not wholly translated yet."""

    def __init__(self, world: HostSets, sources: NewSources, stage: Stage, reading: Reading) -> None:
        super().__init__(world, sources, reading._replace(view=_AsSent(world) if stage is Stage.SENT else None))
        self._stage = stage

    def _number(self, field: Field, atom: Atom, match: InRanges | Masked) -> Bounds:
        if self._stage is Stage.SENT and field in (Field.DADDR, Field.DPORT):
            return exactly(atom(field))
        return super()._number(field, atom, match)

    def _source(self, found: PacketSet, match: InRanges | Masked) -> Bounds:
        return super()._source(found, match) if match.field in _OF_CONNECTION else exactly(found)


class _AsSent:
    """Reads packets as they were sent."""

    def __init__(self, world: HostSets) -> None:
        self.at, self._space = world.at, world.space

    def addressed(self, field: Field, ranges: Ranges) -> PacketSet:
        """Return the packets that come from, or were sent to, addresses."""
        return self._space.in_ranges(field, ranges)
