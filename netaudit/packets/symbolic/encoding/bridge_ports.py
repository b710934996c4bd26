"""Which packets have a bridge's port to come or go by, as br_netfilter tells IP's rules, and what it does not tell."""

from collections.abc import Callable, Sequence
from functools import partial

from netaudit.model.netfilter.bridges import PORTS
from netaudit.model.netfilter.match import Field, is_named
from netaudit.model.netfilter.program import Hook
from netaudit.packets.host.route_ranges import bridges_with
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.encoding.host_sets import HostSets

At = Callable[[Field, str], PacketSet]  # the packets that come in or go out by an interface
Near = Callable[[str], PacketSet]  # the packets for a neighbour on a bridge


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


def ports_of_bridges(world: HostSets, at: At, field: Field, names: Sequence[str], hook: Hook) -> Bounds:
    """Bound the packets whose port has one of some names, as tables of bridges see them at a hook."""
    if hook not in PORTS[field]:
        return exactly(world.space.nothing)
    side = Field.IIF if field is Field.PHYSIN else Field.OIF
    known = [one.name for one in world.ranges.known_interfaces if one.kind == "bridge"]
    sure = known if "*" in names else []
    here, union = partial(at, side), world.space.union
    return Bounds(union(map(here, sure)), union(map(here, bridges_with(world.ranges, names))))


def _passing(at: At, field: Field, bridge: str) -> PacketSet:
    here = at(Field.IIF, bridge)
    return here if field is Field.PHYSIN else here & at(Field.OIF, bridge)


def hidden_past(world: HostSets, at: At, near: Near, back: PacketSet) -> Bounds:
    """Bound the packets of which postrouting does not see how they came: those that a bridge passes to another port.

    `near` are for a neighbour, and no host sees them but there; `back` have a new receiver, to which the bridge that
    they came by leads them back, if rules see what it passes. Source: br_nf_post_routing() in the kernel's
    net/bridge/br_netfilter_hooks.c.
    """
    filtered, ranges, union = world.routing.sysctls.filters_bridged(), world.ranges, world.space.union
    if filtered is False:
        return exactly(world.space.nothing)
    passing = {one: _passing(at, Field.PHYSOUT, one) for one in ranges.bridges}
    known = [one.name for one in ranges.known_interfaces if one.kind == "bridge"]
    sure = union(passing[one] & (near(one) | back if filtered else near(one)) for one in known)
    possible = union(some & (near(one) | back) for one, some in passing.items())
    return exactly(sure) if sure == possible else Bounds(sure, possible)


def seen_to_come(found: Bounds, hidden: Bounds, names: Sequence[str]) -> Bounds:
    """Take out of what came in by interfaces with some names that of which rules see none."""
    seen = found - hidden
    return seen | hidden if any(is_named("", one) for one in names) else seen
