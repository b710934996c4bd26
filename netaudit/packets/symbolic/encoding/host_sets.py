"""The host as sets of packets of one family: interfaces, what its routes say of addresses, what was translated.

A packet keeps the addresses and ports that it was sent with; a new destination is written beside them, and the bits of
TRANSLATED tell which of the two the rules see. So translating is adding a constant, and the way back, from what
reached a container to what was asked for, is always there.
"""

from collections.abc import Iterable, Mapping
from enum import IntFlag
from functools import cached_property, lru_cache
from ipaddress import ip_address

from netaudit.model.exposure import NatTarget
from netaudit.model.host import Host
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import Field, RouteType
from netaudit.model.ranges import Ranges
from netaudit.packets.host.route_ranges import LOOPBACK_NET, RouteRanges
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.stock import space_of

NEW_DADDR, NEW_DPORT, TRANSLATED, DECISION = "new-daddr", "new-dport", "translated", "decision"
BACK = "back"  # by which interface the answer leaves, where policy rules choose it by more than its destination
LINK_LOCAL = (0xFE80 << 112, (0xFEC0 << 112) - 1)
_MARKS = (Field.MARK, Field.CT_MARK)


class Translated(IntFlag):
    """What NAT has changed in a packet."""

    DESTINATION = 1
    SOURCE = 2


class HostSets:
    """A host and a space of packets that fits it.

    `subnets` are what is known of the links of its bridges without their routes, `macs` the hardware addresses of
    containers by their addresses.
    """

    def __init__(
        self,
        host: Host,
        family: Family,
        more: Mapping[str, int],
        subnets: Mapping[str, Ranges] | None = None,
        macs: Mapping[int, frozenset[int]] | None = None,
    ) -> None:
        self.macs = macs or {}
        self.ranges = RouteRanges(host, family, subnets or {})
        self.family, self.routing, self.interfaces = family, self.ranges.routing, self.ranges.interfaces
        names = max(len(self.interfaces) - 1, 1).bit_length()
        bits = 32 if family == "ip" else 128
        self.space = space_of(
            (
                {TRANSLATED: 2},
                {Field.PROTOCOL: 8},
                {Field.IIF: names},
                {Field.OIF: names},
                *([{BACK: names}] if self.ranges.policy.steps else []),
                {NEW_DADDR: bits, Field.DADDR: bits},
                {NEW_DPORT: 16, Field.DPORT: 16},
                {Field.SADDR: bits},
                {Field.SPORT: 16},
                {Field.CT_STATE: 7},
                {name: width for name, width in more.items() if name in _MARKS},  # copied to each other, bit by bit
                *({name: width} for name, width in more.items() if name not in _MARKS),
            )
        )
        self.number = {name: at for at, name in enumerate(self.interfaces)}
        self.at = lru_cache(maxsize=None)(self._at)
        self.back_by = lru_cache(maxsize=None)(self._chosen_back if BACK in self.space.widths else self.routed_back)

    def _at(self, field: Field, interface: str) -> PacketSet:
        """Return the packets that come in (IIF) or go out (OIF) by an interface."""
        return self.space.equal(field, self.number[interface])

    def named(self, field: Field, names: Iterable[str]) -> PacketSet:
        """Return the packets at interfaces with these names, `*` at the end standing for anything."""
        return self.space.union(self.at(field, one) for one in self.ranges.fitting(names))

    def translated(self, what: Translated) -> PacketSet:
        """Return the packets of which NAT has changed something."""
        return self.space.masked(TRANSLATED, what, what)

    @cached_property
    def led(self) -> PacketSet:
        """Return the packets whose new destination is not what it was: only that is a translation to the kernel."""
        same = self.space.copied(Field.DADDR, NEW_DADDR) & self.space.copied(Field.DPORT, NEW_DPORT)
        return self.translated(Translated.DESTINATION) - same

    def led_to(self, where: NatTarget) -> PacketSet:
        """Return the packets that NAT leads to addresses and ports."""
        first, last = (int(ip_address(one)) for one in where.addresses)
        there = self.space.in_ranges(NEW_DADDR, ((first, last),)) & self.led
        return there & self.space.in_ranges(NEW_DPORT, (where.ports,)) if where.ports else there

    def after_translation(self, changed: PacketSet, unchanged: PacketSet) -> PacketSet:
        """Ask one thing of the packets that have a new destination, another of those that have not."""
        new = self.translated(Translated.DESTINATION)
        return changed & new | unchanged - new

    def destined(self, ranges: Ranges) -> PacketSet:
        """Return the packets that are on their way to addresses now."""
        return self.after_translation(
            self.space.in_ranges(NEW_DADDR, ranges), self.space.in_ranges(Field.DADDR, ranges)
        )

    def addressed(self, field: Field, ranges: Ranges) -> PacketSet:
        """Return the packets that come from, or are on their way to, addresses now."""
        return self.destined(ranges) if field is Field.DADDR else self.space.in_ranges(field, ranges)

    def _chosen_back(self, interface: str) -> PacketSet:
        """Return the packets whose answer leaves by an interface, which was written into them."""
        return self.space.equal(BACK, self.number[interface])

    def routed_back(self, interface: str) -> PacketSet:
        """Return the packets whose answer leaves by an interface; to an address of the link, by that it came by."""
        routed = self.space.in_ranges(Field.SADDR, self.ranges.ways_out.get(interface, ()))
        if self.family == "ip":
            return routed
        of_link = self.space.in_ranges(Field.SADDR, (LINK_LOCAL,))
        return routed - of_link | of_link & self.at(Field.IIF, interface)

    @cached_property
    def local(self) -> PacketSet:
        """Return the packets that are on their way to this host."""
        return self.destined(self.ranges.types.get(RouteType.LOCAL, ()))

    @cached_property
    def from_home(self) -> PacketSet:
        """Return the packets that the host may send: from loopback to loopback alone."""
        inside = (LOOPBACK_NET[self.family],)
        source, target = self.space.in_ranges(Field.SADDR, inside), self.space.in_ranges(Field.DADDR, inside)
        return source & target | self.space.everything - source
