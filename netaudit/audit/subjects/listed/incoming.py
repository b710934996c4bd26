"""What INPUT does to containers that connect to ports of their own host, told by the rules alone."""

import re

from netaudit.audit.subjects.listed.chains import closes
from netaudit.audit.subjects.listed.native import NativeChains
from netaudit.audit.subjects.listed.private import may_be_private
from netaudit.model.docker import is_docker_bridge
from netaudit.model.netfilter.ruleset import BUILTIN_CHAINS, IPTABLES_BACKENDS, Backend, Chain, Table
from netaudit.model.snapshot import Snapshot
from netaudit.parse.iptables.rule import ParsedRule, parse_rule

_BRIDGE = re.compile(r"(?:-[io] |[io]ifname (?:!= )?\"?)([\w.-]+)")
_STATES = ("--ctstate", "--state")
_NARROW = frozenset(
    {"--dport", "--dports", "--sport", "--sports", "--ports", "--icmp-type", "--icmpv6-type", "--mac-source"}
)
_LEAVES = frozenset({"DROP", "REJECT", "RETURN", "LOG", "NFLOG", "MARK", ""})
_NARROW_PROTOCOLS = frozenset({"icmp", "ipv6-icmp", "esp", "ah", "gre", "igmp", "ospf", "vrrp", "1", "58"})


def bridges_kept_out(snapshot: Snapshot, family: str) -> tuple[str, ...]:
    """Name Docker's bridges whose containers INPUT lets in to no more than single ports of the host.

    No bridge where INPUT does not drop what is left, may let all of a bridge in, or leads to what was not listed.
    """
    tables = [
        one
        for one in snapshot.ruleset.tables
        if (one.family, one.name) == (family, "filter") and one.backend in IPTABLES_BACKENDS
    ]
    native = (one for one in snapshot.ruleset.tables if one.backend is Backend.NFTABLES)
    if len(tables) == 1 and NativeChains(snapshot, family).input_keeps_out(_bridges(tables[0])):
        return _bridges(tables[0])
    if len(tables) != 1 or any("hook input " in chain.base for table in native for chain in table.chains):
        return ()
    chains = {chain.name: chain for chain in tables[0].chains}
    bridges = _bridges(tables[0])
    if "INPUT" not in chains or not closes(chains["INPUT"]) or not bridges:
        return ()
    return () if _may_let_in(chains, bridges) else bridges


def _bridges(table: Table) -> tuple[str, ...]:
    names = (found for chain in table.chains for rule in chain.rules for found in _BRIDGE.findall(rule.text))
    return tuple(sorted({name for name in names if is_docker_bridge(name)}))


def _may_let_in(chains: dict[str, Chain], bridges: tuple[str, ...]) -> bool:
    """Tell whether INPUT, or a chain that it leads to, may accept new packets from a bridge to any port."""
    left, met = [chains["INPUT"]], {"INPUT"}
    while left:
        for read in (parse_rule(rule.text) for rule in left.pop().rules):
            if read.target in _LEAVES or (read.target == "ACCEPT" and _is_narrow(read, bridges)):
                continue
            there = chains.get(read.target)
            if there is None or read.target in BUILTIN_CHAINS["filter"]:
                return True
            if read.target not in met:
                met.add(read.target)
                left.append(there)
    return False


def _is_narrow(rule: ParsedRule, bridges: tuple[str, ...]) -> bool:
    """Tell whether a rule is for other interfaces, public senders, connections that exist, or single ports."""
    for one in rule.matches:
        if one.name in _NARROW and not one.negated:
            return True
        if one.name == "-s" and not one.negated and not any(map(may_be_private, one.arguments)):
            return True
        if one.name == "-p" and _NARROW_PROTOCOLS.intersection(one.arguments) and not one.negated:
            return True
        if one.name == "-i" and not one.negated and not _may_be_of(one.arguments, bridges):
            return True
        if one.name in _STATES and not one.negated and "NEW" not in ",".join(one.arguments).split(","):
            return True
    return False


def _may_be_of(names: tuple[str, ...], bridges: tuple[str, ...]) -> bool:
    return any(
        bridge.startswith(name[:-1]) if name.endswith("+") else bridge == name for bridge in bridges for name in names
    )
