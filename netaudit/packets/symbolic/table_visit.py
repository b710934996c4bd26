"""One base chain's table at one hook, as sets of packets go through it: every rule, branch and jump."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import Hook, ReadChain, ReadRule, ReadTable
from netaudit.model.netfilter.statement import (
    Accept,
    Continue,
    Drop,
    Goto,
    Jump,
    Meaning,
    Nat,
    Queue,
    Reject,
    Return,
    UnknownStatement,
)
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.encoding.decision import Decision
from netaudit.packets.symbolic.encoding.matches import Encoder
from netaudit.packets.symbolic.encoding.rule_runs import Run
from netaudit.packets.symbolic.run_visit import Ends, RunVisit
from netaudit.packets.values.jump_bounds import Again, too_many_ways, why_not_followed

if TYPE_CHECKING:
    from netaudit.packets.symbolic.chain import Chains

_RULES_IN_ONE = 64  # of a run cost as much as one rule by itself


class Visit:
    """Leads packets through a table at a hook; `chains` collects what is dropped and what is in doubt.

    `encoder` says how rules are asked about these packets; `decides`: what accepts them lets them in.
    """

    def __init__(self, chains: "Chains", table: ReadTable, hook: Hook, encoder: Encoder, *, decides: bool) -> None:
        self._chains, self._table, self._hook, self._encoder, self.decides = chains, table, hook, encoder, decides
        self._runs = RunVisit(chains, hook, decides=decides)
        self._none = exactly(chains.world.space.nothing)
        self._again = Again(table)
        self._within: tuple[str, ...] = ()
        self._known: dict[tuple[str, Bounds], Ends] = {}

    def chain(self, chain: ReadChain, packets: Bounds) -> Ends:
        """Lead packets through a chain's rules; `on` is what reaches its end."""
        ends = Ends(self._none, self._none, packets)
        for one in self._chains.encoders.pieces(chain, self._encoder):
            if not ends.on:
                break
            done = self._runs.meet(one, ends.on) if isinstance(one, Run) else self._meet(one, one.meaning, ends.on)
            ends = Ends(ends.accepted | done.accepted, ends.left | done.left, done.on)
        return ends

    def _meet(self, rule: ReadRule, meaning: Meaning, packets: Bounds) -> Ends:
        """Let packets meet a rule or a branch of one; `on` is what goes on behind it."""
        bounds = self._encoder.all_of(meaning.matches)
        hit = packets & bounds
        if not hit:
            return Ends(self._none, self._none, packets)
        missed = packets - bounds
        done = self._act(rule, meaning, hit)
        if done.on == hit and not done.accepted and not done.left:  # it logs, or counts: whether it does makes nothing
            return Ends(self._none, self._none, packets)
        if not bounds.exact:
            self._doubt(rule, Bounds(bounds.sure & hit.possible, hit.possible))
        return Ends(done.accepted, done.left, done.on | missed)

    def _act(self, rule: ReadRule, meaning: Meaning, hit: Bounds) -> Ends:
        """Do what a rule says to the packets that it matches."""
        for statement in meaning.statements:
            changed = self._chains.rewriter.apply(hit, statement, self._hook)
            if hit.exact and not changed.exact:
                self._doubt(rule, changed)
            hit = changed
            if isinstance(statement, Nat):
                return Ends(hit, self._none, self._none)
            if isinstance(statement, UnknownStatement):
                self._chains.drop(
                    self._chains.decision(rule.item, make_reason(ReasonKind.UNKNOWN_EFFECT, why=statement.reason)), hit
                )
                return Ends(self._accepted(rule, hit), self._none, hit)
        if meaning.then:
            return self._branches(rule, meaning, hit)
        return self._decide(rule, meaning, hit)

    def _branches(self, rule: ReadRule, meaning: Meaning, hit: Bounds) -> Ends:
        """Let the first branch that matches act; what none matches goes on."""
        ends = Ends(self._none, self._none, self._none)
        rest = hit
        for branch in meaning.then:
            bounds = self._encoder.all_of(branch.matches)
            taken = rest & bounds
            if taken:
                done = self._act(rule, branch, taken)
                ends = Ends(ends.accepted | done.accepted, ends.left | done.left, ends.on | done.on)
                rest -= bounds
            if not bounds.exact and taken:
                self._doubt(rule, Bounds(bounds.sure & taken.possible, taken.possible))
        return Ends(ends.accepted, ends.left, ends.on | rest)

    def _decide(self, rule: ReadRule, meaning: Meaning, hit: Bounds) -> Ends:
        none = self._none
        match meaning.verdict:
            case Accept():
                return Ends(self._accepted(rule, hit), none, none)
            case Drop() | Reject():
                self._chains.drop(self._chains.decision(rule.item), hit)
                return Ends(none, none, none)
            case Return():
                return Ends(none, hit, none)
            case Continue():
                return Ends(none, none, hit)
            case Queue():
                self._chains.drop(
                    self._chains.decision(rule.item, make_reason(ReasonKind.PROGRAM_DECIDES)), hit.doubted()
                )
                self._doubt(rule, hit.doubted())
                return Ends(self._accepted(rule, hit.doubted()), none, none)
            case Jump(name) | Goto(name):
                return self._go(rule, name, hit, comes_back=isinstance(meaning.verdict, Jump))

    def _go(self, rule: ReadRule, name: str, hit: Bounds, *, comes_back: bool) -> Ends:
        done = self._behind(rule, name, hit)
        after = done.left | done.on
        return Ends(done.accepted, self._none, after) if comes_back else Ends(done.accepted, after, self._none)

    def _behind(self, rule: ReadRule, name: str, hit: Bounds) -> Ends:
        """Lead packets through a chain that is jumped to; the same ones meet the same again, and are led once."""
        chain = self._table.chains.get(name)
        known = self._known.get((name, hit))
        if known:
            return known
        reason = self._why_not_met(name, chain)
        if chain is None or reason:
            self._chains.doubt(self._chains.decision(rule.item, reason), hit.doubted())
            return Ends(hit.doubted(), self._none, hit.doubted())
        self._within = (*self._within, name)
        self._known[name, hit] = done = self.chain(chain, hit)
        self._within = self._within[:-1]
        return done

    def _why_not_met(self, name: str, chain: ReadChain | None) -> Reason | None:
        """Return why packets are not led through a chain: one that was not listed may do anything."""
        if chain is None:
            return make_reason(ReasonKind.NO_SUCH_CHAIN, chain=name)
        reason = why_not_followed(chain, self._within)
        if not reason and not self._again.affords(chain, _cost(self._chains.encoders.pieces(chain, self._encoder))):
            return too_many_ways(chain)
        return reason

    def _doubt(self, rule: ReadRule, packets: Bounds) -> None:
        fields = () if self._encoder.hidden.exact else (Field.IIF,)
        self._chains.doubt(self._chains.decision(rule.item, self._chains.why_unknown(rule.meaning, fields)), packets)

    def _accepted(self, rule: ReadRule, hit: Bounds) -> Bounds:
        return self._chains.decisions.by(Decision(rule.item), hit) if self.decides else hit


def _cost(parts: Sequence[Run | ReadRule]) -> int:
    """Weigh a chain: most rules of a run cost little, for they do not touch the packets."""
    return sum(1 + len(one.rules) // _RULES_IN_ONE if isinstance(one, Run) else 1 for one in parts)
