"""All that happens to answers at one hook: base chains, connection tracking, and the translation back."""

from collections.abc import Callable

from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.netfilter.program import CONNTRACK_PRIORITY, DESTINATION_NAT_PRIORITY, SOURCE_NAT_PRIORITY, Hook
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.encoding.host_sets import Translated
from netaudit.packets.symbolic.reply.chain import ReplyChains
from netaudit.packets.symbolic.reply.fields import ReplyPosition, ReplyTranslation, Side
from netaudit.packets.symbolic.reply.forwarding import ReplyForwarding
from netaudit.packets.values.probe import PROTOCOLS

_LOOPED = ReplyPosition(Side.LOOPBACK, Side.NONE, ReplyTranslation.BOTH)


class ReplyHooks:
    """Leads answers through hooks; `tracked`: connection tracking knows the packets that are answered."""

    def __init__(self, chains: ReplyChains, routes: ReplyForwarding, *, tracked: bool) -> None:
        self._chains, self._routes, self._tracked = chains, routes, tracked
        self._world, self._space = chains.world, chains.world.space

    def meet(self, hook: Hook, packets: Bounds, place: ReplyPosition) -> Bounds:
        """Lead answers through a hook, at which they are translated back by one stage."""
        after = {Hook.FORWARD: place.stage, Hook.POSTROUTING: ReplyTranslation.BOTH, Hook.INPUT: ReplyTranslation.BOTH}
        later = after.get(hook, ReplyTranslation.DESTINATION)
        before = ReplyTranslation(max(later - 1, 0)) if hook is not Hook.FORWARD else later
        priority = DESTINATION_NAT_PRIORITY if later is ReplyTranslation.DESTINATION else SOURCE_NAT_PRIORITY

        def at(order: int) -> ReplyPosition:
            stage = self._stage(packets, later if order >= priority else before)
            return place._replace(stage=stage, last=hook is Hook.POSTROUTING and place.came is Side.THERE)

        tracks = hook in (Hook.PREROUTING, Hook.OUTPUT)
        return self._through(hook, packets, at, tracks=tracks)

    def looped(self, packets: Bounds) -> Bounds:
        """Lead in by lo what the host answers itself: its connection is known, and it is translated back."""
        for hook in (Hook.PREROUTING, Hook.INPUT):
            packets = self._through(hook, packets, lambda _: _LOOPED)
        return packets

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
                position = at(base.priority)._replace(fresh=not self._tracked)
                packets = self._chains.base(table, chain, packets, hook, position)
        return self._track(packets) if tracks else packets

    def _track(self, packets: Bounds) -> Bounds:
        """Let connection tracking see answers: without it nothing is translated back."""
        space = self._space
        untracked = exactly(space.equal(Field.CT_STATE, CtState.UNTRACKED))
        if self._tracked:
            packets = self._routes.unlike(packets, untracked.sure, ReasonKind.ANSWER_UNTRACKED)
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
        reason = make_reason(ReasonKind.ANSWER_MAY_BE_TRANSLATED)
        self._chains.doubt(self._chains.decision(None, reason), new.doubted())
        return new.doubted()

    @property
    def _translates(self) -> bool:
        chains = [one for table in self._chains.program.tables for one in table.chains.values()]
        return any(one.size for one in chains if one.base and one.base.kind == "nat")
