"""Sets of packets through chains: what is accepted, what is dropped, and what comes out at the end."""

from collections.abc import Collection

import msgspec

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import Hook, ReadChain, ReadTable
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.netfilter.statement import Meaning
from netaudit.model.reason import Reason, ReasonKind, is_by_chance, make_reason
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.encoders import Encoders
from netaudit.packets.symbolic.encoding.decision import Decision, Decisions
from netaudit.packets.symbolic.encoding.doubts import why_unknown
from netaudit.packets.symbolic.encoding.statements import Rewriter
from netaudit.packets.symbolic.table_visit import Visit

_LASTING = frozenset({Field.PROTOCOL, Field.SADDR, Field.DADDR, Field.SPORT, Field.DPORT})  # nothing rewrites them
_FILTERING = frozenset({Hook.INPUT, Hook.FORWARD, Hook.OUTPUT})


class Doubt(msgspec.Struct, frozen=True):
    """Packets of which it cannot be told what a rule, or the kernel, makes of them."""

    decision: Decision
    packets: PacketSet

    @property
    def by_chance(self) -> bool:
        """Tell whether nothing but rate, count, chance or the time decides."""
        return self.decision.reason is not None and is_by_chance(self.decision.reason)


class Chains:
    """The chains of a program in a world; `drops` and `doubts` collect what becomes of packets, with what decided it.

    FirstPacketChains are for the first packets of connections, netaudit.packets.symbolic.reply.chain for answers.
    """

    def __init__(self, encoders: Encoders) -> None:
        self.program, self.world, self.encoders = encoders.program, encoders.world, encoders
        self.decisions, self.rewriter = Decisions(self.world), Rewriter(self.world)
        self.drops: list[Bounds] = []
        self.doubts: list[Doubt] = []

    def through(self, visit: Visit, chain: ReadChain, packets: Bounds) -> Bounds:
        """Lead packets through a base chain; return what is accepted."""
        ends = visit.chain(chain, packets)
        rest = ends.left | ends.on
        policy = self.decision(chain.policy_item)
        if chain.policy == "drop":
            self.drop(policy, rest)
            return ends.accepted
        return ends.accepted | (self.decisions.by_default(policy, rest) if visit.decides else rest)

    def decision(self, rule: Item | None, reason: Reason | None = None) -> Decision:
        """Make the decision of a rule or of the kernel."""
        return Decision(rule, reason)

    def why_unknown(self, meaning: Meaning, fields: Collection[Field] = ()) -> Reason:
        """Return what of a rule cannot be decided; `fields` are not known of all packets."""
        return why_unknown(meaning, fields)

    def doubt(self, decision: Decision, packets: Bounds) -> None:
        """Remember of which packets a decision leaves it open what becomes."""
        self.doubts.append(Doubt(decision, packets.possible - packets.sure))

    def reason_for(self, packets: PacketSet) -> Decision | None:
        """Name the first rule that leaves open what becomes of some packet of a set."""
        asked = self._lasting(packets)
        found = [doubt for doubt in self.doubts if self._lasting(doubt.packets) & asked]
        return next((doubt.decision for doubt in sorted(found, key=lambda one: one.by_chance)), None)

    def limited(self, packets: PacketSet) -> tuple[PacketSet, tuple[Item, ...]]:
        """Return the packets of a set that arrive or not by chance alone, and the rules that it is the chance of."""
        space = self.world.space
        unknown = space.union(self._lasting(one.packets) for one in self.doubts if not one.by_chance)
        left = packets - unknown
        chances = [(one.decision.rule, self._lasting(one.packets)) for one in self.doubts if one.by_chance]
        touching = [(rule, some) for rule, some in chances if some & left]
        rules = dict.fromkeys(rule for rule, _ in touching if rule)
        return left & space.union(some for _, some in touching), tuple(rules)

    def _lasting(self, packets: PacketSet) -> PacketSet:
        """Forget all of packets but what nothing rewrites."""
        space = self.world.space
        return space.rewrite.forget(packets, *(field for field in space.widths if field not in _LASTING))

    def drop(self, decision: Decision, packets: Bounds) -> None:
        """Drop packets."""
        if packets:
            self.drops.append(self.decisions.by(decision, packets))

    def refuse(self, packets: Bounds, refused: PacketSet, kind: ReasonKind) -> Bounds:
        """Drop what the kernel itself refuses; return the rest."""
        some = packets & exactly(refused)
        if not some:
            return packets
        self.drop(self.decision(None, make_reason(kind)), some)
        return packets - exactly(refused)

    def dropped(self) -> Bounds:
        """Return all that was dropped, with what decided it."""
        union = self.world.space.union
        sure = union(drop.sure for drop in self.drops)
        if all(drop.exact for drop in self.drops):
            return exactly(sure)
        return Bounds(sure, union(drop.possible for drop in self.drops))


class FirstPacketChains(Chains):
    """Leads the first packets of connections through chains."""

    def base(self, table: ReadTable, chain: ReadChain, packets: Bounds, hook: Hook) -> Bounds:
        """Lead packets through a base chain; return what is accepted."""
        encoder = self.encoders.for_first(packets, hook, table.family)
        visit = Visit(self, table, hook, encoder, decides=_decides(chain, hook))
        return self.through(visit, chain, packets)


def _decides(chain: ReadChain, hook: Hook) -> bool:
    """Tell whether accepting in a base chain is letting in, as people say: in the filters, not before them."""
    base = chain.base
    if base is None or chain.table.family == Family.BRIDGE:
        return False
    return hook in _FILTERING and base.kind != "nat" and base.priority >= 0
