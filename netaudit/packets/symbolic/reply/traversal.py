"""Answers to sets of packets that arrived, through the hooks: which of them come back to who sent the first packet.

from a wire      prerouting, routing, then input, or forward and postrouting
from here        output, postrouting; what is for this host comes back in by lo: prerouting, input
between ports    of one bridge, where sender and receiver are on it: as IP where br_netfilter shows them, else past it

A connection is known by its first packet, so no nat chain is asked, and addresses are translated back.
"""

from collections.abc import Callable, Mapping

from netaudit.model.match import CtState, Field
from netaudit.model.program import CONNTRACK_PRIORITY, DESTINATION_NAT_PRIORITY, SOURCE_NAT_PRIORITY, Hook
from netaudit.model.ranges import Ranges
from netaudit.packets.host.container_routes import ContainerRoutes
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.chain import Chains
from netaudit.packets.symbolic.host_sets import DECISION, LOOPBACK, HostSets, Translated
from netaudit.packets.symbolic.reply.chain import ReplyChains
from netaudit.packets.symbolic.reply.fields import ARRIVING, ReplyPosition, ReplyTranslation, Side
from netaudit.packets.symbolic.reply.forwarding import ReplyForwarding
from netaudit.packets.values.probe import PROTOCOLS

_PASSING = ReplyPosition(Side.THERE, Side.ROUTED, ReplyTranslation.DESTINATION)
_SENT = ReplyPosition(Side.NONE, Side.SENT, ReplyTranslation.NEITHER, own=True)
_BRIDGED = ReplyPosition(Side.THERE, Side.THERE, ReplyTranslation.DESTINATION)
_OWN = ReplyPosition(Side.NONE, Side.ROUTED, ReplyTranslation.DESTINATION, own=True)
_WRITTEN = (Field.MARK, Field.CT_MARK, Field.CT_STATE, DECISION)  # what an answer has of its own


