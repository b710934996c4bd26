"""A packet through the rules of a base chain: which it meets, what they do, where it ends.

state ─ rule 1 ─ holds ──────▶ statements ─▶ verdict: accept, drop, jump…
rule 1 ─ does not ───▶ rule 2 …
rule 1 ─ undecided ──▶ both, each with half the weight (netaudit.packets.values.branch)
"""

from collections.abc import Iterator

import msgspec

from netaudit.model.netfilter.match import AllOf
from netaudit.model.netfilter.program import Hook, ReadChain, ReadRule, ReadTable
from netaudit.model.netfilter.statement import (
    Accept,
    Continue,
    Drop,
    Goto,
    Jump,
    Meaning,
    Queue,
    Reject,
    Return,
    Statement,
    UnknownStatement,
    Verdict,
)
from netaudit.model.reason import Reason, ReasonKind, make_reason, several
from netaudit.packets.host.route_lookup import RouteLookup
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.trace.statements import NoAddressError, effect
from netaudit.packets.values.branch import MOST, MOST_MARKS, Branch, Ways, bounded, merged
from netaudit.packets.values.candidate_rules import candidate_rules
from netaudit.packets.values.jump_bounds import too_many_ways, why_not_followed
from netaudit.packets.values.packet import doubts, holds
from netaudit.packets.values.steps import EndKind, Step, StepKind

_BREAK = "break"  # nft's word for a rule whose later matches do not hold, after its statements were done
_MANY_WAYS = make_reason(ReasonKind.MANY_WAYS, limit=MOST)
_QUEUED = make_reason(ReasonKind.QUEUED)
_BY_RULE, _BY_POLICY = make_reason(ReasonKind.BY_RULE), make_reason(ReasonKind.BY_POLICY)


class RulePosition(msgspec.Struct, frozen=True):
    """Where rules are met; `within` are the chains whose jumps led here."""

    hook: Hook
    table: ReadTable
    ways: Ways
    within: tuple[str, ...] = ()

    def behind(self, name: str) -> "RulePosition":
        """Return the place behind a jump."""
        return RulePosition(self.hook, self.table, self.ways, (*self.within, name))


class Met(msgspec.Struct, frozen=True):
    """What a rule makes of a state; no verdict where its matches do not hold."""

    verdict: Verdict | None
    state: Branch


class Passed(msgspec.Struct):
    """What comes out of a chain: at its end, or accepted for the whole base chain."""

    fallen: list[Branch]
    accepted: list[Branch]


