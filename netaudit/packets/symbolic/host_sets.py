"""The host as sets of packets of one family: interfaces, what its routes say of addresses, what was translated.

A packet keeps the addresses and ports that it was sent with; a new destination is written beside them, and the bits of
TRANSLATED tell which of the two the rules see. So translating is adding a constant, and the way back, from what
reached a container to what was asked for, is always there.
"""

from collections.abc import Iterable, Mapping
from enum import IntFlag
from functools import cached_property, lru_cache
from ipaddress import ip_address

import msgspec

from netaudit.model.exposure import NatTarget
from netaudit.model.family import Family
from netaudit.model.host import Host, Interface
from netaudit.model.match import Field, RouteType, in_ranges, is_named
from netaudit.model.ranges import Ranges, without
from netaudit.packets.host.fib import Routing
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.space import PacketSpace

NEW_DADDR, NEW_DPORT, TRANSLATED, DECISION = "new-daddr", "new-dport", "translated", "decision"
LOOPBACK = "lo"
LOOPBACK_NET = {"ip": (0x7F000000, 0x7FFFFFFF), "ip6": (1, 1)}
LINK_LOCAL = (0xFE80 << 112, (0xFEC0 << 112) - 1)
_KINDS = {
    "local": RouteType.LOCAL,
    "broadcast": RouteType.BROADCAST,
    "anycast": RouteType.ANYCAST,
    "multicast": RouteType.MULTICAST,
}
_MULTICAST = (0xE0000000, 0xEFFFFFFF)
_BROADCAST = ((0, 0x00FFFFFF), (0xFFFFFFFF, 0xFFFFFFFF))
_MARKS = (Field.MARK, Field.CT_MARK)


class Translated(IntFlag):
    """What NAT has changed in a packet."""

    DESTINATION = 1
    SOURCE = 2


def _with_loopback(host: Host) -> Host:
    """Add the interface that every host has, where what was recorded lacks it or says that it is a port of a bridge."""
    others = tuple(one for one in host.interfaces if one.name != LOOPBACK)
    if any(one.name == LOOPBACK and not one.master for one in host.interfaces):
        return host
    return msgspec.structs.replace(host, interfaces=(*others, Interface(LOOPBACK)))


