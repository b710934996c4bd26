"""Answers through the tables of bridges (netaudit.model.netfilter.bridges), where they pass one."""

from collections.abc import Sequence

from netaudit.model.netfilter.bridges import BETWEEN_PORTS, FROM_HOST, LED_BACK, TO_HOST
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import Hook
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.encoding.host_sets import Translated
from netaudit.packets.symbolic.reply.chain import ReplyChains
from netaudit.packets.symbolic.reply.fields import ARRIVING, ReplyPosition, ReplyTranslation, Side


class ReplyBridges:
    """Leads answers through the chains of bridges; `tracked`: connection tracking knows what is answered."""

    def __init__(self, chains: ReplyChains, *, tracked: bool) -> None:
        self._chains, self._tracked, self._world = chains, tracked, chains.world

    def come(self, packets: Bounds, near: PacketSet, between: ReplyPosition) -> Bounds:
        """Lead answers on from the bridge by which they come: to another port of it where they are near, or here."""
        packets = self._meet(BETWEEN_PORTS, packets, between, near)
        bridges = (self._world.at(Field.OIF, one) for one in self._world.ranges.bridges)
        return self._meet(TO_HOST, packets, ARRIVING, self._world.space.union(bridges) - near)

    def leave(self, packets: Bounds, place: ReplyPosition) -> Bounds:
        """Lead answers through the tables of the bridge by which they leave, sent by this host or led back there."""
        bridges, union = self._world.ranges.bridges, self._world.space.union
        back = union(self._world.back_by(one) for one in bridges)
        same = union(self._world.back_by(one) & self._world.at(Field.OIF, one) for one in bridges)
        seen = place.came is Side.THERE and self._world.routing.sysctls.filters_bridged()
        led = same & self._world.translated(Translated.SOURCE) if seen else self._world.space.nothing
        left = place._replace(stage=ReplyTranslation.BOTH)
        packets = self._meet(LED_BACK, packets, left, led)
        return self._meet(FROM_HOST, packets, left._replace(came=Side.NONE), back - led)

    def _meet(self, hooks: Sequence[Hook], packets: Bounds, place: ReplyPosition, passing: PacketSet) -> Bounds:
        asked, rest = packets & exactly(passing), packets - exactly(passing)
        for hook in hooks:
            position = place._replace(fresh=not self._tracked, bridge=hook)
            for table, chain in self._chains.program.base_chains(hook, Family.BRIDGE):
                asked = self._chains.base(table, chain, asked, hook, position) if asked else asked
        return rest | asked
