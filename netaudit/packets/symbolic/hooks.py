"""What happens to sets of packets at one hook, in the order of priorities: base chains, connection tracking, NAT."""

from collections.abc import Iterator

from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.netfilter.program import CONNTRACK_PRIORITY, Hook, ReadChain, ReadTable
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.chain import FirstPacketChains
from netaudit.packets.symbolic.encoding.host_sets import TRANSLATED, Translated

_DESTINATION = frozenset({Hook.PREROUTING, Hook.OUTPUT})  # where nat writes destinations; else sources


class Hooks:
    """Leads the first packets of connections through hooks."""

    def __init__(self, chains: FirstPacketChains) -> None:
        self._chains, self._world = chains, chains.world

    def meet(self, hook: Hook, packets: Bounds) -> Bounds:
        """Lead packets through all base chains of a hook; return what goes on."""
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
                packets = self._chains.base(table, chain, packets, hook)
        return packets if tracked else packets.changed(self._track)

    def looped(self, packets: Bounds) -> Bounds:
        """Lead what comes back in by lo through prerouting: its connection is known, so nat is not asked again."""
        for table, chain in self._at(Hook.PREROUTING):
            if chain.base and chain.base.kind != "nat":
                packets = self._chains.base(table, chain, packets, Hook.PREROUTING)
        return packets

    def _at(self, hook: Hook) -> Iterator[tuple[ReadTable, ReadChain]]:
        yield from self._chains.program.base_chains(hook, self._world.family)

    def _track(self, packets: PacketSet) -> PacketSet:
        """Let connection tracking see packets: each is the first of its connection, unless a rule said notrack."""
        space = self._world.space
        untracked = packets & space.equal(Field.CT_STATE, CtState.UNTRACKED)
        return space.rewrite.assign(packets - untracked, Field.CT_STATE, CtState.NEW) | untracked

    def _nat(self, table: ReadTable, chain: ReadChain, packets: Bounds, hook: Hook) -> Bounds:
        """Ask a nat chain about what has a connection, and was not translated at this hook before."""
        space = self._world.space
        bit = Translated.DESTINATION if hook in _DESTINATION else Translated.SOURCE
        done = exactly(space.masked(TRANSLATED, bit, bit) | space.equal(Field.CT_STATE, CtState.UNTRACKED))
        return packets & done | self._chains.base(table, chain, packets - done, hook)
