"""What one zone sends to one destination: the part of large sets that a cell looks at."""

from functools import cached_property

from netaudit.model.exposure import Destination, ZoneKind
from netaudit.model.netfilter.match import Field
from netaudit.model.ranges import Ranges
from netaudit.packets.exposure.cells.unchosen import Unchosen, as_sent
from netaudit.packets.exposure.reachability import Reachability
from netaudit.packets.host.destinations import is_wildcard, number_of
from netaudit.packets.host.zones import Origin
from netaudit.packets.sets.bdd import PacketSet, common
from netaudit.packets.sets.bounds import Bounds
from netaudit.packets.symbolic.encoding.host_sets import DECISION, TRANSLATED

# What tells a cell's packets apart; examples are first those that nobody translated, and that were not routed yet.
_FIELDS = (TRANSLATED, Field.OIF, Field.DPORT, Field.SADDR, Field.SPORT, DECISION)
_OF_SEVERAL = (*_FIELDS, Field.DADDR)


class CellQuery:
    """Cuts parts out of sets. A part has few fields: the others are the same in all of it, or decide nothing more.

    `addresses` are what the zone sends to, where that is not what it would send to first; `within` holds the only
    packets that it sends.
    """

    def __init__(
        self,
        reach: Reachability,
        origin: Origin,
        destination: Destination,
        *,
        addresses: Ranges | None = None,
        within: PacketSet | None = None,
    ) -> None:
        self.reach, self.origin, self.destination = reach, origin, destination
        self._space, self._addresses, self._within = reach.world.space, addresses, within

    @cached_property
    def addresses(self) -> Ranges:
        """Return the addresses that the zone would send to; those that were given, if any were."""
        if self._addresses is not None:
            return self._addresses
        if is_wildcard(self.destination.address):
            return self.reach.zones.addresses_for(self.origin)
        number = number_of(self.destination.address)
        return ((number, number),)

    @cached_property
    def ports(self) -> PacketSet:
        """Return the packets to the destination's ports."""
        return self._space.in_ranges(Field.DPORT, self.destination.ports)

    @cached_property
    def asked(self) -> PacketSet:
        """Return the packets that are sent to the destination."""
        asked = self.reach.asked(self.addresses, self.destination.protocol, self.destination.ports)
        return asked if self._within is None else asked & self._within

    def part(self, packets: PacketSet, within: PacketSet) -> PacketSet:
        """Return what is asked for and within a set; another member of a network is not the destination itself."""
        part = common(packets, self.asked & within, self._forgotten)
        return part - self._own if part else part

    @cached_property
    def _forgotten(self) -> PacketSet:
        """Name the bits that a part lacks: beside addresses and ports it has what its sender does not choose freely."""
        kept = _OF_SEVERAL if self.several else _FIELDS
        return self._space.rewrite.all_but((*kept, *self.unchosen.fields))

    @cached_property
    def unchosen(self) -> Unchosen:
        """Return the fields that the zone's senders do not choose freely."""
        return self.reach.unchosen(self.origin.zone.kind)

    def part_of(self, packets: Bounds, within: PacketSet) -> Bounds:
        """Return the part of what is known of a set."""
        return packets.changed(lambda some: self.part(some, within))

    def sent(self, part: PacketSet) -> PacketSet:
        """Forget all of packets but what their sender wrote."""
        return as_sent(self._space, part)

    def ports_of(self, part: PacketSet) -> PacketSet:
        """Forget all of packets but the ports that they were sent to."""
        return self._space.rewrite.only(part, Field.DPORT)

    def ranges(self, ports: PacketSet) -> Ranges:
        """List ports."""
        return self.destination.ports if ports == self.ports else self._space.values.ranges(ports, Field.DPORT)

    @property
    def several(self) -> bool:
        """Tell whether the zone would send to several addresses."""
        return len(self.addresses) > 1

    @cached_property
    def _own(self) -> PacketSet:
        """Return what the destination itself sends, where the zone is another member of its network."""
        if self.origin.zone.kind is not ZoneKind.NETWORK or not self.destination.container_id:
            return self._space.nothing
        return self.reach.containers.sent_by(self.destination.container_id)
