"""A ruleset as packets meet it: base chains at hooks, and rules with their meaning.

A host may have 100,000 rules, and one packet meets some dozens of them. So a chain's rules are read once, when they are
first asked for, and making a `Program` costs nothing.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cached_property

import msgspec

from netaudit.model.ruleset import BUILTIN_CHAINS, IPTABLES_BACKENDS, Backend, Chain, Item, ObjectKind, Table
from netaudit.model.statement import Meaning


class Hook(StrEnum):
    """A place on a packet's way where the kernel asks base chains."""

    INGRESS = "ingress"
    PREROUTING = "prerouting"
    INPUT = "input"
    FORWARD = "forward"
    OUTPUT = "output"
    POSTROUTING = "postrouting"
    EGRESS = "egress"


class Base(msgspec.Struct, frozen=True, gc=False, order=True):
    """What makes a base chain: at a hook, lower priorities are asked first.

    `kind` is filter, nat or route. Chains of kind nat see only a connection's first packet, and the kernel asks all of
    a hook together, in the order of their priorities, at the priority that `nat_priority` gives.
    """

    priority: int
    hook: Hook
    kind: str
    device: str = ""


class ReadRule(msgspec.Struct, frozen=True):
    """A rule with its address and its meaning."""

    item: Item
    meaning: Meaning


class ReadChain:
    """A chain whose rules are read when first asked for; `policy` is accept or drop, None for a regular chain."""

    def __init__(self, table: Table, chain: Chain, base: Base | None, read: Callable[[], tuple[Meaning, ...]]) -> None:
        self.name = chain.name
        self.base = base
        self.policy = (chain.policy or "accept").lower() if base else None
        self._table = table
        self._chain = chain
        self._read = read

    @cached_property
    def rules(self) -> tuple[ReadRule, ...]:
        """Return the rules in order."""
        pairs = zip(self._chain.rules, self._read(), strict=True)
        return tuple(
            ReadRule(self._item(ObjectKind.RULE, rule.text, at), meaning) for at, (rule, meaning) in enumerate(pairs, 1)
        )

    @property
    def size(self) -> int:
        """Return the number of rules, without reading them."""
        return len(self._chain.rules)

    @cached_property
    def policy_item(self) -> Item:
        """Return the policy as an object of the ruleset, with its address."""
        iptables = self._table.backend in IPTABLES_BACKENDS
        text = f":{self.name} {self._chain.policy}" if iptables else f"policy {self._chain.policy}"
        return self._item(ObjectKind.POLICY, text, None)

    def _item(self, kind: ObjectKind, text: str, position: int | None) -> Item:
        table = self._table
        return Item(kind, table.backend, table.family, table.name, self.name, text, position)


class ReadTable(msgspec.Struct, frozen=True):
    """A table's chains by name; at no hook where it is dormant, or may be: `flags` are as in `ruleset.Table`."""

    backend: Backend
    family: str
    name: str
    chains: Mapping[str, ReadChain]
    flags: tuple[str, ...] = ()

    @property
    def iptables(self) -> bool:
        """Tell whether iptables made it."""
        return self.backend in IPTABLES_BACKENDS

    @property
    def why_unsure(self) -> str:
        """Return why it is not known whether the table does anything; "" where that is known."""
        return f"the flags of {self.family} table {self.name} cannot be read" if "unreadable" in self.flags else ""


class Program(msgspec.Struct, frozen=True):
    """All tables of a host."""

    tables: tuple[ReadTable, ...]

    def base_chains(self, hook: Hook, family: str) -> list[tuple[ReadTable, ReadChain]]:
        """Return the base chains that packets of a family (ip, ip6, bridge…) meet at a hook, in order of priority.

        Chains of the same priority are in the order of the tables. The kernel asks them in the order in which they
        were registered, which no listing shows.
        """
        families = (family, "inet") if family in ("ip", "ip6") else (family,)
        found = [
            (table, chain)
            for table in self.tables
            if table.family in families
            for chain in table.chains.values()
            if chain.base and chain.base.hook == hook
        ]
        return sorted(found, key=lambda pair: pair[1].base.priority if pair[1].base else 0)


# Priorities in the kernel's linux/netfilter_ipv4.h: NF_IP_PRI_CONNTRACK, NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC.
CONNTRACK_PRIORITY = -200  # of connection tracking, in prerouting and output: before it a packet has no connection
DESTINATION_NAT_PRIORITY, SOURCE_NAT_PRIORITY = -100, 100
_SOURCE_NAT_HOOKS = (Hook.INPUT, Hook.POSTROUTING)
_IPTABLES_PRIORITIES = {"raw": -300, "mangle": -150, "filter": 0, "security": 50}


def nat_priority(hook: Hook) -> int:
    """Return the priority at which the kernel asks all nat chains of a hook."""
    return SOURCE_NAT_PRIORITY if hook in _SOURCE_NAT_HOOKS else DESTINATION_NAT_PRIORITY


def iptables_base(table: str, chain: str) -> Base | None:
    """Return the hook, kind and priority of a base chain of iptables; None for a regular chain."""
    if chain not in BUILTIN_CHAINS.get(table, ()):
        return None
    hook = Hook(chain.lower())
    kind = "nat" if table == "nat" else "route" if (table, chain) == ("mangle", "OUTPUT") else "filter"
    return Base(nat_priority(hook) if table == "nat" else _IPTABLES_PRIORITIES[table], hook, kind)