class ReplyTraversal:
    """Leads answers back; `tracked` says whether connection tracking knows the packets that are answered."""

    def __init__(self, chains: Chains, known: Mapping[ContainerRoutes, Ranges], *, tracked: bool) -> None:
        self._chains, self._tracked = ReplyChains(chains), tracked
        self._routes = ReplyForwarding(self._chains, known)
        self._world: HostSets = chains.world
        self._space = chains.world.space
        self._written = tuple(field for field in _WRITTEN if field in self._space.widths)

    def to_forwarded(self, arrived: Bounds) -> Bounds:
        """Give what was forwarded, and whose answer comes back."""
        return self._kept(arrived, self._from_wire)

    def to_local(self, arrived: Bounds) -> Bounds:
        """Give what this host took, and whose answer comes back."""
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
        """Make answers of packets: without a mark, and of no connection until connection tracking sees them."""
        space = self._space
        packets = space.rewrite.forget(packets, *(field for field in self._written if field != Field.CT_MARK))
        begin = {Field.MARK: 0, Field.CT_STATE: int(CtState.INVALID)}
        for field, value in begin.items():
            packets = packets & space.equal(field, value) if field in self._written else packets
        return packets

    def _from_wire(self, packets: Bounds) -> Bounds:
        """Lead in what comes from where the first packets went."""
        packets = self._routes.by_homes(packets)
        near, filtered = exactly(self._routes.on_one_bridge), self._world.routing.sysctls.filters_bridged()
        bridged = packets & near
        seen = self._hook(Hook.PREROUTING, packets - near if filtered is False else packets, ARRIVING)
        home, passing = self._routed(seen - near)
        forwarded = self._forwarded(passing, _PASSING) | self._forwarded(seen & near, _BRIDGED)
        if filtered:
            return home | forwarded
        return home | forwarded - near | self._past_ip(bridged, forwarded & near, filtered)

    def _forwarded(self, packets: Bounds, place: ReplyPosition) -> Bounds:
        return self._hook(Hook.POSTROUTING, self._hook(Hook.FORWARD, packets, place), place)

    def _past_ip(self, bridged: Bounds, filtered: Bounds, known: bool | None) -> Bounds:  # noqa: FBT001 (of three)
        """Pass between two ports of a bridge, past IP's hooks, where nothing is translated back."""
        everything = self._space.everything
        past = self._routes.unlike(bridged, everything, "it goes past the host, and is not translated back")
        if known is False:
            return past
        seen, past = filtered.changed(self._bare), past.changed(self._bare)
        return Bounds(past.sure & seen.sure, past.possible | seen.possible)

    def _from_host(self, packets: Bounds) -> Bounds:
        left = self._hook(Hook.OUTPUT, self._routes.way_back(self._routes.leaving(packets)), _SENT)
        left = self._hook(Hook.POSTROUTING, left, _OWN)
        home = exactly(self._home)
        return left - home | self._looped(left & home)

    def _looped(self, packets: Bounds) -> Bounds:
        """Lead what the host answers itself in by lo: its connection is known, and it is translated back."""
        for hook in (Hook.PREROUTING, Hook.INPUT):
            packets = self._through(
                hook, packets, lambda _: ReplyPosition(Side.LOOPBACK, Side.NONE, ReplyTranslation.BOTH)
            )
        return packets

    def _routed(self, packets: Bounds) -> tuple[Bounds, Bounds]:
        """Decide by the routes: gives what this host takes, and what it passes on."""
        routes, home = self._routes, exactly(self._home)
        packets = routes.believed(packets)
        passing = routes.way_back(routes.forwarded(packets - home))
        return self._hook(Hook.INPUT, packets & home, ARRIVING), passing

    @property
    def _home(self) -> PacketSet:
        """Return the packets of this host itself: their answers are for it."""
        return self._space.in_ranges(Field.SADDR, self._world.ways_out[LOOPBACK])

    def _hook(self, hook: Hook, packets: Bounds, place: ReplyPosition) -> Bounds:
        """Lead answers through a hook, at which they are translated back by one stage."""
        after = {Hook.FORWARD: place.stage, Hook.POSTROUTING: ReplyTranslation.BOTH, Hook.INPUT: ReplyTranslation.BOTH}
        later = after.get(hook, ReplyTranslation.DESTINATION)
        before = ReplyTranslation(max(later - 1, 0)) if hook is not Hook.FORWARD else later
        priority = DESTINATION_NAT_PRIORITY if later is ReplyTranslation.DESTINATION else SOURCE_NAT_PRIORITY

        def at(order: int) -> ReplyPosition:
            return place._replace(stage=self._stage(packets, later if order >= priority else before))

        tracks = hook in (Hook.PREROUTING, Hook.OUTPUT)
        return self._through(hook, packets, at, tracks=tracks)

    def _stage(self, packets: Bounds, stage: ReplyTranslation) -> ReplyTranslation:
        """Pass over a stage that makes no difference: what it leaves open need not be asked."""
        changed = stage is ReplyTranslation.NEITHER and packets.possible & self._world.translated(Translated.SOURCE)
        return stage if changed else ReplyTranslation(max(stage, ReplyTranslation.DESTINATION))

    def _through(
        self, hook: Hook, packets: Bounds, at: Callable[[int], ReplyPosition], *, tracks: bool = False
    ) -> Bounds:
        """Lead answers through the base chains of a hook, in the order of their priorities."""
        for table, chain in self._chains.program.base_chains(hook, self._world.family):
            base = chain.base
            if base is None or not packets:
                continue
            if tracks and base.priority > CONNTRACK_PRIORITY:
                packets, tracks = self._track(packets), False
            if base.kind != "nat":
                self._chains.place = at(base.priority)._replace(fresh=not self._tracked)
                packets = self._chains.base(table, chain, packets, hook)
        return self._track(packets) if tracks else packets

    def _track(self, packets: Bounds) -> Bounds:
        """Let connection tracking see answers: without it nothing is translated back."""
        space = self._space
        untracked = exactly(space.equal(Field.CT_STATE, CtState.UNTRACKED))
        if self._tracked:
            packets = self._routes.unlike(packets, untracked.sure, "untracked, it is not translated back")
            return packets & untracked | (packets - untracked).changed(
                lambda some: space.rewrite.assign(some, Field.CT_STATE, CtState.ESTABLISHED)
            )
        begins = exactly(space.equal(Field.PROTOCOL, PROTOCOLS["udp"])) - untracked
        return packets - begins | self._begun(packets & begins)

    def _begun(self, packets: Bounds) -> Bounds:
        """Let answers begin a connection of their own, which NAT rules may translate."""
        new = packets.changed(lambda some: self._space.rewrite.assign(some, Field.CT_STATE, CtState.NEW))
        if not new or not self._translates:
            return new
        self._chains.doubt(self._chains.decision(None, "of no connection, it may be translated"), new.doubted())
        return new.doubted()

    @property
    def _translates(self) -> bool:
        chains = [one for table in self._chains.program.tables for one in table.chains.values()]
        return any(one.size for one in chains if one.base and one.base.kind == "nat")
