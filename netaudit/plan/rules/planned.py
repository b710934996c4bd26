"""A snapshot and the inventory afterwards -> the host afterwards."""

from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from netaudit.attribute.expected.daemon_options import find_options
from netaudit.attribute.signatures.signature import Catalog, SubjectKind
from netaudit.diff import Change, compare
from netaudit.model.docker import Inventory
from netaudit.model.plan import Assumption, Effect, MeshPort, PlannedInventory, Symbol, speller
from netaudit.model.snapshot import Snapshot
from netaudit.model.version import Version
from netaudit.parse.docker.inventory import parse_inventory
from netaudit.plan.rules.draft import Draft
from netaudit.plan.rules.effects import find_effects
from netaudit.plan.rules.meanings import PlannedReader
from netaudit.plan.rules.put import Hand
from netaudit.plan.rules.replay import Replay
from netaudit.plan.rules.set_up import SetUp
from netaudit.plan.rules.surroundings import host_after
from netaudit.plan.rules.switches import Switches
from netaudit.plan.rules.wanted import Writer, mesh_rules
from netaudit.plan.rules.written import Written, taken_for_granted, with_defaults


class Certainty(StrEnum):
    """How sure a planned change is."""

    EXACT = "exact"
    SYMBOLIC = "symbolic"  # its text holds symbols
    LIKELY = "likely"


class PlannedChange(msgspec.Struct, frozen=True):
    """A change that would happen; `text` is the item's, with symbols in braces where nobody can know the value."""

    change: Change
    text: str
    certainty: Certainty


class PlannedHost(msgspec.Struct, frozen=True):
    """A host before and after.

    In `after` each symbol is held by its example, so that it is the snapshot of a host that could be.
    """

    before: Snapshot
    after: Snapshot
    changes: tuple[PlannedChange, ...]
    symbols: tuple[Symbol, ...] = ()
    assumptions: tuple[Assumption, ...] = ()


def plan_host(before: Snapshot, planned: PlannedInventory, catalog: Catalog) -> PlannedHost:
    """Return the host after what is planned; `before` is the snapshot of the facts that it was planned on."""
    inventory = parse_inventory(planned.facts_after)
    if before.inventory is None or inventory is None:
        return PlannedHost(before, before, (), planned.symbols, planned.assumptions)
    effects = planned.effects or find_effects(before.inventory, inventory)
    written = write_rules(before, inventory, effects, catalog, planned.mesh)
    return make_planned_host(before, inventory, written, planned.symbols, planned.assumptions)


def make_planned_host(
    before: Snapshot,
    inventory: Inventory,
    written: Written,
    symbols: tuple[Symbol, ...] = (),
    assumptions: tuple[Assumption, ...] = (),
) -> PlannedHost:
    """Return a host before and after what was written for an inventory."""
    after = replace(
        before,
        ruleset=written.ruleset,
        inventory=inventory,
        host=host_after(before.host, before.inventory or Inventory(), inventory, written.sysctls),
        digest="",
        taken_at="",
        meanings=PlannedReader(before.ruleset, before.meanings),
    )
    unsure = frozenset((one.key, one.text) for one in written.rules if not one.sure)
    spell = speller(symbols)
    changes = (_planned(change, spell, unsure) for change in compare(before.ruleset, after.ruleset))
    taken = (*assumptions, *taken_for_granted(before, inventory, written))
    return PlannedHost(before, after, tuple(changes), symbols, tuple(dict.fromkeys(taken)))


def write_rules(
    before: Snapshot, inventory: Inventory, effects: Iterable[Effect], catalog: Catalog, mesh: Iterable[MeshPort] = ()
) -> Written:
    """Return what an engine writes when effects happen that lead to an inventory, and ports are put on its mesh."""
    options = with_defaults(find_options(inventory.options, before.ruleset, before.host, catalog.telltales))
    draft = Draft(before.ruleset)
    hand = Hand(draft, Version.parse(inventory.version), catalog)
    old = Writer(before.inventory or Inventory(), options, catalog)
    switches = Switches(dict(before.host.sysctls), inventory.options, Version.parse(inventory.version))
    writer = Writer(inventory, options, catalog)
    set_up = SetUp(hand, writer, switches)
    replay = Replay(set_up, old, writer)
    for effect in effects:
        replay.apply(effect)
    if ports := mesh_rules(mesh, inventory, options, catalog):
        own = (one for one in writer.of_daemon() if one.signature.subject is SubjectKind.INGRESS)
        set_up.put((*own, *ports))  # dockerd makes the chains of the mesh with the first port
    return Written(draft.freeze(), tuple(set_up.written), tuple(hand.refused), switches.sysctls)


def _planned(change: Change, spell: Callable[[str], str], unsure: frozenset[object]) -> PlannedChange:
    item = change.item
    text = spell(item.text)
    key = (item.backend, item.family, item.table, item.chain)
    certainty = Certainty.EXACT if text == item.text else Certainty.SYMBOLIC
    return PlannedChange(change, text, Certainty.LIKELY if (key, item.text) in unsure else certainty)