class Walk:
    """Leads packets through chains, and writes down what happens."""

    def __init__(self, lookup: RouteLookup, recorder: TraceRecorder) -> None:
        self._lookup = lookup
        self._recorder = recorder

    def unwritten(self) -> "Walk":
        """Return one that leads packets in the same way, and writes nothing down."""
        return Walk(self._lookup, TraceRecorder())

    def through(self, hook: Hook, table: ReadTable, chain: ReadChain, states: list[Branch]) -> list[Branch]:
        """Lead packets through a base chain; gives those that it lets on."""
        for state in states[MOST:]:
            self._recorder.end(EndKind.UNKNOWN, state, _MANY_WAYS)
            self._recorder.doubt(_MANY_WAYS)
        passed = self._run(RulePosition(hook, table, Ways(table)), chain, states[:MOST])
        for state in passed.fallen:
            drops = chain.policy == "drop"
            self._recorder.step(StepKind.POLICY, hook, state, chain.policy or "", item=chain.policy_item)
            if drops:
                self._recorder.stop(table, EndKind.DROPPED, state, _BY_POLICY, chain.policy_item)
            else:
                passed.accepted.append(state)
        return merged(passed.accepted)

    def _run(self, place: RulePosition, chain: ReadChain, states: list[Branch]) -> Passed:
        passed = Passed([], [])
        live = states
        for rule in candidate_rules(chain, states[0].packet) if len(states) == 1 else chain.rules:
            if not live:
                break
            on: list[Branch] = []
            for state in live:
                for met in self._meet(place, rule, state):
                    self._obey(place, rule, met, on, passed)
            live = self._merged(on) if len(on) > 1 else on
        return Passed(merged([*live, *passed.fallen]), passed.accepted)

    def _merged(self, states: list[Branch]) -> list[Branch]:
        """Join equal packets, and those that differ in marks where there are too many to follow each."""
        found = merged(states)
        if len(found) > MOST_MARKS:
            self._recorder.doubt(make_reason(ReasonKind.MANY_MARKS, limit=MOST_MARKS))
            found = bounded(found)
        return found

    def _obey(self, place: RulePosition, rule: ReadRule, met: Met, on: list[Branch], passed: Passed) -> None:
        """Do what a verdict says; `on` takes what meets the next rule."""
        state = met.state
        match met.verdict:
            case None | Continue():
                on.append(state)
            case Accept():
                passed.accepted.append(state)
            case Drop():
                self._recorder.stop(place.table, EndKind.DROPPED, state, _BY_RULE, rule.item)
            case Reject(answer):
                answered = make_reason(ReasonKind.REJECTED_WITH, answer=answer)
                self._recorder.stop(place.table, EndKind.REJECTED, state, answered, rule.item)
            case Return():
                passed.fallen.append(state)
            case Jump(name) | Goto(name):
                below = self._jump(place, name, rule, state)
                passed.accepted += below.accepted
                (on if isinstance(met.verdict, Jump) else passed.fallen).extend(below.fallen)
            case Queue():
                self._recorder.doubt(_QUEUED)
                passed.accepted.append(state.part())
                self._recorder.end(EndKind.DROPPED, state.part(), _QUEUED, rule.item)

    def _jump(self, place: RulePosition, name: str, rule: ReadRule, state: Branch) -> Passed:
        target = place.table.chains.get(name)
        if target is None:
            return Passed([self._unknown(state, make_reason(ReasonKind.NO_SUCH_CHAIN, chain=name), rule)], [])
        reason = why_not_followed(target, place.within)
        if not reason and not place.ways.affords(target):
            if place.ways.passes(target, state.packet):
                self._recorder.note(make_reason(ReasonKind.MANY_JUMPS_NOT_WRITTEN, chain=target.name))
                return Passed([state], [])
            reason = too_many_ways(target)
        if reason:
            return Passed([self._unknown(state, reason, rule)], [])
        passed = self._run(place.behind(name), target, [state])
        place.ways.note(target, state, passed.fallen, passed.accepted)
        return passed

    def _unknown(self, state: Branch, reason: Reason, rule: ReadRule) -> Branch:
        """Go on, and also end here not knowing what becomes of the packet."""
        self._recorder.doubt(reason)
        self._recorder.end(EndKind.UNKNOWN, state.part(), reason, rule.item)
        return state.part()

    def _meet(self, place: RulePosition, rule: ReadRule, state: Branch) -> Iterator[Met]:
        """Ask a rule's matches, do its statements, and write it down where its matches hold or may hold."""
        for met, reason in self._ask(place, rule, rule.meaning, state):
            if met.verdict is not None or met.state.packet != state.packet:
                step = Step(
                    StepKind.RULE,
                    place.hook,
                    _BREAK if met.verdict is None else word(met.verdict),
                    item=rule.item,
                    sure=met.state.sure,
                    reason=reason,
                )
                self._recorder.changing(step, state.packet, met.state.packet)
            yield met

    def _ask(
        self, place: RulePosition, rule: ReadRule, meaning: Meaning, state: Branch
    ) -> Iterator[tuple[Met, Reason | None]]:
        value_of = self._lookup.asking(state.packet)
        matches = AllOf(meaning.matches)
        found, reason = holds(matches, value_of), None
        if found is None:
            reason = several(doubts(matches, value_of))
            if not meaning.inert:
                self._recorder.undecided(rule.item, reason)
            state = state.part()
        if not found:
            yield Met(None, state), None
        if found is not False:
            for met, further in self._do(place, rule, meaning, state):
                yield met, reason or further

    def _do(
        self, place: RulePosition, rule: ReadRule, meaning: Meaning, state: Branch
    ) -> Iterator[tuple[Met, Reason | None]]:
        after = self._statements(place, rule, meaning.statements, state)
        if after is None:
            return
        if not meaning.then:
            yield Met(meaning.verdict, after), None
            return
        remaining = [after]
        for branch in meaning.then:
            left: list[Branch] = []
            for one in remaining:
                for met, reason in self._ask(place, rule, branch, one):
                    if met.verdict is None:
                        left.append(met.state)
                    else:
                        yield met, reason
            remaining = left
        for one in remaining:
            yield Met(None, one), None

    def _statements(
        self, place: RulePosition, rule: ReadRule, statements: tuple[Statement, ...], state: Branch
    ) -> Branch | None:
        """Do a rule's statements; None where one of them ends the packet's way."""
        for statement in statements:
            if isinstance(statement, UnknownStatement):
                reason = make_reason(ReasonKind.UNKNOWN_STATEMENT, text=statement.text, why=statement.reason)
                state = self._unknown(state, reason, rule)
                continue
            try:
                changes = effect(statement, state.packet, place.hook, self._lookup.routing)
            except NoAddressError:
                self._recorder.end(EndKind.DROPPED, state, make_reason(ReasonKind.NO_NAT_ADDRESS), rule.item)
                return None
            if changes:
                state = state.become(state.packet.changed(changes))
        return state


def word(verdict: Verdict) -> str:
    """Name a verdict as nft(8) does."""
    match verdict:
        case Jump(chain):
            return f"jump {chain}"
        case Goto(chain):
            return f"goto {chain}"
        case _:
            return type(verdict).__name__.lower()
