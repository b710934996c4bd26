"""The symbols of a plan, bound to what really came: one value for one symbol, in everything that names it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace
from plan.inventories import containers, networks

from netaudit.model.facts import Facts
from netaudit.model.netfilter.ruleset import Chain, NamedSet, Ruleset, Table
from netaudit.model.plan import AssumptionKind, PlannedInventory, SymbolKind
from netaudit.model.snapshot import Snapshot

Bind = Callable[[str], str]


class UnboundError(Exception):
    """A symbol would have to stand for two values, or one value for two symbols."""


def find_binding(
    planned: PlannedInventory, host: Snapshot, real: Snapshot, facts: Facts, likely: Iterable[str] = ()
) -> dict[str, str]:
    """Return what really came for each symbol's example, and for values that are likely. Raises UnboundError."""
    examples = {one.example for one in planned.symbols if one.kind is not SymbolKind.BRIDGE}
    ports = {one.example for one in planned.symbols if one.kind is SymbolKind.HOST_PORT}
    examples |= set(likely)
    found = dict(_bridges(host, real))
    for what in (networks, containers):
        for example, value in _pairs(what(planned.facts_after), what(facts), examples):
            if found.setdefault(example, value) != value:
                raise UnboundError(f"{example} is {found[example]} and {value}")
    apart = [value for example, value in found.items() if example not in ports]  # each protocol counts its own ports
    if len(set(apart)) != len(apart):
        raise UnboundError(f"one value for two symbols: {found}")
    return found


def likely_values(planned: PlannedInventory) -> Iterator[str]:
    """List what follows from a subnet that is likely, and no more: older engines alone know which one is next."""
    unsure = {dict(one.args)["network"] for one in planned.assumptions if one.kind is AssumptionKind.SUBNET_LIKELY}
    for name, network in networks(planned.facts_after).items():
        if name in unsure:
            yield from (text for pool in network["pools"] for text in pool)
            yield from (ipv4.partition("/")[0] for _, ipv4, _ in network["members"])


def make_bind(binding: Mapping[str, str]) -> Bind:
    """Return what puts values in place of examples, all at once: two may be swapped."""
    if not binding:
        return lambda text: text
    longest_first = sorted(binding, key=len, reverse=True)
    pattern = re.compile(rf"(?<![0-9a-z.])(?:{'|'.join(map(re.escape, longest_first))})(?![0-9a-z]|\.[0-9])")
    return lambda text: pattern.sub(lambda found: binding[found[0]], text)


def bound_ruleset(ruleset: Ruleset, bind: Bind) -> Ruleset:
    """Return a ruleset with values in place of examples."""

    def chain(one: Chain) -> Chain:
        return replace(one, name=bind(one.name), rules=tuple(replace(rule, text=bind(rule.text)) for rule in one.rules))

    def named(one: NamedSet) -> NamedSet:
        return replace(one, elements=tuple(map(bind, one.elements)))

    def table(one: Table) -> Table:
        return replace(one, chains=tuple(map(chain, one.chains)), sets=tuple(map(named, one.sets)))

    return Ruleset(tuple(map(table, ruleset.tables)))


def bound_tree(tree: Any, bind: Bind) -> Any:
    """Return lists and objects with values in place of examples."""
    match tree:
        case str():
            return bind(tree)
        case dict():
            return {bind(key): bound_tree(value, bind) for key, value in tree.items()}
        case list() | tuple():
            return [bound_tree(one, bind) for one in tree]
        case _:
            return tree


def _bridges(host: Snapshot, real: Snapshot) -> Iterator[tuple[str, str]]:
    assert host.inventory
    assert real.inventory
    there = {network.name: network.bridge for network in real.inventory.networks}
    for one in host.inventory.networks:
        if there.get(one.name, one.bridge) != one.bridge:
            yield one.bridge, there[one.name]


def _pairs(planned: Any, real: Any, examples: set[str]) -> Iterator[tuple[str, str]]:
    """List examples with what stands in their place, walking two inventories together."""
    match planned, real:
        case dict(), dict():
            for key in planned.keys() & real.keys():
                yield from _pairs(planned[key], real[key], examples)
        case ((list() | tuple()), (list() | tuple())):
            for one, other in zip(planned, real, strict=False):
                yield from _pairs(one, other, examples)
        case str(), str():
            plain, other = planned, real
            if plain not in examples:  # a member's address has the length of its subnet
                plain, other = planned.partition("/")[0], real.partition("/")[0]
            if plain in examples:
                yield plain, other
