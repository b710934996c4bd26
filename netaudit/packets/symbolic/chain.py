"""Sets of packets through chains: what is accepted, what is dropped, and what comes out at the end."""

import msgspec

from netaudit.model.match import Field
from netaudit.model.program import Hook, ReadChain, ReadTable
from netaudit.model.ruleset import Item
from netaudit.model.statement import Meaning
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.decision import Decision, Decisions
from netaudit.packets.symbolic.doubts import why_unknown
from netaudit.packets.symbolic.encoders import Encoders
from netaudit.packets.symbolic.host_sets import Translated
from netaudit.packets.symbolic.matches import Encoder
from netaudit.packets.symbolic.statements import Rewriter
from netaudit.packets.symbolic.table_visit import Visit

_LASTING = frozenset({Field.PROTOCOL, Field.SADDR, Field.DADDR, Field.SPORT, Field.DPORT})  # nothing rewrites them
_FILTERING = frozenset({Hook.INPUT, Hook.FORWARD, Hook.OUTPUT})


class Doubt(msgspec.Struct, frozen=True):
    """Packets of which it cannot be told what a rule, or the kernel, makes of them."""

    decision: Decision
    packets: PacketSet


class Chains:
    """The chains of a program in a world; `dropped` collects what is dropped, with what decided it."""

    def __init__(self, encoders: Encoders) -> None:
        self.program, self.world, self.encoders = encoders.program, encoders.world, encoders
        self.decisions, self.rewriter = Decisions(self.world), Rewriter(self.world)
        self.encoder = encoders.plain
        self.drops: list[Bounds] = []
        self.doubts: list[Doubt] = []

    def base(self, table: ReadTable, chain: ReadChain, packets: Bounds, hook: Hook) -> Bounds:
        """Lead packets through a base chain; gives what is accepted."""
        self.encoder = self.encoder_for(packets)
        decides = self.decides(chain, hook)
        ends = Visit(self, table, hook, decides=decides).chain(chain, packets)
        rest = ends.left | ends.on
        policy = self.decision(chain.policy_item)
        if chain.policy == "drop":
            self.drop(policy, rest)
            return ends.accepted
        return ends.accepted | (self.decisions.by_default(policy, rest) if decides else rest)

    def encoder_for(self, packets: Bounds) -> Encoder:
        """Choose how rules are asked about packets."""
        behind = packets.possible & self.world.translated(Translated.SOURCE)
        return self.encoders.behind_source_nat if behind else self.encoders.plain

    def decides(self, chain: ReadChain, hook: Hook) -> bool:
        """Tell whether accepting in a base chain is letting in, as people say: in the filters, not before them."""
        base = chain.base
        return hook in _FILTERING and base is not None and base.kind != "nat" and base.priority >= 0

    def decision(self, rule: Item | None, reason: str = "") -> Decision:
        """Make the decision of a rule or of the kernel."""
        return Decision(rule, reason)

    def why_unknown(self, meaning: Meaning) -> str:
        """Say what of a rule cannot be decided."""
        return why_unknown(meaning)

    def doubt(self, decision: Decision, packets: Bounds) -> None:
        """Remember of which packets a decision leaves it open what becomes."""
        self.doubts.append(Doubt(decision, packets.possible - packets.sure))

    def reason_for(self, packets: PacketSet) -> Decision | None:
        """Name the first rule that leaves open what becomes of some packet of a set."""
        space = self.world.space
        others = tuple(field for field in space.widths if field not in _LASTING)
        asked = space.rewrite.forget(packets, *others)
        for doubt in self.doubts:
            if space.rewrite.forget(doubt.packets, *others) & asked:
                return doubt.decision
        return None

    def drop(self, decision: Decision, packets: Bounds) -> None:
        """Drop packets."""
        if packets:
            self.drops.append(self.decisions.by(decision, packets))

    def dropped(self) -> Bounds:
        """Return all that was dropped, with what decided it."""
        union = self.world.space.union
        sure = union(drop.sure for drop in self.drops)
        if all(drop.exact for drop in self.drops):
            return exactly(sure)
        return Bounds(sure, union(drop.possible for drop in self.drops))
