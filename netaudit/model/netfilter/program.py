"""A ruleset as packets meet it: base chains at hooks, and rules with their meaning.

A host may have 100,000 rules, and one packet meets some dozens of them. So a chain's rules are read once, when they are
first asked for, and making a `Program` costs nothing.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from itertools import groupby
from typing import Protocol

import msgspec

from netaudit.model.netfilter.ruleset import (
    BUILTIN_CHAINS,
    IPTABLES_BACKENDS,
    Backend,
    Chain,
    Item,
    ObjectKind,
    Ruleset,
    Table,
)
from netaudit.model.netfilter.statement import Meaning


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
    a hook together, in the order of their priorities, at the priority that `nat_priority` gives. `device` are the names
    of one or more, with commas, of which a chain of ingress or egress sees the frames.
    """

    priority: int
    hook: Hook
    kind: str
    device: str = ""


class ReadRule(msgspec.Struct, frozen=True):
    """A rule with its address and its meaning."""

    item: Item
    meaning: Meaning


class MeaningReader(Protocol):
    """Reads what the rules of a chain mean; what it needs beside their text it keeps for itself."""

    def read(self, table: Table, chain: Chain) -> tuple[Meaning, ...]:
        """Return the meaning of each rule of a chain, in order."""


class ReadChain(msgspec.Struct, frozen=True, dict=True, eq=False):
    """A chain whose rules are read when first asked for; `base` is None for a regular chain.

    `positions` say where its rules are in the chain of the host, where it holds only a part of them.
    """

    table: Table
    chain: Chain
    base: Base | None
    reader: MeaningReader
    positions: tuple[int, ...] | None = None

    @property
    def name(self) -> str:
        """Return the chain's name."""
        return self.chain.name

    @cached_property
    def policy(self) -> str | None:
        """Return accept or drop; None for a regular chain."""
        return (self.chain.policy or "accept").lower() if self.base else None

    @cached_property
    def rules(self) -> tuple[ReadRule, ...]:
        """Return the rules in order, each with its meaning."""
        meanings = self.reader.read(self.table, self.chain)
        positions = range(1, self.size + 1) if self.positions is None else self.positions
        return tuple(
            ReadRule(self._item(ObjectKind.RULE, rule.text, at), meaning)
            for at, rule, meaning in zip(positions, self.chain.rules, meanings, strict=True)
        )

    @property
    def size(self) -> int:
        """Count the rules, without reading them."""
        return len(self.chain.rules)

    @cached_property
    def policy_item(self) -> Item:
        """Return the policy with its address, as an object of the ruleset."""
        iptables = self.table.backend in IPTABLES_BACKENDS
        text = f":{self.name} {self.chain.policy}" if iptables else f"policy {self.chain.policy}"
        return self._item(ObjectKind.POLICY, text, None)

    def _item(self, kind: ObjectKind, text: str, position: int | None) -> Item:
        table = self.table
        return Item(kind, table.backend, table.family, table.name, self.name, text, position)


class ReadTable(msgspec.Struct, frozen=True):
    """A table's chains by name; at no hook where it is dormant, or may be: `flags` are as in `ruleset.Table`.

    `made` is higher for a table that was made later, 0 where that is not known. `partly`: rules of it may be left out.
    """

    backend: Backend
    family: str
    name: str
    chains: Mapping[str, ReadChain]
    flags: tuple[str, ...] = ()
    made: int = 0
    partly: bool = False

    @property
    def iptables(self) -> bool:
        """Tell whether iptables made it."""
        return self.backend in IPTABLES_BACKENDS

    @property
    def why_unsure(self) -> str:
        """Return why it is not known whether the table does anything; "" where that is known."""
        return f"the flags of {self.family} table {self.name} cannot be read" if "unreadable" in self.flags else ""


class Program(msgspec.Struct, frozen=True, dict=True):
    """All tables of a host."""

    tables: tuple[ReadTable, ...]

    def base_chains(self, hook: Hook, family: str) -> Sequence[tuple[ReadTable, ReadChain]]:
        """Return the base chains that packets of a family (ip, ip6, bridge…) meet at a hook, in order of priority.

        Of chains of one priority the kernel asks the one first that was made last (nf_hook_entries_grow() in
        net/netfilter/core.c). Where nobody knows which that is, they are in the order of the tables.
        """
        known = self._at_hooks.get((hook, family))
        if known is None:
            known = self._at_hooks[hook, family] = self._find(hook, family)
        return known

    @cached_property
    def _at_hooks(self) -> dict[tuple[Hook, str], Sequence[tuple[ReadTable, ReadChain]]]:
        """Return what was found, by hook and family: it is asked for again and again."""
        return {}

    def _find(self, hook: Hook, family: str) -> Sequence[tuple[ReadTable, ReadChain]]:
        families = (family, "inet") if family in ("ip", "ip6") else (family,)
        found = [
            (table, chain)
            for table in self.tables
            if table.family in families
            for chain in table.chains.values()
            if chain.base and chain.base.hook == hook
        ]
        by_priority = groupby(sorted(found, key=_priority), key=_priority)
        return [pair for _, group in by_priority for pair in _last_made_first(list(group))]


