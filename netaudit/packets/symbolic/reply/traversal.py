"""Answers to sets of packets that arrived, through the hooks: which of them come back to who sent the first packet.

from a wire      prerouting, routing, then input, or forward and postrouting
from here        output, postrouting; what is for this host comes back in by lo: prerouting, input
between ports    of one bridge, where sender and receiver are on it: as IP where br_netfilter shows them, else past it

A connection is known by its first packet, so no nat chain is asked, and addresses are translated back.
"""

from collections.abc import Callable, Mapping

from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.netfilter.program import Hook
from netaudit.model.ranges import Ranges
from netaudit.model.reason import ReasonKind
from netaudit.packets.host.container_routes import ContainerRoutes
from netaudit.packets.host.route_ranges import LOOPBACK
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.chain import Chains
from netaudit.packets.symbolic.encoding.host_sets import BACK, DECISION, HostSets
from netaudit.packets.symbolic.reply.bridges import ReplyBridges
from netaudit.packets.symbolic.reply.chain import ReplyChains
from netaudit.packets.symbolic.reply.fields import ARRIVING, ReplyPosition, ReplyTranslation, Side
from netaudit.packets.symbolic.reply.forwarding import ReplyForwarding
from netaudit.packets.symbolic.reply.hooks import ReplyHooks

_PASSING = ReplyPosition(Side.THERE, Side.ROUTED, ReplyTranslation.DESTINATION)
_SENT = ReplyPosition(Side.NONE, Side.SENT, ReplyTranslation.NEITHER, own=True)
_BRIDGED = ReplyPosition(Side.THERE, Side.THERE, ReplyTranslation.DESTINATION)
_OWN = ReplyPosition(Side.NONE, Side.ROUTED, ReplyTranslation.DESTINATION, own=True)
_SENDING, _ROUTING = _SENT._replace(leaves=Side.NONE), _PASSING._replace(leaves=Side.NONE)  # before there is a way
_WRITTEN = (Field.MARK, Field.CT_MARK, Field.CT_STATE, DECISION, BACK)  # what an answer has of its own


class ReplyTraversal:
    """Leads answers back; `tracked` says whether connection tracking knows the packets that are answered."""

    def __init__(self, chains: Chains, known: Mapping[ContainerRoutes, Ranges], *, tracked: bool) -> None:
        replies, self._tracked = ReplyChains(chains), tracked
        self._routes = ReplyForwarding(replies, known)
        self._hooks = ReplyHooks(replies, self._routes, tracked=tracked)
        self._bridges = ReplyBridges(replies, tracked=tracked)
        self._world: HostSets = chains.world
        self._space = chains.world.space
        self._written = tuple(field for field in _WRITTEN if field in self._space.widths)

    def to_forwarded(self, arrived: Bounds) -> Bounds:
        """Return what was forwarded, and whose answer comes back."""
        return self._kept(arrived, self._from_wire)

    def to_local(self, arrived: Bounds) -> Bounds:
        """Return what this host took, and whose answer comes back."""
        return self._kept(arrived, self._from_host)

    def _kept(self, arrived: Bounds, lead: Callable[[Bounds], Bounds]) -> Bounds:
        known = exactly(self._space.equal(Field.CT_STATE, CtState.UNTRACKED))
        mine = arrived - known if self._tracked else arrived & known
        if not mine:
            return mine
        back = lead(mine.changed(self._fresh))
        return mine & back.changed(self._bare)

    def _bare(self, packets: PacketSet) -> PacketSet:
        """Forget what answers have of their own."""
        return self._space.rewrite.forget(packets, *self._written, Field.OIF)

    def _fresh(self, packets: PacketSet) -> PacketSet:
        """Make answers of packets: without a mark, and without a connection until connection tracking sees them."""
        space = self._space
        packets = space.rewrite.forget(packets, *(field for field in self._written if field != Field.CT_MARK))
        begin = {Field.MARK: 0, Field.CT_STATE: int(CtState.INVALID)}
        for field, value in begin.items():
            packets = packets & space.equal(field, value) if field in self._written else packets
        return packets

    def _from_wire(self, packets: Bounds) -> Bounds:
        """Lead in what comes from where the first packets went."""
        near, filtered = exactly(self._routes.on_one_bridge), self._world.routing.sysctls.filters_bridged()
        packets = self._bridges.come(self._routes.by_homes(packets), near.sure, _BRIDGED)
        bridged = packets & near
        seen = self._hooks.meet(Hook.PREROUTING, packets - near if filtered is False else packets, ARRIVING)
        home, passing = self._routed(seen - near)
        forwarded = self._bridges.leave(self._forwarded(passing, _PASSING), _PASSING)
        forwarded |= self._forwarded(seen & near, _BRIDGED)
        if filtered:
            return home | forwarded
        return home | forwarded - near | self._past_ip(bridged, forwarded & near, filtered)

    def _forwarded(self, packets: Bounds, place: ReplyPosition) -> Bounds:
        return self._hooks.meet(Hook.POSTROUTING, self._hooks.meet(Hook.FORWARD, packets, place), place)

    def _past_ip(self, bridged: Bounds, filtered: Bounds, known: bool | None) -> Bounds:  # noqa: FBT001 (of three)
        """Pass between two ports of a bridge, past IP's hooks, where nothing is translated back."""
        everything = self._space.everything
        past = self._routes.unlike(bridged, everything, ReasonKind.ANSWER_PAST_HOST)
        if known is False:
            return past
        seen, past = filtered.changed(self._bare), past.changed(self._bare)
        return Bounds(past.sure & seen.sure, past.possible | seen.possible)

    def _from_host(self, packets: Bounds) -> Bounds:
        routes, packets = self._routes, self._routes.leaving(packets)
        if self._world.ranges.policy.steps:  # a mark that output sets routes it again
            left = self._hooks.meet(Hook.OUTPUT, routes.chosen(packets, _SENDING), _SENT)
            left = routes.way_back(left, _SENDING)
        else:
            left = self._hooks.meet(Hook.OUTPUT, routes.way_back(packets, _SENDING), _SENT)
        left = self._hooks.meet(Hook.POSTROUTING, left, _OWN)
        home = exactly(self._home)
        return self._bridges.leave(left - home, _OWN) | self._hooks.looped(left & home)

    def _routed(self, packets: Bounds) -> tuple[Bounds, Bounds]:
        """Decide by the routes: gives what this host takes, and what it passes on."""
        routes, home = self._routes, exactly(self._home)
        packets = routes.believed(packets)
        passing = routes.way_back(routes.forwarded(packets - home), _ROUTING)
        return self._hooks.meet(Hook.INPUT, packets & home, ARRIVING), passing

    @property
    def _home(self) -> PacketSet:
        """Return the packets of this host itself: their answers are for it."""
        return self._space.in_ranges(Field.SADDR, self._world.ranges.ways_out[LOOPBACK])
