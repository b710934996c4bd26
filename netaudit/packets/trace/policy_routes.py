"""The routing table that decides about one packet: policy rules in their order, each asked as a rule is."""

from collections.abc import Iterator
from functools import cached_property

from netaudit.model.host import Ip, Route
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.model.routing.policy import REFUSING, PolicyRule, RuleAction
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.policy.reverse_path import ReversePath
from netaudit.packets.host.policy.rules import PolicyStep, after_goto, ask
from netaudit.packets.host.route_lookup import RouteLookup
from netaudit.packets.host.route_ranges import RouteRanges
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.values.branch import Branch
from netaudit.packets.values.packet import Packet, doubts, holds
from netaudit.packets.values.steps import StepKind

_USUAL = frozenset({"local", "main", "default"})
Choice = tuple[Route | PolicyRule | None, Branch]  # no route, a rule that refuses one, or nothing


class PolicyWalk:
    """Asks the policy rules of a host, and writes down what is not decided."""

    def __init__(self, routing: Routing, recorder: TraceRecorder) -> None:
        self._routing, self._recorder = routing, recorder

    @cached_property
    def _ranges(self) -> RouteRanges:
        return RouteRanges(self._routing.host, self._routing.family, {})

    @cached_property
    def _reverse_path(self) -> ReversePath:
        return ReversePath(self._ranges)

    def __bool__(self) -> bool:
        return self._routing.host.policy is not None and bool(self._ranges.policy.steps)

    def choose(self, target: Ip, state: Branch) -> Iterator[Choice]:
        """Yield each route that a packet may take to an address."""
        steps = self._ranges.policy.steps
        asking = RouteLookup(self._routing).asking(state.packet)
        todo = [(0, state)]
        while todo:
            at, one = todo.pop()
            if at >= len(steps):
                yield None, one
                continue
            effect = self._effect(at, target)
            found = holds(steps[at].match, asking) if effect != at + 1 else False
            if found is None:
                self._doubt(steps[at], state.packet)
                one = one.part()
            if found is not True:
                todo.append((at + 1, one))
            if isinstance(effect, int):
                todo += [(effect, one)] if found is not False else []
            elif found is not False:
                self._say(steps[at].rule, one)
                yield effect, one

    def _effect(self, at: int, target: Ip) -> Route | PolicyRule | int:
        """Return the route of a rule's table, the rule if it refuses one, or which rule is asked next."""
        steps = self._ranges.policy.steps
        step = steps[at]
        if step.rule.action in REFUSING:
            return step.rule
        if step.rule.action is RuleAction.GOTO:
            return after_goto(steps, at)
        route = step.find(int(target)) if step.rule.action is RuleAction.LOOKUP else None
        return at + 1 if route is None else route

    def _doubt(self, step: PolicyStep, packet: Packet) -> None:
        why = doubts(step.match, RouteLookup(self._routing).asking(packet))
        self._recorder.doubt(make_reason(ReasonKind.POLICY_UNDECIDED, *why, rule=step.rule.text))

    def _say(self, rule: PolicyRule, state: Branch) -> None:
        if rule.table not in _USUAL:
            self._recorder.step(
                StepKind.ROUTE, None, state, "continue", make_reason(ReasonKind.POLICY_RULE, rule=rule.text)
            )

    def back(self, packet: Packet, source: Ip, interface: str) -> Route | None:
        """Return the way back to a sender, as rp_filter asks for it about what comes by an interface."""
        asking = RouteLookup(self._routing).asking(packet)
        found = ask(self._reverse_path.filtered(interface), int(source), asking)
        return found if isinstance(found, Route) else None
