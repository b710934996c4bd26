"""What the host's routes say of a packet's addresses: of which kind they are, and whether the way back is the way in.

Which addresses and interfaces a packet has depends on how it is read: see netaudit.packets.symbolic.reply.fields.
"""

from typing import Protocol

from netaudit.model.netfilter.match import Field, RouteType
from netaudit.model.ranges import Ranges
from netaudit.packets.host.route_lookup import HARDWARE_OF, TYPE_OF
from netaudit.packets.host.route_ranges import LOOPBACK
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.symbolic.encoding.host_sets import HostSets


class PacketView(Protocol):
    """How a packet's addresses and interfaces are read; HostSets read first packets."""

    def at(self, field: Field, interface: str) -> PacketSet:
        """Return the packets that come in (IIF) or go out (OIF) by an interface; "" for none."""

    def addressed(self, field: Field, ranges: Ranges) -> PacketSet:
        """Return the packets that come from (SADDR), or are on their way to (DADDR), addresses now."""


def kinds_of(world: HostSets, reading: PacketView, field: Field) -> dict[int, PacketSet] | None:
    """Give, for a field that routes decide, the packets for each of its values; None for another field."""
    if field is Field.REVERSE_PATH:
        good = reverse_path(world, reading)
        return {1: good, 0: world.space.everything - good}
    if field in HARDWARE_OF:
        return _hardware(world, reading, HARDWARE_OF[field])
    if field not in TYPE_OF:
        return None
    address, interface = TYPE_OF[field]
    kinds = {int(kind): reading.addressed(address, ranges) for kind, ranges in world.ranges.types.items()}
    if interface is not None:
        kinds[RouteType.LOCAL] = _own(world, reading, address, interface)
    known = world.space.union(kinds.values())
    return {**kinds, int(RouteType.UNICAST): world.space.everything - known}


def _hardware(world: HostSets, reading: PacketView, side: Field) -> dict[int, PacketSet] | None:
    """Give the packets at interfaces of each kind of hardware; None where that of one was not recorded."""
    found: dict[int, PacketSet] = {}
    for one in world.ranges.known_interfaces:
        found[one.hardware] = found.get(one.hardware, world.space.nothing) | reading.at(side, one.name)
    return None if 0 in found else found


def _own(world: HostSets, reading: PacketView, address: Field, interface: Field) -> PacketSet:
    """Return the packets whose address is one of the interface's."""
    return world.space.union(
        reading.addressed(address, tuple((int(ip), int(ip)) for ip in sorted(world.routing.addresses(one))))
        & reading.at(interface, one.name)
        for one in world.ranges.known_interfaces
    )


def reverse_path(world: HostSets, reading: PacketView) -> PacketSet:
    """Return the packets whose sender is reached by the interface that they came in by; over loopback, all."""
    return world.space.union(
        reading.at(Field.IIF, name)
        & (world.space.everything if name == LOOPBACK else reading.addressed(Field.SADDR, ranges))
        for name, ranges in (world.ranges.ways | {LOOPBACK: ()}).items()
        if name in world.number
    )
