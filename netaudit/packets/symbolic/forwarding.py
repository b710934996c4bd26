"""Where sets of packets go by the host's routes: to this host, out of an interface, or nowhere."""

from collections.abc import Mapping
from functools import cached_property, partial

from netaudit.model.netfilter.match import Field
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.packets.host.route_ranges import LOOPBACK, LOOPBACK_NET
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.chain import Chains
from netaudit.packets.symbolic.encoding.decision import Decision, by_no_rule
from netaudit.packets.symbolic.encoding.policy_routes import HERE, Asking, policy_routes
from netaudit.packets.symbolic.martians import not_forwarded, of_the_link, wrong_loopback, wrong_source


class Forwarding:
    """Routes the first packets of connections, and drops what goes nowhere."""

    def __init__(self, chains: Chains) -> None:
        self._chains, self._world = chains, chains.world

    def received(self, packets: Bounds) -> Bounds:
        """Drop what comes from or to ::1 before any rule sees it (ipv6_rcv() in net/ipv6/ip6_input.c)."""
        space, ranges = self._world.space, (LOOPBACK_NET["ip6"],)
        if self._world.family == "ip":
            return packets
        touched = space.in_ranges(Field.SADDR, ranges) | space.in_ranges(Field.DADDR, ranges)
        return self._chains.refuse(packets, touched, ReasonKind.V6_LOOPBACK_FROM_OUTSIDE)

    def believed(self, packets: Bounds) -> Bounds:
        """Drop what comes in and cannot be true."""
        world = self._world
        packets = self._chains.refuse(packets, wrong_loopback(world, world), ReasonKind.LOOPBACK_FROM_OUTSIDE)
        wrong = wrong_source(world, world, self._chains.encoders.plain.bounds)
        return self._refuse_some(packets, wrong, ReasonKind.SOURCE_NOT_BEHIND_INTERFACE)

    def here(self) -> Bounds:
        """Return the packets that are on their way to this host."""
        if self._by_policy is None:
            return exactly(self._world.local)
        return self._by_policy.get(HERE, exactly(self._world.space.nothing))

    def passing(self, packets: Bounds) -> Bounds:
        """Drop what the host does not forward, and choose by which interface the rest leaves."""
        world = self._world
        packets = self._chains.refuse(packets, not_forwarded(world, world), ReasonKind.NOT_FORWARDED)
        return self.way_out(self._chains.refuse(packets, of_the_link(world, world), ReasonKind.LINK_LOCAL_SENDER))

    def way_out(self, packets: Bounds) -> Bounds:
        """Choose the outgoing interface by the present destination."""
        if self._by_policy is not None:
            return self._routed_by_policy(packets, self._by_policy)
        world, space = self._world, self._world.space
        ways = {name: world.destined(ranges) for name, ranges in world.ranges.ways.items() if name in world.number}
        ways[LOOPBACK] = ways.get(LOOPBACK, space.nothing) | world.local
        self._chains.refuse(packets, space.everything - space.union(ways.values()), ReasonKind.NO_ROUTE)
        sets = [(world.number[name], way) for name, way in ways.items() if name in world.number]

        def routed(some: PacketSet) -> PacketSet:
            return space.union(space.rewrite.assign(some & way, Field.OIF, number) for number, way in sets)

        return packets.changed(routed)

    @cached_property
    def _by_policy(self) -> Mapping[str, Bounds] | None:
        """Return where packets go by policy rules; None where only the usual ones are there."""
        steps = self._world.ranges.policy.steps
        if not steps:
            return None
        return policy_routes(steps, Asking(self._world.space, self._chains.encoders.plain.bounds, self._world.destined))

    def _routed_by_policy(self, packets: Bounds, ways: Mapping[str, Bounds]) -> Bounds:
        world, left, found = self._world, packets, exactly(self._world.space.nothing)
        for name, way in ways.items():
            out = name if name != HERE else LOOPBACK
            mine = packets & way
            if mine and out in world.number:
                found |= mine.changed(partial(world.space.rewrite.assign, field=Field.OIF, value=world.number[out]))
                left -= way
        self._chains.drop(by_no_rule(ReasonKind.NO_ROUTE), left)
        if not found.exact:
            unknown = Decision(None, make_reason(ReasonKind.POLICY_UNKNOWN))
            self._chains.doubt(unknown, found)
        return found

    def stays(self, packets: PacketSet) -> PacketSet:
        """Let packets leave by the bridge that they came in by."""
        space, world = self._world.space, self._world
        return space.union(
            space.rewrite.assign(packets & world.at(Field.IIF, name), Field.OIF, world.number[name])
            for name in world.interfaces
        )

    def _refuse_some(self, packets: Bounds, refused: Bounds, kind: ReasonKind) -> Bounds:
        """Drop what the kernel refuses; whether it does may not be known of all."""
        if refused.exact:
            return self._chains.refuse(packets, refused.sure, kind)
        self._chains.drop(by_no_rule(kind), packets & refused)
        self._chains.doubt(by_no_rule(kind), packets & refused)
        return packets - refused
