"""Sets of packets through a run of simple rules at once: see netaudit.packets.symbolic.encoding.rule_runs."""

from functools import partial
from typing import TYPE_CHECKING

import msgspec

from netaudit.model.netfilter.program import Hook, ReadRule
from netaudit.model.netfilter.statement import Accept
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.encoding.host_sets import DECISION, TRANSLATED, Translated
from netaudit.packets.symbolic.encoding.rule_runs import Run, Taken, join

if TYPE_CHECKING:
    from netaudit.packets.symbolic.chain import Chains


class Ends(msgspec.Struct):
    """Where packets are that went through a chain or a rule: `left` it without a verdict, or go `on` in it."""

    accepted: Bounds
    left: Bounds
    on: Bounds


class RunVisit:
    """Leads packets through runs of rules at a hook; the arguments are a Visit's."""

    def __init__(self, chains: "Chains", hook: Hook, *, decides: bool) -> None:
        self._chains, self._hook, self._decides = chains, hook, decides
        self._none = exactly(chains.world.space.nothing)

    def meet(self, run: Run, packets: Bounds) -> Ends:
        """Let packets meet a run of simple rules at once."""
        touch = self._chains.world.space.touch
        make = partial(self._translated, run.translates) if run.translates else self._decided
        joined = join([make(rule, taken) for rule, taken in run.rules if touch(packets.possible, taken)])
        if joined is None:
            return Ends(self._none, self._none, packets)
        hit = packets & exactly(joined.all)
        cleared = hit.changed(lambda some: self._unwritten(some, run))
        self._chains.drops.append(cleared & exactly(joined.dropped))
        accepted = (cleared if run.translates or self._decides else hit) & exactly(joined.accepted)
        return Ends(accepted, self._none, packets - exactly(joined.all))

    def _unwritten(self, packets: PacketSet, run: Run) -> PacketSet:
        """Forget what a run writes into packets; a new destination is written for the first time."""
        space = self._chains.world.space
        if run.translates:
            return space.rewrite.forget_bits(packets, TRANSLATED, run.translates)
        return space.rewrite.forget(packets, DECISION)

    def _decided(self, rule: ReadRule, taken: PacketSet) -> Taken:
        """Let what a rule takes carry its number, where the rule decides."""
        nothing = self._chains.world.space.nothing
        numbered = taken & self._chains.decisions.numbered(self._chains.decision(rule.item))
        if isinstance(rule.meaning.verdict, Accept):
            return Taken(taken, numbered if self._decides else taken, nothing)
        return Taken(taken, nothing, numbered)

    def _translated(self, bits: Translated, rule: ReadRule, taken: PacketSet) -> Taken:
        """Let a rule translate what it takes: nothing comes to it that was translated before."""
        space = self._chains.world.space
        before = taken - self._chains.world.translated(bits)
        after = exactly(before)
        for statement in rule.meaning.statements:
            after = self._chains.rewriter.apply(after, statement, self._hook)
        return Taken(space.rewrite.forget_bits(before, TRANSLATED, bits), after.sure, space.nothing)
