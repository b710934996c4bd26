"""What decides about packets on a host and is in no recording of it: two that are alike prove nothing about it."""

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import AllOf, AnyOf, Match, Not, UnknownMatch
from netaudit.model.netfilter.statement import Meaning, Queue, UnknownStatement
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.fib import Routing


def has_unread_parts(snapshot: Snapshot) -> bool:
    """Tell whether some rule asks what was not recorded or is not understood, or policy rules were not recorded."""
    tables = snapshot.program.tables
    rules = (rule for table in tables for chain in table.chains.values() for rule in chain.rules)
    families = (Family.IP, Family.IP6)
    return any(_is_unread(rule.meaning) for rule in rules) or any(
        Routing(snapshot.host, family).policy_tables for family in families
    )


def _is_unread(meaning: Meaning) -> bool:
    return any(
        any(map(_is_unknown, one.matches))
        or any(isinstance(statement, UnknownStatement) for statement in one.statements)
        or isinstance(one.verdict, Queue)
        for one in meaning.branches()
    )


def _is_unknown(match: Match) -> bool:
    match match:
        case UnknownMatch():
            return True
        case Not(inner):
            return _is_unknown(inner)
        case AllOf(parts) | AnyOf(parts):
            return any(map(_is_unknown, parts))
        case _:
            return False
