"""Sets of packets through the hooks, as one packet goes through them: netaudit.model.netfilter.program has their order.

from a wire      prerouting, routing, then input, or forward and postrouting
from here        routing, output, routing again, postrouting; what is for this host comes back in by lo
between ports    of one bridge: prerouting, forward, postrouting, where br_netfilter shows them to IP at all
"""

from collections.abc import Mapping
from functools import cached_property, partial

from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import Hook
from netaudit.model.ranges import Ranges
from netaudit.packets.host.container_routes import ContainerRoutes
from netaudit.packets.host.route_ranges import LOOPBACK
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.bridges import Bridges
from netaudit.packets.symbolic.chain import FirstPacketChains
from netaudit.packets.symbolic.encoders import Encoders
from netaudit.packets.symbolic.encoding.decision import Decision
from netaudit.packets.symbolic.encoding.host_sets import HostSets, Translated
from netaudit.packets.symbolic.forwarding import Forwarding
from netaudit.packets.symbolic.hooks import Hooks
from netaudit.packets.symbolic.later import LaterPackets, tells_apart
from netaudit.packets.symbolic.reply.traversal import ReplyTraversal


class Traversal:
    """The ways of packets through a host. `local` and `forwarded` hold what arrived, with what decided it last."""

    def __init__(self, encoders: Encoders) -> None:
        self.chains, self.world = FirstPacketChains(encoders), encoders.world
        self._hooks, self._routes = Hooks(self.chains), Forwarding(self.chains)
        self._bridges = Bridges(self.chains, self._routes)
        self.local = self.forwarded = self._none = exactly(self.world.space.nothing)
        self._seen = self.world.space.everything  # by IP's hooks
        self.stopped_later = self.world.space.nothing  # of what arrived: what follows it

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
        if tells_apart(self.chains.program, self.world):
            self._follow_later()

    def _follow_later(self) -> None:
        """Keep of what arrived that whose later packets arrive too; what a bridge passes past IP meets no rule."""
        later = LaterPackets(self.chains)
        seen, past = self.forwarded & exactly(self._seen), self.forwarded - exactly(self._seen)
        self.forwarded, self.local = later.to_forwarded(seen) | past, later.to_local(self.local)
        stopped, self.stopped_later = later.stopped()
        self.chains.drops.append(stopped)

    def from_wire(self, packets: PacketSet) -> None:
        """Lead new packets in by their IIF."""
        self._routed_in(
            self._hooks.meet(Hook.PREROUTING, self._bridges.to_host(self._routes.received(exactly(packets))))
        )

    def from_host(self, packets: PacketSet) -> None:
        """Lead new packets of this host's programs out, by the routes to their destinations."""
        left = self._hooks.meet(Hook.OUTPUT, self._routes.way_out(exactly(packets)))
        left = self._hooks.meet(Hook.POSTROUTING, self._routes.way_out(left))
        home = exactly(self.world.at(Field.OIF, LOOPBACK))
        self.forwarded |= self._bridges.leave(left - home)
        self.local |= self._hooks.meet(Hook.INPUT, self._hooks.looped(_come_back(self.world, left & home)))

    def between_ports(self, packets: PacketSet) -> None:
        """Lead new packets from one port of the bridge that is their IIF to another, by IP's hooks and past them."""
        passed, filtered = self._bridges.between(packets), self.world.routing.sysctls.filters_bridged()
        if filtered is not False:
            self._through_ip(passed)
        if not filtered:
            past = passed.changed(self._routes.stays)
            self._seen = self.world.space.nothing
            known = self.forwarded | past
            self.forwarded = known if filtered is False else Bounds(self.forwarded.sure, known.possible)

    def _through_ip(self, packets: Bounds) -> None:
        """Show what passes a bridge to IP's hooks."""
        seen = self._hooks.meet(Hook.PREROUTING, packets)
        new = exactly(self.world.translated(Translated.DESTINATION))
        self._routed_in(seen & new)
        self.forwarded |= _passed(self._hooks, (seen - new).changed(self._routes.stays))

    def heard(self, packets: PacketSet) -> None:
        """Lead in what is for this host, whatever its address."""
        come = self._bridges.to_host(exactly(packets))
        self.local |= self._hooks.meet(Hook.INPUT, self._hooks.meet(Hook.PREROUTING, come))

    def lose(self, some: PacketSet, decision: Decision) -> None:
        """Drop packets that are about to leave."""
        self.chains.drop(decision, self.forwarded & exactly(some))
        self.forwarded -= exactly(some)

    def _routed_in(self, packets: Bounds) -> None:
        """Decide by the routes: to this host, through it, or nowhere."""
        packets, here = self._routes.believed(packets), self._routes.here()
        self.local |= self._hooks.meet(Hook.INPUT, packets & here)
        self._forward(self._routes.passing(packets - here))

    def _forward(self, packets: Bounds) -> None:
        self.forwarded |= self._bridges.leave(_passed(self._hooks, packets))


def _passed(hooks: Hooks, packets: Bounds) -> Bounds:
    """Lead packets through the hooks of what goes through this host."""
    return hooks.meet(Hook.POSTROUTING, hooks.meet(Hook.FORWARD, packets))


def _come_back(world: HostSets, packets: Bounds) -> Bounds:
    """Let what the host sends to itself come in by lo."""
    space = world.space
    inside = packets.changed(lambda some: space.rewrite.assign(some, Field.IIF, world.number[LOOPBACK]))
    unset = [field for field in (Field.OIF, Field.SOCKET) if field in space.widths]  # nobody owns it any more
    for field in unset:
        inside = inside.changed(partial(space.rewrite.assign, field=field, value=0))
    return inside
