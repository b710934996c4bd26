"""What decides about packets on a host and is in no recording of it: two that are alike prove nothing about it."""

import re

from msgspec.structs import replace

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import AllOf, AnyOf, Match, Not, UnknownMatch
from netaudit.model.netfilter.program import ReadChain
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, Chain, Ruleset
from netaudit.model.netfilter.statement import Meaning, Queue, UnknownStatement
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.fib import Routing

# Addresses, ports and bridges; what follows --match-set is a name.
_NUMBERS = re.compile(r"(?<= )(?<!--match-set )[0-9][0-9a-f.:/]*(?= |$)|\bbr-[0-9a-f]{12}\b")
_SET = " --match-set "
_NOTHING = Ruleset()


def has_unread_parts(snapshot: Snapshot, read: Ruleset = _NOTHING) -> bool:
    """Tell whether some rule asks what was not recorded or is not understood, or policy rules were not recorded.

    `read` are rules of which nobody has to be told again.
    """
    known = {(table.key, chain.name): chain for table in read.tables for chain in table.chains}
    chains = (chain for table in snapshot.program.tables for chain in table.chains.values())
    meanings = (meaning for one in chains for meaning in _read(one, known.get((one.table.key, one.name))))
    families = (Family.IP, Family.IP6)
    return any(map(_is_unread, meanings)) or any(Routing(snapshot.host, family).policy_tables for family in families)


def have_unread_parts(before: Snapshot, after: Snapshot) -> bool:
    """Tell it of either of two snapshots; rules that both have are read once."""
    if has_unread_parts(after):
        return True
    alike = before.ruleset == after.ruleset and before.host == after.host
    return not alike and has_unread_parts(before, after.ruleset)


def _read(chain: ReadChain, known: Chain | None) -> tuple[Meaning, ...]:
    """Read rules of a chain: of those that differ in numbers and bridges alone, of which a large host has many, one.

    What a rule of iptables means is in its text, so what is known need not be read; but for one that asks a set, of
    which the other snapshot may know more.
    """
    same = known.rules if known and chain.table.backend in IPTABLES_BACKENDS else ()
    texts = {rule.text for rule in same if _SET not in rule.text}
    kinds = {_NUMBERS.sub("0", rule.text): rule for rule in chain.chain.rules if rule.text not in texts}
    return chain.reader.read(chain.table, replace(chain.chain, rules=tuple(kinds.values())))


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
