"""Compare two rulesets: what was added, removed, moved and altered; order-aware, near-linear in the number of rules.

Laws, stated as properties in tests/diff: `compare(a, a) == ()`, and replaying `compare(a, b)` on `a` gives `b`.

    change    what can happen to an object
    sequence  pairs the rules of one chain
    declared  sets, maps and other named objects of nftables
"""

from collections.abc import Iterable, Iterator

import msgspec

from netaudit.diff.change import Added, Altered, Change, Moved, Removed
from netaudit.diff.declared import compare_declared, compare_elements, declared_items, set_items
from netaudit.diff.sequence import align, stayed_or_moved
from netaudit.model.netfilter.ruleset import (
    BUILTIN_CHAINS,
    IPTABLES_BACKENDS,
    Backend,
    Chain,
    Item,
    ObjectKind,
    Rule,
    Ruleset,
    Table,
)

__all__ = [
    "Added",
    "Altered",
    "Change",
    "Moved",
    "Removed",
    "compare",
    "compare_with_counters",
    "items",
    "rule_item",
    "set_items",
]

_ACCEPTING = "policy accept"


def compare(before: Ruleset, after: Ruleset) -> tuple[Change, ...]:
    """Compare everything but counters; changes come table by table, chain by chain, in the order of the rules."""
    return tuple(_changes(before, after))


def compare_with_counters(before: Ruleset, after: Ruleset) -> tuple[Change, ...]:
    """Compare everything: a rule that only counted on is altered."""
    return tuple(_changes(before, after, counters=True))


def items(ruleset: Ruleset) -> Iterator[Item]:
    """List every object of a ruleset: each chain with its policy, then its rules; sets and maps with their elements."""
    for table in ruleset.tables:
        for chain in table.chains:
            yield from _chain_heads(table, chain)
            yield from _rule_items(table, chain)
        for named in table.sets:
            yield from set_items(table, named)
        yield from declared_items(table)


def _changes(before: Ruleset, after: Ruleset, *, counters: bool = False) -> Iterator[Change]:
    old = {table.key: table for table in before.tables}
    new = {table.key: table for table in after.tables}
    for key in [*new, *(key for key in old if key not in new)]:
        if key[0] is Backend.IPSET and not (key in old and key in new):
            continue  # one side did not record what ipsets hold
        left, right = _with_builtin_chains(key, old.get(key)), _with_builtin_chains(key, new.get(key))
        yield from _compare_chains(left, right, counters=counters)
        yield from compare_elements(left, right)
        yield from compare_declared(left, right, counters=counters)


def _with_builtin_chains(key: tuple[Backend, str, str], table: Table | None) -> Table:
    """Fill in what the kernel does without a base chain: accept.

    iptables-nft creates a base chain when a rule first needs it; that is no change of the ruleset's meaning.
    """
    table = table or Table(*key)
    if table.backend not in IPTABLES_BACKENDS:
        return table
    there = {chain.name for chain in table.chains}
    absent = tuple(Chain(name, (), "ACCEPT") for name in BUILTIN_CHAINS.get(table.name, ()) if name not in there)
    return msgspec.structs.replace(table, chains=absent + table.chains) if absent else table


def _compare_chains(left: Table, right: Table, *, counters: bool) -> Iterator[Change]:
    old = {chain.name: chain for chain in left.chains}
    new = {chain.name: chain for chain in right.chains}
    for name in [*new, *(name for name in old if name not in new)]:
        was, now = old.get(name), new.get(name)
        yield from _compare_heads(left, was, now)
        if was is None or now is None or was.rules != now.rules:
            yield from _compare_rules(left, was or Chain(name), now or Chain(name), counters=counters)


def _compare_heads(table: Table, was: Chain | None, now: Chain | None) -> Iterator[Change]:
    """Compare what a chain is apart from its rules."""
    old = {item.object: item for item in _chain_heads(table, was)} if was else {}
    new = {item.object: item for item in _chain_heads(table, now)} if now else {}
    for kind in (ObjectKind.CHAIN, ObjectKind.POLICY):
        match old.get(kind), new.get(kind):
            case (None, Item(text=text)) | (Item(text=text), None) if text == _ACCEPTING:
                pass  # an nftables base chain comes and goes with what it does anyway
            case None, Item() as item:
                yield Added(item)
            case Item() as item, None:
                yield Removed(item)
            case Item() as before, Item() as item if before.text != item.text:
                yield Altered(item, before)
            case _:
                pass


def _chain_heads(table: Table, chain: Chain) -> Iterator[Item]:
    """Give a chain's declaration and policy; iptables' base chains are never made or deleted, so only a policy."""

    def item(kind: ObjectKind, text: str) -> Item:
        return Item(kind, table.backend, table.family, table.name, chain.name, text)

    iptables = table.backend in IPTABLES_BACKENDS
    if not (iptables and chain.policy):
        declaration = f" {{ {chain.base} }}" if chain.base else ""
        yield item(ObjectKind.CHAIN, f":{chain.name} -" if iptables else f"chain {chain.name}{declaration}")
    if chain.policy:
        yield item(ObjectKind.POLICY, f":{chain.name} {chain.policy}" if iptables else f"policy {chain.policy}")


def _rule_items(table: Table, chain: Chain) -> list[Item]:
    return [rule_item(table, chain, at, rule) for at, rule in enumerate(chain.rules)]


def rule_item(table: Table, chain: Chain, at: int, rule: Rule) -> Item:
    """Give a rule its address; `at` counts from 0, positions from 1."""
    return Item(
        ObjectKind.RULE,
        table.backend,
        table.family,
        table.name,
        chain.name,
        rule.text,
        at + 1,
        rule.packets,
        rule.octets,
    )


def _compare_rules(table: Table, was: Chain, now: Chain, *, counters: bool) -> Iterator[Change]:
    old, new = [rule.text for rule in was.rules], [rule.text for rule in now.rules]
    if counters:
        yield from _counted(table, was, now, stayed_or_moved(old, new))
    if old == new:
        return
    aligned = align(old, new)
    for after in sorted({*aligned.added, *aligned.moved, *aligned.altered}):
        item = rule_item(table, now, after, now.rules[after])
        if after in aligned.altered:
            before = aligned.altered[after]
            yield Altered(item, rule_item(table, was, before, was.rules[before]))
        elif after in aligned.moved:
            before = aligned.moved[after]
            yield Moved(item, rule_item(table, was, before, was.rules[before]))
        else:
            yield Added(item)
    for before in aligned.removed:
        yield Removed(rule_item(table, was, before, was.rules[before]))


def _counted(table: Table, was: Chain, now: Chain, pairs: Iterable[tuple[int, int]]) -> Iterator[Change]:
    for left, right in pairs:
        old, new = was.rules[left], now.rules[right]
        if (old.packets, old.octets) != (new.packets, new.octets):
            yield Altered(rule_item(table, now, right, new), rule_item(table, was, left, old))
