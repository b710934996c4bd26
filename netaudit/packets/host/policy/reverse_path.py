"""The way back to a packet's sender, by policy rules: what rp_filter asks, and what `fib` and `rpfilter` ask."""

from functools import cached_property

import msgspec

from netaudit.model.netfilter.match import ALWAYS, NEVER, Field, Match, any_of, in_ranges
from netaudit.packets.host.policy.rules import PolicyStep
from netaudit.packets.host.policy.turning import Interfaces, Marked, Turning
from netaudit.packets.host.route_ranges import LOOPBACK, RouteRanges

_OWN = ""  # the interface of what this host sends


class ReversePath:
    """The policy rules of a host, turned round: what they match is the answer to a packet, asked of the packet."""

    def __init__(self, ranges: RouteRanges) -> None:
        self._ranges, self._steps = ranges, ranges.policy.steps

    def filtered(self, interface: str) -> tuple[PolicyStep, ...]:
        """Return the rules as rp_filter asks them about what comes by an interface (fib_frontend.c)."""
        return self._marked if self._ranges.routing.sysctls.validates_marks(interface) else self._unmarked

    @cached_property
    def by_rules(self) -> tuple[PolicyStep, ...]:
        """Return the rules as Netfilter's own rules ask them: as if this host would send."""
        return self._turned(Marked.NOT_AT_ALL, lambda names: ALWAYS if _OWN in names else NEVER)

    @cached_property
    def _marked(self) -> tuple[PolicyStep, ...]:
        return self._turned(Marked.AS_PACKET, self._leaving_by)

    @cached_property
    def _unmarked(self) -> tuple[PolicyStep, ...]:
        return self._turned(Marked.NOT_AT_ALL, self._leaving_by)

    def _turned(self, marked: Marked, interfaces: Interfaces) -> tuple[PolicyStep, ...]:
        turning = Turning(marked, interfaces)
        return tuple(msgspec.structs.replace(step, match=turning.turn(step.match)) for step in self._steps)

    def _leaving_by(self, names: tuple[str, ...]) -> Match:
        """Match what is on its way out of interfaces, or to this host: by where it goes, as `main` has it."""
        ways = self._ranges.ways_out
        known = [in_ranges(Field.DADDR, ways.get(LOOPBACK if one == _OWN else one, ())) for one in names]
        return any_of(known)
