"""What the senders of a zone do not choose freely, as the hops that a packet has left."""

from collections.abc import Mapping

from netaudit.model.exposure import ZoneKind
from netaudit.model.netfilter.match import Field
from netaudit.model.ranges import Ranges
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.space import PacketSpace
from netaudit.packets.symbolic.encoding.host_sets import DECISION, TRANSLATED

# What most systems send begins with 64 hops, of which half may be left; what comes by a router has the router's MAC.
_ORDINARY_TTL = ((33, 64),)
# Whatever is sent to the host is addressed to its own MAC.
_MACS = ((0, (1 << 48) - 1),)
_OF_NEIGHBOURS = {Field.TTL: _ORDINARY_TTL, Field.DMAC: _MACS}
_OF_HOST = {Field.DMAC: _MACS}  # what it sends has the same number of hops left, all of it
_OF_INTERNET = {Field.TTL: ((33, 63),), Field.SMAC: _MACS, Field.DMAC: _MACS}
# What only some senders of a zone have: the program's user and group, a neighbour's own hardware address.
_OF_SOME = {ZoneKind.HOST: (Field.SKUID, Field.SKGID), ZoneKind.LAN: (Field.SMAC,)}


class Unchosen:
    """Fields that matter to the rules and that the senders of a zone do not choose freely.

    `values` has those fields with the values that any sender may have to have; `fields` has further those that only
    some senders have: the user and group whose program of the host sends, the hardware address of a neighbour.
    """

    def __init__(self, space: PacketSpace, zone: ZoneKind) -> None:
        self._space = space
        every = {ZoneKind.INTERNET: _OF_INTERNET, ZoneKind.HOST: _OF_HOST}.get(zone, _OF_NEIGHBOURS)
        self.values: Mapping[Field, Ranges] = {
            field: values for field, values in every.items() if field in space.widths
        }
        self.fields = (*self.values, *(field for field in _OF_SOME.get(zone, ()) if field in space.widths))

    def ordinary(self, part: PacketSet) -> PacketSet:
        """Return what is in a part whatever the fields have that senders do not choose."""
        if not self.values:
            return part
        kept = as_sent(self._space, part)
        for field, values in self.values.items():
            others = self._space.in_ranges(field, values) - kept
            kept &= self._space.everything - self._space.rewrite.forget(others, field)
        return part & kept


def as_sent(space: PacketSpace, part: PacketSet) -> PacketSet:
    """Forget all of packets but what their sender wrote."""
    return space.rewrite.forget(part, TRANSLATED, Field.OIF, DECISION)