def is_order_known(chains: Sequence[tuple[ReadTable, ReadChain]]) -> bool:
    """Tell whether it is known which of some base chains was made last."""
    tables = {id(table): table for table, _ in chains}
    return len(tables) < 2 or all(table.made for table in tables.values())


def _priority(pair: tuple[ReadTable, ReadChain]) -> int:
    return pair[1].base.priority if pair[1].base else 0


def _last_made_first(chains: list[tuple[ReadTable, ReadChain]]) -> list[tuple[ReadTable, ReadChain]]:
    """Sort base chains of one priority; of one table in the order in which they were made."""
    if not is_order_known(chains):
        return chains
    return [pair for _, pair in sorted(enumerate(chains), key=lambda one: (one[1][0].made, one[0]), reverse=True)]


# Priorities in the kernel's linux/netfilter_ipv4.h: NF_IP_PRI_CONNTRACK, NF_IP_PRI_NAT_DST, NF_IP_PRI_NAT_SRC.
CONNTRACK_PRIORITY = -200  # of connection tracking, in prerouting and output: before it a packet has no connection
DESTINATION_NAT_PRIORITY, SOURCE_NAT_PRIORITY = -100, 100
_SOURCE_NAT_HOOKS = (Hook.INPUT, Hook.POSTROUTING)
_IPTABLES_PRIORITIES = {"raw": -300, "mangle": -150, "filter": 0, "security": 50}

_OFF = frozenset({"dormant", "unreadable"})  # the second is not sure: `ReadTable.why_unsure` says why


def nat_priority(hook: Hook) -> int:
    """Return the priority at which the kernel asks all nat chains of a hook."""
    return SOURCE_NAT_PRIORITY if hook in _SOURCE_NAT_HOOKS else DESTINATION_NAT_PRIORITY


def make_program(ruleset: Ruleset, reader: MeaningReader) -> Program:
    """Return a ruleset as packets meet it; `reader` reads each chain when somebody first asks for its rules."""
    made = {(family, name): handle for family, name, handle in ruleset.made}
    return Program(tuple(_read_table(table, reader, made) for table in ruleset.tables))


def _read_table(table: Table, reader: MeaningReader, made: Mapping[tuple[str, str], int]) -> ReadTable:
    chains = {chain.name: ReadChain(table, chain, _base(table, chain), reader) for chain in table.chains}
    handle = 0 if table.backend is Backend.IPTABLES_LEGACY else made.get((table.family, table.name), 0)
    return ReadTable(table.backend, table.family, table.name, chains, table.flags, handle, table.partly)


def iptables_base(table: str, chain: str) -> Base | None:
    """Return the hook, kind and priority of a base chain of iptables; None for a regular chain."""
    if chain not in BUILTIN_CHAINS.get(table, ()):
        return None
    hook = Hook(chain.lower())
    kind = "nat" if table == "nat" else "route" if (table, chain) == ("mangle", "OUTPUT") else "filter"
    return Base(nat_priority(hook) if table == "nat" else _IPTABLES_PRIORITIES[table], hook, kind)


def _base(table: Table, chain: Chain) -> Base | None:
    if table.backend in IPTABLES_BACKENDS:
        return iptables_base(table.name, chain.name)
    return _nft_base(chain) if _OFF.isdisjoint(table.flags) else None


def _nft_base(chain: Chain) -> Base | None:
    """Read `type filter hook ingress device eth0, eth1 priority 0`, as `Chain.base` has it."""
    words = chain.base.replace(", ", ",").split(" ")
    known = dict(zip(words[::2], words[1::2], strict=False))
    try:
        return Base(int(known["priority"]), Hook(known["hook"]), known["type"], known.get("device", ""))
    except (KeyError, ValueError):  # a regular chain, or a hook that is not known here
        return None
