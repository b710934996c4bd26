"""Which table was it? A listing does not say: its chains, its targets and the command before it do."""

import re
from collections.abc import Callable, Collection

from netaudit.model.netfilter.ruleset import BUILTIN_CHAINS
from netaudit.parse.reading.result import Loss

UNKNOWN = "unknown"
_ORDER = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
# The built-in chains of a table that was listed whole; nat had no INPUT before Linux 2.6.34.
_WHOLE = {frozenset(chains): table for table, chains in BUILTIN_CHAINS.items() if table != "security"} | {
    frozenset({"PREROUTING", "OUTPUT", "POSTROUTING"}): "nat"
}
# Targets that the kernel takes in one table only.
_ONLY = {
    **dict.fromkeys(("DNAT", "SNAT", "MASQUERADE", "REDIRECT", "NETMAP"), "nat"),
    **dict.fromkeys(("CT", "NOTRACK", "TRACE"), "raw"),
    **dict.fromkeys(("TPROXY", "TTL", "HL", "DSCP", "TOS", "ECN", "CHECKSUM"), "mangle"),
    **dict.fromkeys(("SECMARK", "CONNSECMARK"), "security"),
}
_DOCKERS = "DOCKER"  # where the engine leads packets for the host's own addresses: in nat, and from FORWARD in filter
TELLING = re.compile(rf" -j (?:{'|'.join(_ONLY)}|{_DOCKERS})\b")
BUILTIN = frozenset(_ORDER)


def find_table(chains: Collection[str], targets: Callable[[], Collection[str]]) -> tuple[str, tuple[Loss, ...]]:
    """Name the table that has these chains, and, if need be, these targets; where more than one may, say so."""
    there = BUILTIN.intersection(chains)
    if whole := _WHOLE.get(there):
        return whole, ()
    possible = [table for table, names in BUILTIN_CHAINS.items() if there <= {*names}]
    met = targets()
    known = {_ONLY[target] for target in met if target in _ONLY}
    if not known and _DOCKERS in met and "PREROUTING" in there:
        known = {"nat"}
    if len(known) == 1:
        possible = [table for table in possible if table in known]
    if len(possible) == 1:
        return possible[0], ()
    names = ", ".join(sorted(chains))
    if "filter" in possible:  # what iptables lists when no table is asked for
        others = " or ".join(table for table in possible if table != "filter")
        return "filter", (Loss(f"the table of {names}: taken for filter, could be {others}", doubtful=True),)
    return UNKNOWN, (Loss(f"the table of {names}: {' or '.join(possible) or 'no table has these chains'}"),)


def begins_anew(chain: str, before: Collection[str]) -> bool:
    """Tell whether a chain is the first one of another table: tables list their built-in chains first, in one order."""
    if chain in before:
        return True
    if chain not in BUILTIN or not before:
        return False
    last = list(before)[-1]
    if chain == "OUTPUT" and last == "POSTROUTING" and "PREROUTING" in before and "INPUT" not in before:
        return False  # nat of iptables before 1.4.11, which lists OUTPUT last
    return last not in BUILTIN or _ORDER.index(last) > _ORDER.index(chain)
