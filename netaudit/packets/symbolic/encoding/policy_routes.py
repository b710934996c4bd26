"""Where sets of packets go by policy rules (ip-rule(8)), as netaudit.packets.trace.policy_routes says of one packet."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from netaudit.model.host import Route
from netaudit.model.netfilter.match import Field, Match, in_ranges
from netaudit.model.ranges import Ranges
from netaudit.model.routing.policy import REFUSING, RuleAction
from netaudit.packets.host.policy.rules import PolicyStep, after_goto
from netaudit.packets.host.route_ranges import LOOPBACK
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.sets.space import PacketSpace
from netaudit.packets.symbolic.encoding.address_types import PacketView
from netaudit.packets.symbolic.encoding.host_sets import HostSets

Encode = Callable[[Match], Bounds]
HERE = ""  # in place of an interface: to this host


class Asking(NamedTuple):
    """How rules are asked about packets: what a match holds for, and what is on its way to addresses."""

    space: PacketSpace
    encode: Encode
    destined: Callable[[Ranges], PacketSet]


def policy_routes(steps: Sequence[PolicyStep], asking: Asking) -> dict[str, Bounds]:
    """Return the packets that leave by each interface, or stay here; what is in none of them has no route."""
    none = exactly(asking.space.nothing)
    found: dict[str, Bounds] = {}
    waiting: dict[int, Bounds] = {}
    left = exactly(asking.space.everything)
    for at, step in enumerate(steps):
        left |= waiting.pop(at, none)
        hit = left & asking.encode(step.match)
        if step.rule.action is RuleAction.GOTO:
            goes_to = after_goto(steps, at)
            waiting[goes_to] = waiting.get(goes_to, none) | hit
            left -= hit
        elif step.rule.action in REFUSING:
            left -= hit
        elif step.rule.action is RuleAction.LOOKUP and hit:
            for way, ranges in _by_interface(step).items():
                there = hit & exactly(asking.destined(ranges))
                found[way] = found.get(way, none) | there
            left -= hit & exactly(asking.destined(_ranges((first, last) for first, last, _ in step.spans())))
    return found


def leading_back(world: HostSets, reading: PacketView, steps: Sequence[PolicyStep], encode: Encode) -> Bounds:
    """Return the packets whose sender is reached by the interface that they came in by; over loopback, all."""
    asking = Asking(world.space, encode, lambda ranges: reading.addressed(Field.SADDR, ranges))
    found = exactly(reading.at(Field.IIF, LOOPBACK))
    for name, back in policy_routes(steps, asking).items():
        if name in world.number and name != HERE:
            found |= exactly(reading.at(Field.IIF, name)) & back
    return found


def _by_interface(step: PolicyStep) -> dict[str, Ranges]:
    found: dict[str, list[tuple[int, int]]] = {}
    for first, last, route in step.spans():
        for way in _ways_of(route):
            found.setdefault(way, []).append((first, last))
    return {way: _ranges(spans) for way, spans in found.items()}


def _ways_of(route: Route) -> Iterator[str]:
    if route.kind == "local":
        yield HERE
    if route.kind == "unicast":
        yield from (hop.interface for hop in route.hops if hop.interface)


def _ranges(spans: Iterable[tuple[int, int]]) -> Ranges:
    return in_ranges(Field.DADDR, spans).ranges