class HostSets:
    """A host and a space of packets that fits it.

    `subnets` are what is known of the links of its bridges without their routes.
    """

    def __init__(
        self, host: Host, family: Family, more: Mapping[str, int], subnets: Mapping[str, Ranges] | None = None
    ) -> None:
        host = _with_loopback(host)
        self.family, self.routing, self._subnets = family, Routing(host, family), subnets or {}
        self.interfaces = ("", *sorted(one.name for one in host.interfaces if not one.master))
        names = max(len(self.interfaces) - 1, 1).bit_length()
        bits = 32 if family == "ip" else 128
        self.space = PacketSpace(
            (
                {TRANSLATED: 2},
                {Field.PROTOCOL: 8},
                {Field.IIF: names},
                {Field.OIF: names},
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
        self.back_by = lru_cache(maxsize=None)(self._back_by)

    def _at(self, field: Field, interface: str) -> PacketSet:
        """Return the packets that come in (IIF) or go out (OIF) by an interface."""
        return self.space.equal(field, self.number[interface])

    def named(self, field: Field, names: Iterable[str]) -> PacketSet:
        """Return the packets at interfaces with these names, `*` at the end standing for anything."""
        return self.space.union(self.at(field, one) for one in self.fitting(names))

    def fitting(self, names: Iterable[str]) -> list[str]:
        """List the interfaces that have one of the names."""
        return sorted({one for one in self.interfaces for name in names if is_named(one, name)})

    @cached_property
    def to_loopback(self) -> tuple[str, ...]:
        """Name the interfaces by which loopback's addresses may come and go."""
        others = (one.name for one in self.known_interfaces if self.routing.sysctls.routes_loopback(one.name))
        return LOOPBACK, *(name for name in others if name != LOOPBACK)

    @cached_property
    def bridges(self) -> tuple[str, ...]:
        """Name the bridges, and what may be one: packets may have passed their ports."""
        return tuple(one.name for one in self.known_interfaces if one.kind in ("bridge", ""))

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

    def first_address(self, interface: str) -> int | None:
        """Return the address that a redirect on an interface leads to; None where it has none."""
        known = self.routing.interfaces.get(interface)
        return next((int(ip) for ip in self.routing.addresses(known)), None) if known else None

    def destined(self, ranges: Ranges) -> PacketSet:
        """Return the packets that are on their way to addresses now."""
        return self.after_translation(
            self.space.in_ranges(NEW_DADDR, ranges), self.space.in_ranges(Field.DADDR, ranges)
        )

    def addressed(self, field: Field, ranges: Ranges) -> PacketSet:
        """Return the packets that come from, or are on their way to, addresses now."""
        return self.destined(ranges) if field is Field.DADDR else self.space.in_ranges(field, ranges)

    @cached_property
    def known_interfaces(self) -> list[Interface]:
        """List the interfaces that may be a packet's."""
        return [self.routing.interfaces[name] for name in self.interfaces if name]

    @cached_property
    def types(self) -> dict[RouteType, Ranges]:
        """Give the addresses of each kind, as the table of local addresses has them; what is not named is unicast."""
        found: dict[RouteType, list[tuple[int, int]]] = {}
        for first, last, route in self.routing.ranges():
            if route.table == "local" and route.kind in _KINDS:
                found.setdefault(_KINDS[route.kind], []).append((first, last))
        if self.family == "ip":  # known to the kernel without a route (net/ipv4/fib_frontend.c)
            found.setdefault(RouteType.MULTICAST, []).append(_MULTICAST)
            found.setdefault(RouteType.BROADCAST, []).extend(_BROADCAST)
        return {kind: in_ranges(Field.DADDR, ranges).ranges for kind, ranges in found.items()}

    @cached_property
    def ways(self) -> dict[str, Ranges]:
        """Give the addresses to which unicast routes lead out of each interface."""
        found: dict[str, list[tuple[int, int]]] = {}
        for first, last, route in self.routing.ranges():
            for hop in route.hops if route.kind == "unicast" else ():
                found.setdefault(hop.interface, []).append((first, last))
        return {name: in_ranges(Field.DADDR, ranges).ranges for name, ranges in found.items() if name}

    @cached_property
    def ways_out(self) -> dict[str, Ranges]:
        """Give the addresses to which the host itself sends by each interface: to its own, by loopback."""
        over_loopback = self.ways.get(LOOPBACK, ()) + self.types.get(RouteType.LOCAL, ())
        return {**self.ways, LOOPBACK: in_ranges(Field.DADDR, over_loopback).ranges}

    @cached_property
    def several_ways(self) -> Ranges:
        """Give the addresses to which a route leads by several interfaces: the kernel chooses one."""
        found = [
            (first, last)
            for first, last, route in self.routing.ranges()
            if route.kind == "unicast" and len({hop.interface for hop in route.hops}) > 1
        ]
        return in_ranges(Field.DADDR, found).ranges

    def _back_by(self, interface: str) -> PacketSet:
        """Return the packets whose answer leaves by an interface; to an address of the link, by that it came by."""
        routed = self.space.in_ranges(Field.SADDR, self.ways_out.get(interface, ()))
        if self.family == "ip":
            return routed
        of_link = self.space.in_ranges(Field.SADDR, (LINK_LOCAL,))
        return routed - of_link | of_link & self.at(Field.IIF, interface)

    @cached_property
    def neighbours(self) -> dict[str, Ranges]:
        """Give the addresses that are on the link of each interface: what is reached without a gateway."""
        own = self.types.get(RouteType.LOCAL, ())
        found = {name: list(without(ranges, own)) for name, ranges in self._subnets.items()}
        for first, last, route in self.routing.ranges():
            for hop in route.hops if route.kind == "unicast" else ():
                if not hop.gateway:
                    found.setdefault(hop.interface, []).append((first, last))
        return {name: in_ranges(Field.DADDR, ranges).ranges for name, ranges in found.items() if name}

    @cached_property
    def own_addresses(self) -> tuple[int, ...]:
        """List the addresses of the host's interfaces, loopback's last."""
        known = [self.routing.interfaces[name] for name in self.interfaces if name]
        own = [int(ip) for one in known for ip in self.routing.addresses(one) if not ip.is_loopback]
        return (*sorted(own), LOOPBACK_NET[self.family][0])

    @cached_property
    def local(self) -> PacketSet:
        """Return the packets that are on their way to this host."""
        return self.destined(self.types.get(RouteType.LOCAL, ()))

    @cached_property
    def from_home(self) -> PacketSet:
        """Return the packets that the host may send: from loopback to loopback alone."""
        inside = (LOOPBACK_NET[self.family],)
        source, target = self.space.in_ranges(Field.SADDR, inside), self.space.in_ranges(Field.DADDR, inside)
        return source & target | self.space.everything - source
