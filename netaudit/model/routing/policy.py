"""Policy rules (ip-rule(8)): which routing table a packet is looked up in, by more than its destination."""

from enum import StrEnum

import msgspec

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import ALWAYS, Match


class RuleAction(StrEnum):
    """What a policy rule does with the packets that it matches."""

    LOOKUP = "lookup"  # in `table`; what has no route there goes on with the next rule
    GOTO = "goto"  # goes on with the first rule of priority `target`
    NOP = "nop"
    UNREACHABLE = "unreachable"
    PROHIBIT = "prohibit"
    BLACKHOLE = "blackhole"


REFUSING = frozenset({RuleAction.UNREACHABLE, RuleAction.PROHIBIT, RuleAction.BLACKHOLE})


class PolicyRule(msgspec.Struct, frozen=True):
    """A policy rule of one family; rules are asked in the order of their priorities, the lowest first.

    `match` is about the packet as routing sees it; an interface of "" is what this host sends itself. A route whose
    prefix is not longer than `suppress_prefix` (-1: none), or that leaves by an interface of `suppress_group`, counts
    as none. `by_vrf`: the table is that of the VRF which the packet's interface belongs to.
    """

    family: Family
    priority: int
    match: Match = ALWAYS
    action: RuleAction = RuleAction.LOOKUP
    table: str = ""
    target: int = 0
    suppress_prefix: int = -1
    suppress_group: str = ""
    by_vrf: bool = False

    @property
    def text(self) -> str:
        """Name the rule as `ip rule` begins its line."""
        where = f"lookup {self.table}" if self.action is RuleAction.LOOKUP else str(self.action)
        return f"{self.priority}: {where}"


def usual_rules(family: Family) -> tuple[PolicyRule, ...]:
    """Return the rules that every kernel starts with, and the only ones of a kernel that knows no others."""
    tables = {0: "local", 32766: "main", 32767: "default"}
    if family is Family.IP6:
        del tables[32767]
    return tuple(PolicyRule(family, priority, table=table) for priority, table in tables.items())
