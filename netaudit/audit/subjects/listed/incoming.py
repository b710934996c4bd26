"""What INPUT does to containers that connect to ports of their own host, told by the rules alone."""

import re

from netaudit.audit.subjects.listed.chains import NOT_LISTED
from netaudit.model.docker import is_docker_bridge
from netaudit.model.netfilter.ruleset import BUILTIN_CHAINS, IPTABLES_BACKENDS, Backend, Chain, Table
from netaudit.model.snapshot import Snapshot
from netaudit.parse.iptables.rule import ParsedRule, parse_rule

_BRIDGE = re.compile(r"(?:-[io] |[io]ifname (?:!= )?\"?)([\w.-]+)")
_STATES = ("--ctstate", "--state")
_NARROW = frozenset(
    {"--dport", "--dports", "--sport", "--sports", "--ports", "--icmp-type", "--icmpv6-type", "-s", "--match-set",
     "--pkt-type", "--mac-source", "--dst-type", "--limit"}
)  # fmt: skip
_NARROW_PROTOCOLS = frozenset({"icmp", "ipv6-icmp", "esp", "ah", "gre", "igmp", "ospf", "vrrp", "1", "58"})


def bridges_kept_out(snapshot: Snapshot, family: str) -> tuple[str, ...]:
    """Name Docker's bridges whose containers INPUT lets in to no more than single ports of the host.

    None where INPUT does not drop what is left, may let everything of a bridge in, or leads to what was not listed.
    """
    tables = [
        one
        for one in snapshot.ruleset.tables
        if (one.family, one.name) == (family, "filter") and one.backend in IPTABLES_BACKENDS
    ]
    native = (one for one in snapshot.ruleset.tables if one.backend is Backend.NFTABLES)
    if len(tables) != 1 or any("hook input " in chain.base for table in native for chain in table.chains):
        return ()
    chains = {chain.name: chain for chain in tables[0].chains}
    bridges = _bridges(tables[0])
    if "INPUT" not in chains or not _closes(chains["INPUT"]) or not bridges:
        return ()
    return () if _may_let_in(chains["INPUT"], chains, bridges, {"INPUT"}) else bridges


def _bridges(table: Table) -> tuple[str, ...]:
    names = (found for chain in table.chains for rule in chain.rules for found in _BRIDGE.findall(rule.text))
    return tuple(sorted({name for name in names if is_docker_bridge(name)}))


def _closes(chain: Chain) -> bool:
    """Tell whether what no rule decides is dropped: by the policy, or by a last rule without a match."""
    last = parse_rule(chain.rules[-1].text) if chain.rules else None
    return chain.policy == "DROP" or (
        last is not None and last.target in ("DROP", "REJECT") and not last.matches and NOT_LISTED not in str(last)
    )


def _may_let_in(chain: Chain, chains: dict[str, Chain], bridges: tuple[str, ...], met: set[str]) -> bool:
    """Tell whether a chain, or one that it leads to, may accept new packets from a bridge to any port."""
    for rule in chain.rules:
        read = parse_rule(rule.text)
        if _is_narrow(read, bridges) or read.target in ("DROP", "REJECT", "RETURN", "LOG", "NFLOG", "MARK", ""):
            continue
        there = chains.get(read.target)
        if there is None or read.target in BUILTIN_CHAINS["filter"]:
            return True
        if read.target not in met:
            met.add(read.target)
            if _may_let_in(there, chains, bridges, met):
                return True
    return False


def _is_narrow(rule: ParsedRule, bridges: tuple[str, ...]) -> bool:
    """Tell whether a rule is for packets of other interfaces, of connections that exist, or to single ports."""
    for one in rule.matches:
        if one.name in _NARROW and not one.negated:
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
