"""What decided about packets, as a number that a set of packets can carry."""

from functools import cache

import msgspec

from netaudit.model.netfilter.ruleset import Item
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds
from netaudit.packets.symbolic.encoding.host_sets import DECISION, HostSets


class Decision(msgspec.Struct, frozen=True):
    """A rule or policy, or a reason where the kernel itself decides."""

    rule: Item | None
    reason: Reason | None = None


def by_no_rule(kind: ReasonKind, **args: object) -> Decision:
    """Return a decision that no rule makes."""
    return Decision(None, make_reason(kind, **args)) if args else _plain(kind)


@cache
def _plain(kind: ReasonKind) -> Decision:
    return Decision(None, make_reason(kind))


UNDECIDED = 0


class Decisions:
    """The decisions about the packets of one host, numbered in the order in which they were first met; 0 means none."""

    def __init__(self, world: HostSets) -> None:
        self._space = world.space
        self._numbers: dict[Decision, int] = {}
        self._known: list[Decision] = [Decision(None)]

    def by(self, decision: Decision, packets: Bounds) -> Bounds:
        """Let packets carry a decision in place of any before."""
        number = self._number(decision)
        return packets.changed(lambda some: self._space.rewrite.assign(some, DECISION, number))

    def numbered(self, decision: Decision) -> PacketSet:
        """Return the packets that carry a decision."""
        return self._space.equal(DECISION, self._number(decision))

    def _number(self, decision: Decision) -> int:
        number = self._numbers.setdefault(decision, len(self._known))
        if number == len(self._known):
            self._known.append(decision)
        return number

    def by_default(self, decision: Decision, packets: Bounds) -> Bounds:
        """Let packets carry a decision that carry none yet."""
        none = self._space.equal(DECISION, UNDECIDED)
        fresh = packets.changed(lambda some: some & none)
        return packets.changed(lambda some: some - none) | self.by(decision, fresh) if fresh else packets

    def of(self, packets: PacketSet) -> Decision:
        """Name what decided about some packet of a set."""
        example = self._space.values.example(packets, (DECISION,))
        return self._known[example[DECISION] if example else UNDECIDED]

    def deciding(self, packets: PacketSet, decision: Decision) -> PacketSet:
        """Return the packets of a set that carry a decision."""
        return packets & self._space.equal(DECISION, self._numbers.get(decision, UNDECIDED))
