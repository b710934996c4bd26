"""Sets of packets through the hooks, as one packet goes through them: see netaudit.model.program for their order.

from a wire      prerouting, routing, then input, or forward and postrouting
from here        routing, output, routing again, postrouting; what is for this host comes back in by lo
between ports    of one bridge: prerouting, forward, postrouting, where br_netfilter shows them to IP at all
"""

from collections.abc import Iterator, Mapping
from functools import cached_property, partial

from netaudit.model.match import CtState, Field
from netaudit.model.program import CONNTRACK_PRIORITY, Hook, ReadChain, ReadTable
from netaudit.model.ranges import Ranges
from netaudit.packets.host.container_routes import ContainerRoutes
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.chain import Chains
from netaudit.packets.symbolic.decision import Decision
from netaudit.packets.symbolic.encoders import Encoders
from netaudit.packets.symbolic.host_sets import LOOPBACK, LOOPBACK_NET, TRANSLATED, Translated
from netaudit.packets.symbolic.martians import not_forwarded, of_the_link, wrong_loopback, wrong_source
from netaudit.packets.symbolic.reply.traversal import ReplyTraversal

_DESTINATION = frozenset({Hook.PREROUTING, Hook.OUTPUT})  # where nat writes destinations; else sources


class Traversal:
    """The ways of packets through a host. `local` and `forwarded` hold what arrived, with what decided it last."""

    def __init__(self, encoders: Encoders) -> None:
        self.chains, self.world = Chains(encoders), encoders.world
        self.local = self.forwarded = self._none = exactly(self.world.space.nothing)

    @cached_property
    def dropped(self) -> Bounds:
        """Return all that was dropped on the way, with what decided it; to be asked for when all is done."""
        return self.chains.dropped()

    def follow_answers(self, asked: PacketSet, known: Mapping[ContainerRoutes, Ranges]) -> None:
        """Keep of what arrived that whose answer comes back, and of what was forwarded only what is asked about.

        What stops the answers of the others is a drop like any other.
        `known`: see netaudit.packets.host.container_routes.
        """
        passed, home = self.forwarded & exactly(asked), self.local
        self.forwarded = self.local = self._none
        for answers in (
            ReplyTraversal(self.chains, known, tracked=True),
            ReplyTraversal(self.chains, known, tracked=False),
        ):
            self.forwarded |= answers.to_forwarded(passed)
            self.local |= answers.to_local(home)

    def from_wire(self, packets: PacketSet) -> None:
        """Lead new packets in by their IIF."""
        self._routed_in(self._hook(Hook.PREROUTING, self._received(exactly(packets))))

    def _received(self, packets: Bounds) -> Bounds:
        """Drop what comes from or to ::1 before any rule sees it (ipv6_rcv() in net/ipv6/ip6_input.c)."""
        space, ranges = self.world.space, (LOOPBACK_NET["ip6"],)
        if self.world.family == "ip":
            return packets
        touched = space.in_ranges(Field.SADDR, ranges) | space.in_ranges(Field.DADDR, ranges)
        return self._refuse(packets, touched, "::1 does not come from outside")

    def from_host(self, packets: PacketSet) -> None:
        """Lead new packets of this host's programs out, by the routes to their destinations."""
        left = self._hook(Hook.OUTPUT, self._way_out(exactly(packets)))
        left = self._hook(Hook.POSTROUTING, self._way_out(left))
        home = exactly(self.world.at(Field.OIF, LOOPBACK))
        self.forwarded |= left - home
        self._come_back(left & home)

    def between_ports(self, packets: PacketSet) -> None:
        """Lead new packets from one port of the bridge that is their IIF to another."""
        seen = self._hook(Hook.PREROUTING, exactly(packets))
        new = exactly(self.world.translated(Translated.DESTINATION))
        self._routed_in(seen & new)
        self._forward((seen - new).changed(self._stays))

    def without(self, packets: PacketSet, some: PacketSet, decision: Decision) -> PacketSet:
        """Take out packets that do not even begin, by a decision."""
        self.chains.drop(decision, exactly(packets & some))
        return packets - some

    def past_ip(self, packets: PacketSet) -> None:
        """Let a bridge pass packets on without showing them to IP's hooks."""
        self.forwarded |= exactly(self._stays(packets))

    def between_ports_perhaps(self, packets: PacketSet) -> None:
        """Lead packets between ports where it is not known whether the bridge shows them to IP's hooks."""
        self.between_ports(packets)
        self.forwarded = Bounds(self.forwarded.sure, self.forwarded.possible | self._stays(packets))

    def _stays(self, packets: PacketSet) -> PacketSet:
        """Let packets leave by the bridge that they came in by."""
        space, world = self.world.space, self.world
        return space.union(
            space.rewrite.assign(packets & world.at(Field.IIF, name), Field.OIF, world.number[name])
            for name in world.interfaces
        )

    def _come_back(self, packets: Bounds) -> None:
        """Lead what the host sends to itself in by lo: its connection is known, so nat is not asked again."""
        space = self.world.space
        inside = packets.changed(lambda some: space.rewrite.assign(some, Field.IIF, self.world.number[LOOPBACK]))
        unset = [field for field in (Field.OIF, Field.SOCKET) if field in space.widths]  # nobody owns it any more
        for field in unset:
            inside = inside.changed(partial(space.rewrite.assign, field=field, value=0))
        for table, chain in self._at(Hook.PREROUTING):
            if chain.base and chain.base.kind != "nat":
                inside = self.chains.base(table, chain, inside, Hook.PREROUTING)
        self.local |= self._hook(Hook.INPUT, inside)

    def _routed_in(self, packets: Bounds) -> None:
        """Decide by the routes: to this host, through it, or nowhere."""
        world = self.world
        packets = self._refuse(
            packets, wrong_loopback(world, world), "127.0.0.0/8 does not come from outside (route_localnet)"
        )
        packets = self._refuse(
            packets, wrong_source(world, world), "its source is not behind this interface (rp_filter)"
        )
        here = exactly(world.local)
        self.local |= self._hook(Hook.INPUT, packets & here)
        passing = self._refuse(packets - here, not_forwarded(world, world), "the host does not forward")
        passing = self._refuse(passing, of_the_link(world, world), "a link-local sender is not forwarded")
        self._forward(self._way_out(passing))

    def _forward(self, packets: Bounds) -> None:
        self.forwarded |= self._hook(Hook.POSTROUTING, self._hook(Hook.FORWARD, packets))

    def _refuse(self, packets: Bounds, refused: PacketSet, reason: str) -> Bounds:
        """Drop what the kernel itself refuses."""
        self.chains.drop(Decision(None, reason), packets & exactly(refused))
        return packets - exactly(refused)

    def _way_out(self, packets: Bounds) -> Bounds:
        """Choose the outgoing interface by the present destination."""
        world, space = self.world, self.world.space
        ways = {name: world.destined(ranges) for name, ranges in world.ways.items() if name in world.number}
        ways[LOOPBACK] = ways.get(LOOPBACK, space.nothing) | world.local
        self._refuse(packets, space.everything - space.union(ways.values()), "there is no route")
        sets = [(world.number[name], way) for name, way in ways.items() if name in world.number]

        def routed(some: PacketSet) -> PacketSet:
            return space.union(space.rewrite.assign(some & way, Field.OIF, number) for number, way in sets)

        return packets.changed(routed)

    def _at(self, hook: Hook) -> Iterator[tuple[ReadTable, ReadChain]]:
        yield from self.chains.program.base_chains(hook, self.world.family)

    def _hook(self, hook: Hook, packets: Bounds) -> Bounds:
        """Lead packets through all base chains of a hook."""
        tracked = hook not in _DESTINATION
        for table, chain in self._at(hook):
            base = chain.base
            if base is None or not packets:
                continue
            if base.priority > CONNTRACK_PRIORITY and not tracked:
                packets, tracked = packets.changed(self._track), True
            if base.kind == "nat":
                packets = self._nat(table, chain, packets, hook)
            else:
                packets = self.chains.base(table, chain, packets, hook)
        return packets if tracked else packets.changed(self._track)

    def _track(self, packets: PacketSet) -> PacketSet:
        """Let connection tracking see packets: each is the first of its connection, unless a rule said notrack."""
        space = self.world.space
        untracked = packets & space.equal(Field.CT_STATE, CtState.UNTRACKED)
        return space.rewrite.assign(packets - untracked, Field.CT_STATE, CtState.NEW) | untracked

    def _nat(self, table: ReadTable, chain: ReadChain, packets: Bounds, hook: Hook) -> Bounds:
        """Ask a nat chain about what has a connection, and was not translated at this hook before."""
        space = self.world.space
        bit = Translated.DESTINATION if hook in _DESTINATION else Translated.SOURCE
        done = exactly(space.masked(TRANSLATED, bit, bit) | space.equal(Field.CT_STATE, CtState.UNTRACKED))
        return packets & done | self.chains.base(table, chain, packets - done, hook)
