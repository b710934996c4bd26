"""Sets of packets through the tables of bridges (netaudit.model.netfilter.bridges), where they pass one."""

from collections.abc import Sequence
from functools import partial

from netaudit.model.netfilter.bridges import BETWEEN_PORTS, FROM_HOST, LED_BACK, TO_HOST
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import Hook
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.chain import FirstPacketChains
from netaudit.packets.symbolic.forwarding import Forwarding


class Bridges:
    """Leads the first packets of connections through the chains of bridges."""

    def __init__(self, chains: FirstPacketChains, routes: Forwarding) -> None:
        self._chains, self._routes, self._world = chains, routes, chains.world

    def between(self, packets: PacketSet) -> Bounds:
        """Lead packets through the tables of the bridge between whose ports they pass."""
        passed = self._meet(BETWEEN_PORTS, exactly(self._routes.stays(packets)))
        return passed.changed(partial(self._world.space.rewrite.assign, field=Field.OIF, value=0))

    def to_host(self, packets: Bounds) -> Bounds:
        """Lead packets through the tables of the bridges by which they come to this host."""
        here = exactly(self._at(Field.IIF))
        return packets - here | self._meet(TO_HOST, packets & here)

    def leave(self, packets: Bounds) -> Bounds:
        """Lead packets through the tables of the bridges by which they leave, sent by this host or led back there."""
        here, back = exactly(self._at(Field.OIF)), exactly(self._turned)
        led = self._meet(LED_BACK, packets & here & back)
        return packets - here | self._meet(FROM_HOST, packets & here - back) | led

    @property
    def _turned(self) -> PacketSet:
        """Return what bridges pass to another port, for NAT has given it a new receiver there, and they see that."""
        world = self._world
        if not world.routing.sysctls.filters_bridged():
            return world.space.nothing
        bridges = world.ranges.bridges
        return world.led & world.space.union(world.at(Field.IIF, one) & world.at(Field.OIF, one) for one in bridges)

    def _at(self, field: Field) -> PacketSet:
        return self._world.space.union(self._world.at(field, one) for one in self._world.ranges.bridges)

    def _meet(self, hooks: Sequence[Hook], packets: Bounds) -> Bounds:
        for hook in hooks:
            for table, chain in self._chains.program.base_chains(hook, Family.BRIDGE):
                packets = self._chains.base(table, chain, packets, hook) if packets else packets
        return packets
