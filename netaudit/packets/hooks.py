"""The base chains that a packet meets, hook by hook, in the kernel's order: for one packet and for sets alike.

    from a wire   prerouting -> routing -> input                    (to this host)
                                        -> forward -> postrouting   (through it)
    from here     routing -> output -> (routing again after NAT or a new mark) -> postrouting

Both iptables backends and native nftables register their chains at the same hooks; the priority orders them. Where
two have the same one, the kernel takes them in the order of their registration, which nobody records: here
iptables-legacy goes first, then iptables-nft, then nftables tables in the order in which nft lists them.
"""

import re
from enum import StrEnum

import msgspec

from netaudit.model.ruleset import BUILTIN_CHAINS, Backend, Chain, Ruleset, Table

CONNTRACK_PRIORITY = (
    -200
)  # before it a packet has no connection; `notrack` must be said before (linux/netfilter_ipv4.h)
_IPTABLES_PRIORITY = {"raw": -300, "mangle": -150, "filter": 0, "security": 50}
_DESTINATION_NAT, _SOURCE_NAT = -100, 100
_BACKENDS = (Backend.IPTABLES_LEGACY, Backend.IPTABLES_NFT, Backend.NFTABLES)
_BASE = re.compile(r"type (?P<kind>\S+) hook (?P<hook>\S+)(?: device (?P<device>.+))? priority (?P<priority>-?\d+)")


class Hook(StrEnum):
    """Where in IP's way through the kernel base chains are called."""

    PREROUTING = "prerouting"
    INPUT = "input"
    FORWARD = "forward"
    OUTPUT = "output"
    POSTROUTING = "postrouting"


class ChainKind(StrEnum):
    """What a base chain may do besides filtering."""

    FILTER = "filter"
    NAT = "nat"  # sees the first packet of a connection alone
    ROUTE = "route"  # at output: the packet is routed anew when its mark or addresses changed


class BaseChain(msgspec.Struct, frozen=True):
    """A chain at a hook."""

    table: Table
    chain: Chain
    hook: Hook
    kind: ChainKind
    priority: int

    @property
    def drops_by_policy(self) -> bool:
        """Tell whether what no rule decides is dropped."""
        return (self.chain.policy or "").lower() == "drop"


def base_chains(ruleset: Ruleset, family: str) -> dict[Hook, tuple[BaseChain, ...]]:
    """Find the base chains that packets of a family (`ip`, `ip6`) meet at each hook, in order."""
    found = [base for table in ruleset.tables if table.family in (family, "inet") for base in _bases(table)]
    found.sort(key=lambda base: (base.priority, _BACKENDS.index(base.table.backend)))
    return {hook: tuple(base for base in found if base.hook is hook) for hook in Hook}


def unfollowed(ruleset: Ruleset) -> tuple[str, ...]:
    """Name what stands in packets' way and is not followed: base chains of bridges and devices that have rules."""
    return tuple(
        f"{table.family} table {table.name}, chain {chain.name}: {chain.base}"
        for table in ruleset.tables
        for chain in table.chains
        if chain.base and (chain.rules or _drops(chain)) and _is_elsewhere(table, chain)
    )


def _drops(chain: Chain) -> bool:
    return (chain.policy or "").lower() == "drop"


def _is_elsewhere(table: Table, chain: Chain) -> bool:
    parts = _BASE.fullmatch(chain.base)
    return table.family in ("bridge", "netdev") or not parts or parts["hook"] not in set(Hook) or bool(parts["device"])


def _bases(table: Table) -> list[BaseChain]:
    one = _nft_base if table.backend is Backend.NFTABLES else _iptables_base
    return [base for chain in table.chains if (base := one(table, chain))]


def _nft_base(table: Table, chain: Chain) -> BaseChain | None:
    parts = _BASE.fullmatch(chain.base)
    if not parts or parts["hook"] not in set(Hook):
        return None
    return BaseChain(table, chain, Hook(parts["hook"]), ChainKind(parts["kind"]), int(parts["priority"]))


def _iptables_base(table: Table, chain: Chain) -> BaseChain | None:
    if chain.name not in BUILTIN_CHAINS.get(table.name, ()):
        return _nat_input(table, chain)
    hook = Hook(chain.name.lower())
    return BaseChain(table, chain, hook, _kind(table.name, hook), _priority(table.name, hook))


def _nat_input(table: Table, chain: Chain) -> BaseChain | None:
    """Find nat's INPUT, which iptables-legacy and iptables-nft both have, and BUILTIN_CHAINS does not name."""
    if (table.name, chain.name) != ("nat", "INPUT"):
        return None
    return BaseChain(table, chain, Hook.INPUT, ChainKind.NAT, _SOURCE_NAT)


def _kind(table: str, hook: Hook) -> ChainKind:
    if table == "nat":
        return ChainKind.NAT
    return ChainKind.ROUTE if (table, hook) == ("mangle", Hook.OUTPUT) else ChainKind.FILTER


def _priority(table: str, hook: Hook) -> int:
    if table != "nat":
        return _IPTABLES_PRIORITY[table]
    return _DESTINATION_NAT if hook in (Hook.PREROUTING, Hook.OUTPUT) else _SOURCE_NAT
