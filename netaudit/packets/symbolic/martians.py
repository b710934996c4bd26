"""What the kernel refuses of packets that come in by a wire, however they are read: first ones, or answers.

Sources: ip_route_input_slow() and __fib_validate_source() in the kernel's net/ipv4, ip6_forward() in net/ipv6.
"""

from collections.abc import Iterable

from netaudit.model.netfilter.match import Field
from netaudit.packets.host.policy.reverse_path import ReversePath
from netaudit.packets.host.route_ranges import LOOPBACK_NET
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.encoding.address_types import PacketView, reverse_path
from netaudit.packets.symbolic.encoding.host_sets import LINK_LOCAL, HostSets
from netaudit.packets.symbolic.encoding.policy_routes import Encode, leading_back


def wrong_loopback(world: HostSets, reading: PacketView) -> PacketSet:
    """Return what has loopback's addresses, and comes by an interface that may not lead there."""
    ranges = (LOOPBACK_NET[world.family],)
    touched = reading.addressed(Field.SADDR, ranges) | reading.addressed(Field.DADDR, ranges)
    return touched - _coming_by(world, reading, world.ranges.to_loopback)


def wrong_source(world: HostSets, reading: PacketView, encode: Encode) -> Bounds:
    """Return what comes by an interface that its sender is not behind, where that is asked for."""
    strict = [name for name in world.interfaces if name and world.routing.sysctls.strict_source(name)]
    if not world.ranges.policy.steps:
        return exactly(_coming_by(world, reading, strict) - reverse_path(world, reading))
    reverse, found = ReversePath(world.ranges), exactly(world.space.nothing)
    for name in strict:
        good = leading_back(world, reading, reverse.filtered(name), encode)
        found |= exactly(_coming_by(world, reading, [name])) - good
    return found


def not_forwarded(world: HostSets, reading: PacketView) -> PacketSet:
    """Return what comes by an interface that does not forward."""
    off = [name for name in world.interfaces if name and world.routing.sysctls.forwards(name) is False]
    return _coming_by(world, reading, off)


def of_the_link(world: HostSets, reading: PacketView) -> PacketSet:
    """Return what comes from IPv6 addresses that are good for one link."""
    return reading.addressed(Field.SADDR, (LINK_LOCAL,)) if world.family == "ip6" else world.space.nothing


def _coming_by(world: HostSets, reading: PacketView, names: Iterable[str]) -> PacketSet:
    return world.space.union(reading.at(Field.IIF, name) for name in names if name in world.number)
