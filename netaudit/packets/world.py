"""The host as sets of packets of one family: interfaces, what its routes say of addresses, what was translated.

A packet keeps the addresses and ports that it was sent with; a new destination is written beside them, and the bits of
TRANSLATED tell which of the two the rules see. So translating is adding a constant, and the way back, from what
reached a container to what was asked for, is always there.
"""

from collections.abc import Iterable, Mapping
from enum import IntFlag
from functools import cached_property, lru_cache

from netaudit.model.host import Host, Interface
from netaudit.model.match import Field, RouteType, in_ranges
from netaudit.packets.packet_set import PacketSet, PacketSpace
from netaudit.packets.routing import Routing

NEW_DADDR, NEW_DPORT, TRANSLATED, DECISION = "new-daddr", "new-dport", "translated", "decision"
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
_TYPE_OF = {
    Field.SADDR_TYPE: (Field.SADDR, None),
    Field.DADDR_TYPE: (Field.DADDR, None),
    Field.SADDR_TYPE_IIF: (Field.SADDR, Field.IIF),
    Field.DADDR_TYPE_IIF: (Field.DADDR, Field.IIF),
    Field.SADDR_TYPE_OIF: (Field.SADDR, Field.OIF),
    Field.DADDR_TYPE_OIF: (Field.DADDR, Field.OIF),
}
_MARKS = (Field.MARK, Field.CT_MARK)
Ranges = tuple[tuple[int, int], ...]


class Translated(IntFlag):
    """What NAT has changed in a packet."""

    DESTINATION = 1
    SOURCE = 2


class World:
    """A host and a space of packets that fits it."""

    def __init__(self, host: Host, family: str, more: Mapping[str, int]) -> None:
        self.family, self.routing = family, Routing(host, family)
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
        self.kinds = lru_cache(maxsize=None)(self._kinds)

    def _at(self, field: Field, interface: str) -> PacketSet:
        """Return the packets that come in (IIF) or go out (OIF) by an interface."""
        return self.space.equal(field, self.number[interface])

    def named(self, field: Field, names: Iterable[str]) -> PacketSet:
        """Return the packets at interfaces with these names, `*` at the end standing for anything."""
        found = {one for one in self.interfaces for name in names if _fits(one, name)}
        return self.space.union(self.at(field, one) for one in sorted(found))

    def bridges(self, field: Field) -> PacketSet:
        """Return the packets at bridges, whose ports they may have passed."""
        known = self.routing.interfaces
        return self.space.union(
            self.at(field, one) for one in self.interfaces if one and known[one].kind in ("bridge", "")
        )

    def translated(self, what: Translated) -> PacketSet:
        """Return the packets of which NAT has changed something."""
        return self.space.masked(TRANSLATED, what, what)

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

    def _kinds(self, field: Field) -> dict[int, PacketSet] | None:
        """Give, for a field that routes decide, the packets for each of its values; None for another field."""
        if field is Field.REVERSE_PATH:
            good = self.reverse_path
            return {1: good, 0: self.space.everything - good}
        if field not in _TYPE_OF:
            return None
        address, interface = _TYPE_OF[field]
        kinds = {int(kind): self._addressed(address, ranges) for kind, ranges in self.types.items()}
        if interface is not None:
            kinds[RouteType.LOCAL] = self._own(address, interface)
        known = self.space.union(kinds.values())
        return {**kinds, int(RouteType.UNICAST): self.space.everything - known}

    def _addressed(self, field: Field, ranges: Ranges) -> PacketSet:
        return self.destined(ranges) if field is Field.DADDR else self.space.in_ranges(field, ranges)

    def _own(self, address: Field, interface: Field) -> PacketSet:
        """Return the packets whose address is one of the interface's."""
        return self.space.union(
            self._addressed(address, tuple((int(ip), int(ip)) for ip in sorted(self.routing.addresses(one))))
            & self.at(interface, one.name)
            for one in self._known_interfaces
        )

    @property
    def _known_interfaces(self) -> list[Interface]:
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
    def own_addresses(self) -> tuple[int, ...]:
        """List the addresses of the host's interfaces, loopback's last."""
        own = [int(ip) for one in self._known_interfaces for ip in self.routing.addresses(one) if not ip.is_loopback]
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

    @cached_property
    def reverse_path(self) -> PacketSet:
        """Return the packets whose sender is reached by the interface that they came in by; over loopback, all."""
        return self.space.union(
            self.at(Field.IIF, name)
            & (self.space.everything if name == LOOPBACK else self.space.in_ranges(Field.SADDR, ranges))
            for name, ranges in (self.ways | {LOOPBACK: ()}).items()
            if name in self.number
        )


def _fits(name: str, pattern: str) -> bool:
    if pattern.endswith("*"):
        return bool(name) and name.startswith(pattern[:-1])
    return name == pattern
