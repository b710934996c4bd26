"""What the interfaces and routes of a host say of addresses of one family, as ranges and names."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from netaudit.model.host import Host, Interface, Route
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import Field, RouteType, in_ranges, is_named
from netaudit.model.ranges import Ranges, without
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.policy.rules import PolicyRouting

LOOPBACK = "lo"
LOOPBACK_NET = {"ip": (0x7F000000, 0x7FFFFFFF), "ip6": (1, 1)}
_KINDS = {
    "local": RouteType.LOCAL,
    "broadcast": RouteType.BROADCAST,
    "anycast": RouteType.ANYCAST,
    "multicast": RouteType.MULTICAST,
}
_MULTICAST = (0xE0000000, 0xEFFFFFFF)
_BROADCAST = ((0, 0x00FFFFFF), (0xFFFFFFFF, 0xFFFFFFFF))


class RouteRanges:
    """The interfaces of a host that are no port of a bridge, "" for none; the addresses on them and behind them.

    `subnets` are what is known of the links of its bridges without their routes.
    """

    def __init__(self, host: Host, family: Family, subnets: Mapping[str, Ranges]) -> None:
        host = _with_loopback(host)
        self.family, self.routing, self._subnets = family, Routing(host, family), subnets
        self.policy = PolicyRouting(self.routing)
        self.interfaces = ("", *sorted(one.name for one in host.interfaces if not one.master))

    def fitting(self, names: Iterable[str]) -> list[str]:
        """List the interfaces that have one of the names."""
        return sorted({one for one in self.interfaces for name in names if is_named(one, name)})

    @cached_property
    def known_interfaces(self) -> list[Interface]:
        """List the interfaces that may be a packet's."""
        return [self.routing.interfaces[name] for name in self.interfaces if name]

    @cached_property
    def to_loopback(self) -> tuple[str, ...]:
        """Name the interfaces by which loopback's addresses may come and go."""
        others = (one.name for one in self.known_interfaces if self.routing.sysctls.routes_loopback(one.name))
        return LOOPBACK, *(name for name in others if name != LOOPBACK)

    @cached_property
    def bridges(self) -> tuple[str, ...]:
        """Name the bridges, and where no kind of any interface was recorded what may be one."""
        wanted = "bridge" if any(one.kind for one in self.known_interfaces) else ""
        return tuple(one.name for one in self.known_interfaces if one.kind == wanted and one.name != LOOPBACK)

    def first_address(self, interface: str) -> int | None:
        """Return the address that a redirect on an interface leads to; None where it has none."""
        known = self.routing.interfaces.get(interface)
        return next((int(ip) for ip in self.routing.addresses(known)), None) if known else None

    @cached_property
    def types(self) -> dict[RouteType, Ranges]:
        """Return the addresses of each kind, as the table of local addresses has them; what is not named is unicast."""
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
        """Return the addresses to which unicast routes lead out of each interface."""
        found: dict[str, list[tuple[int, int]]] = {}
        for first, last, route in self.routing.ranges():
            for hop in route.hops if route.kind == "unicast" else ():
                found.setdefault(hop.interface, []).append((first, last))
        return {name: in_ranges(Field.DADDR, ranges).ranges for name, ranges in found.items() if name}

    @cached_property
    def ways_out(self) -> dict[str, Ranges]:
        """Return the addresses to which the host itself sends by each interface: to its own, by loopback."""
        over_loopback = self.ways.get(LOOPBACK, ()) + self.types.get(RouteType.LOCAL, ())
        return {**self.ways, LOOPBACK: in_ranges(Field.DADDR, over_loopback).ranges}

    @cached_property
    def several_ways(self) -> Ranges:
        """Return the addresses to which a route leads by several interfaces: the kernel chooses one."""
        found = [
            (first, last)
            for first, last, route in self._all_spans()
            if route.kind == "unicast" and len({hop.interface for hop in route.hops}) > 1
        ]
        return in_ranges(Field.DADDR, found).ranges

    def _all_spans(self) -> Iterator[tuple[int, int, Route]]:
        yield from self.routing.ranges()
        for step in self.policy.steps:
            yield from step.spans()

    @cached_property
    def neighbours(self) -> dict[str, Ranges]:
        """Return the addresses that are on the link of each interface: what is reached without a gateway."""
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


def _with_loopback(host: Host) -> Host:
    """Add the interface that every host has, where what was recorded lacks it or says that it is a port of a bridge."""
    others = tuple(one for one in host.interfaces if one.name != LOOPBACK)
    if any(one.name == LOOPBACK and not one.master for one in host.interfaces):
        return host
    return msgspec.structs.replace(host, interfaces=(*others, Interface(LOOPBACK)))


def bridges_with(ranges: RouteRanges, names: Sequence[str]) -> tuple[str, ...]:
    """Name the bridges of which a port may have one of some names (`Named`), or whose ports are not known."""
    ports = {one.name: one.master for one in ranges.routing.interfaces.values() if one.master}
    fitting = {master for port, master in ports.items() if any(is_named(port, name) for name in names)}
    return tuple(one for one in ranges.bridges if one in fitting or one not in ports.values())
