"""Which packets have a bridge's port to come or go by, as br_netfilter tells IP's rules, and what it does not tell."""

from collections.abc import Callable, Sequence

from netaudit.model.netfilter.match import Field
from netaudit.packets.host.route_ranges import bridges_with
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.encoding.host_sets import HostSets

At = Callable[[Field, str], PacketSet]  # the packets that come in or go out by an interface
Staying = Callable[[str], PacketSet]  # of what comes and goes by a bridge: what no host routes back to it


def at_ports(world: HostSets, at: At, field: Field, names: Sequence[str]) -> Bounds:
    """Bound the packets whose port has one of some names (`Named`).

    A packet has a port to leave by only between two ports of one bridge, also where NAT leads it back to the bridge
    that it came by. Which of a bridge's ports it is, no set holds.
    """
    filtered, ranges = world.routing.sysctls.filters_bridged(), world.ranges
    if filtered is False:
        return exactly(world.space.nothing)

    known = [one.name for one in ranges.known_interfaces if one.kind == "bridge"]
    passing = {one: _passing(at, field, one) for one in ranges.bridges}
    sure = [passing[one] for one in known] if filtered and "*" in names else []
    return Bounds(world.space.union(sure), world.space.union(passing[one] for one in bridges_with(ranges, names)))


def _passing(at: At, field: Field, bridge: str) -> PacketSet:
    here = at(Field.IIF, bridge)
    return here if field is Field.PHYSIN else here & at(Field.OIF, bridge)


def hidden_past(world: HostSets, at: At, staying: Staying) -> Bounds:
    """Bound the packets of which postrouting does not see how they came: those that a bridge passes to another port.

    Source: br_nf_post_routing() in the kernel's net/bridge/br_netfilter_hooks.c.
    """
    filtered, ranges = world.routing.sysctls.filters_bridged(), world.ranges
    if filtered is False:
        return exactly(world.space.nothing)
    known = {one.name for one in ranges.known_interfaces if filtered and one.kind == "bridge"}
    passing = {one: _passing(at, Field.PHYSOUT, one) & staying(one) for one in ranges.bridges}
    sure = world.space.union(packets for name, packets in passing.items() if name in known)
    return exactly(sure) if known >= passing.keys() else Bounds(sure, world.space.union(passing.values()))
