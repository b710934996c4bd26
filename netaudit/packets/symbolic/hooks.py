"""What happens to sets of packets at one hook, in the order of priorities: base chains, connection tracking, NAT."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.netfilter.program import CONNTRACK_PRIORITY, Hook, ReadChain, ReadTable, is_order_known
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.chain import FirstPacketChains
from netaudit.packets.symbolic.encoding.decision import Decision
from netaudit.packets.symbolic.encoding.host_sets import TRANSLATED, Translated

Placed = Sequence[tuple[ReadTable, ReadChain]]
_DESTINATION = frozenset({Hook.PREROUTING, Hook.OUTPUT})  # where nat writes destinations; else sources


class Hooks:
    """Leads the first packets of connections through hooks."""

    def __init__(self, chains: FirstPacketChains) -> None:
        self._chains, self._world = chains, chains.world

    def meet(self, hook: Hook, packets: Bounds) -> Bounds:
        """Lead packets through all base chains of a hook; return what goes on."""
        tracked = hook not in _DESTINATION
        for base, group in groupby(self._at(hook), key=lambda pair: pair[1].base):
            if base is None or not packets:
                continue
            if base.priority > CONNTRACK_PRIORITY and not tracked:
                packets, tracked = packets.changed(self._track), True
            packets = self._of_one_priority(base.kind, list(group), packets, hook)
        return packets if tracked else packets.changed(self._track)

    def _of_one_priority(self, kind: str, chains: Placed, packets: Bounds, hook: Hook) -> Bounds:
        """Lead packets through base chains of one kind and priority; of nat, the first that translates decides."""
        if kind != "nat":
            for table, chain in chains:
                packets = self._chains.base(table, chain, packets, hook)
            return packets
        asked = [(table, chain) for table, chain in chains if chain.rules or chain.policy == "drop"]
        found = self._in_order(asked, packets, hook)
        if is_order_known([(table, chain) for table, chain in asked if chain.rules]):
            return found
        other = self._in_order(asked[::-1], packets, hook)
        sure, possible = found.sure & other.sure, found.possible | other.possible
        if sure == possible:
            return found
        reason = make_reason(ReasonKind.NAT_CHAINS_OF_ONE_PRIORITY, hook=hook)
        self._chains.doubt(Decision(None, reason), Bounds(sure, possible))
        return Bounds(sure, possible)

    def _in_order(self, chains: Placed, packets: Bounds, hook: Hook) -> Bounds:
        for table, chain in chains:
            packets = self._nat(table, chain, packets, hook)
        return packets

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
