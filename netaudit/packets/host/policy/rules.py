"""Which routing table decides about a packet: policy rules (ip-rule(8)), in their order, and what each table holds.

    0:      lookup local                            as every kernel has it
    100:    from 192.0.2.10 lookup uplink2          by the packet, as routing sees it: behind prerouting's NAT
    200:    lookup main suppress_prefixlength 0     a default route of main is passed over
    201:    not fwmark 0xca6c lookup 51820
    32766:  lookup main

Sources: fib_rules_lookup() in the kernel's net/core/fib_rules.c, fib4_rule_action() in net/ipv4/fib_rules.c.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from ipaddress import ip_address
from itertools import pairwise

import msgspec

from netaudit.model.host import Interface, Route
from netaudit.model.netfilter.family import ADDRESS_BITS
from netaudit.model.netfilter.match import Field, Match, Named, all_of
from netaudit.model.routing.policy import REFUSING, PolicyRule, RuleAction, usual_rules
from netaudit.packets.host.fib import Routing
from netaudit.packets.values.packet import Value, holds

_THROW = "throw"  # as if the table had no route


class PolicyStep(msgspec.Struct, frozen=True, dict=True):
    """A policy rule, and for a look-up the routes of its table that count; what has none of them goes on."""

    rule: PolicyRule
    match: Match
    routes: tuple[Route, ...] = ()
    passed_over: frozenset[Route] = frozenset()

    def find(self, address: int) -> Route | None:
        """Return the route to an address, None where the next rule is asked."""
        found = next((group[address >> shift] for shift, group in self._index if address >> shift in group), None)
        return None if found is None or found.kind == _THROW or found in self.passed_over else found

    def spans(self) -> Iterator[tuple[int, int, Route]]:
        """Return ranges of addresses, each with the route that decides it; addresses without one are left out."""
        starts = {0, 1 << ADDRESS_BITS[self.rule.family]}
        for route in self.routes:
            first = int(route.network.network_address)
            starts |= {first, first + route.network.num_addresses}
        for first, after in pairwise(sorted(starts)):
            if (found := self.find(first)) is not None:
                yield first, after - 1, found

    @cached_property
    def _index(self) -> list[tuple[int, dict[int, Route]]]:
        """Return the routes by prefix: the longest first, and of one prefix the one of the lowest metric."""
        levels: dict[int, dict[int, Route]] = {}
        for route in sorted(self.routes, key=lambda one: one.metric):
            address, _, prefix = route.destination.rpartition("/")
            shift = ADDRESS_BITS[self.rule.family] - int(prefix)
            levels.setdefault(shift, {}).setdefault(int(ip_address(address)) >> shift, route)
        return sorted(levels.items())


class PolicyRouting:
    """The policy rules of one family; no `steps` where they are the usual ones, or were not recorded."""

    def __init__(self, routing: Routing) -> None:
        self._routing, self._host, self._family = routing, routing.host, routing.family

    @cached_property
    def steps(self) -> tuple[PolicyStep, ...]:
        """Return the rules in order, with what their tables hold; a rule for all VRFs is one for each."""
        mine = (rule for rule in self._host.policy or () if rule.family == self._family)
        rules = tuple(sorted(mine, key=lambda rule: rule.priority))
        if not rules or rules == usual_rules(self._family):
            return ()
        return tuple(step for rule in rules for step in self._steps_of(rule))

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Return the routes of all tables that packets may be looked up in."""
        further = (route for step in self.steps for route in step.routes if route.kind != _THROW)
        return tuple(dict.fromkeys((*self._routing.routes, *further)))

    def _steps_of(self, rule: PolicyRule) -> Iterator[PolicyStep]:
        if rule.action is not RuleAction.LOOKUP:
            yield PolicyStep(rule, rule.match)
        elif rule.by_vrf:
            for vrf in self._host.interfaces:
                inside = (vrf.name, *(one.name for one in self._host.interfaces if one.master == vrf.name))
                if vrf.table:
                    yield self._look_up(rule, all_of([rule.match, Named(Field.IIF, inside)]), vrf.table)
        else:
            yield self._look_up(rule, rule.match, rule.table)

    def _look_up(self, rule: PolicyRule, match: Match, table: str) -> PolicyStep:
        known = self._routing.host.routes if table != "local" else self._routing.routes
        routes = tuple(one for one in known if one.family == self._family and one.table == table)
        groups = {one.name: one for one in self._host.interfaces}
        return PolicyStep(rule, match, routes, frozenset(one for one in routes if _is_suppressed(one, rule, groups)))


def _is_suppressed(route: Route, rule: PolicyRule, interfaces: dict[str, Interface]) -> bool:
    if int(route.destination.rpartition("/")[2]) <= rule.suppress_prefix:
        return True
    known = [interfaces[hop.interface] for hop in route.hops if hop.interface in interfaces]
    return bool(rule.suppress_group) and any(one.group == rule.suppress_group for one in known)


def ask(steps: Sequence[PolicyStep], address: int, value_of: Callable[[Field], Value]) -> Route | PolicyRule | None:
    """Return the route to an address, the rule that refuses one, or None for neither; what is not known is no match."""
    at = 0
    while at < len(steps):
        rule, at = steps[at].rule, at + 1
        if not holds(steps[at - 1].match, value_of):
            continue
        if rule.action in REFUSING:
            return rule
        if rule.action is RuleAction.GOTO:
            at = after_goto(steps, at - 1)
        found = steps[at - 1].find(address) if rule.action is RuleAction.LOOKUP else None
        if found is not None:
            return found
    return None


def after_goto(steps: Sequence[PolicyStep], at: int) -> int:
    """Return which rule is asked after one that goes elsewhere; where it names none that is there, the next."""
    target = steps[at].rule.target
    return next((there for there in range(at + 1, len(steps)) if steps[there].rule.priority == target), at + 1)
