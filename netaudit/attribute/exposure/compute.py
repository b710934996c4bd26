"""Exposure, joined with causes: of one host, and what of it changed between two snapshots.

A plain diff of a large host must stay quick: there exposure is computed where containers that are alike stand for each
other, and else only when it is asked for; `exposure_gap` says that it was not. A change that only concerns some
containers, as Docker's own rules tell, is answered by computing the table of those alone.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from netaudit.attribute.attribution import (
    AttributedDiff,
    AttributedExposure,
    AttributedSnapshot,
)
from netaudit.attribute.attributor import Attributor
from netaudit.attribute.diff import attribute_diff
from netaudit.attribute.exposure.attributions import Attributions, attributions_of
from netaudit.attribute.exposure.causes import ExposureCauses, Tense
from netaudit.attribute.exposure.compare import Compared, Sides, attribute_exposures, compare_exposures
from netaudit.attribute.exposure.identity import by_address, by_container
from netaudit.attribute.exposure.named import name_destinations
from netaudit.attribute.exposure.sight import Sight
from netaudit.attribute.exposure.touched import touched_containers, unasked_containers, wanted_destinations
from netaudit.attribute.exposure.ways import (
    AFFORDABLE_RULES,
    Expose,
    Wanted,
    by_groups,
    free_packet_sets,
    if_few_are_left,
    one_by_one,
    shared_spaces,
)
from netaudit.attribute.signatures.signature import Catalog
from netaudit.diff.counters import Counters
from netaudit.model.exposure import Destination
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.zones import ZoneChoice

AFFORDABLE_CONTAINERS = 300
_AFFORDABLE_BY_GROUPS = 2000  # containers


class ComputeExposure(StrEnum):
    """When exposure is computed, and how: containers that are alike are asked about once for all, unless EXACTLY."""

    NEVER = "never"
    WHEN_QUICK = "when quick"  # a result without it says why
    ALWAYS = "always"
    EXACTLY = "exactly"  # each container by itself: on a host of 1,000 that takes seconds


class Tables(msgspec.Struct, frozen=True):
    """The exposure tables of two snapshots: of a small change, the rows alone that it can have touched."""

    before: tuple[AttributedExposure, ...]
    after: tuple[AttributedExposure, ...]


def with_exposure(
    shown: AttributedSnapshot,
    snapshot: Snapshot,
    catalog: Catalog,
    choice: ZoneChoice,
    when: ComputeExposure = ComputeExposure.ALWAYS,
) -> AttributedSnapshot:
    """Add the exposure table to what is shown of a snapshot."""
    if when is ComputeExposure.NEVER:
        return shown
    if when is ComputeExposure.WHEN_QUICK and (gap := why_too_large(snapshot)):
        return msgspec.structs.replace(shown, exposure_gap=gap)
    how = (_WAYS[when], _everything, "")
    attribute = Attributions(shown.items, lambda: Attributor.of(snapshot, catalog).attribute)
    table, gap = _table(snapshot, attribute, choice, how, name_destinations(snapshot, catalog))
    return msgspec.structs.replace(shown, exposure=table, exposure_gap=gap)


def diff_with_exposure(
    before: Snapshot, after: Snapshot, catalog: Catalog, when: ComputeExposure, counters: Counters = Counters.IGNORE
) -> tuple[AttributedDiff, Tables | None]:
    """Compare two snapshots, with what of the exposure table changed; return the tables too, where they are computed.

    What ought to be there, of which a large host has 100,000 rules, is worked out once for both.
    """
    both = Attributor.of_both(before, after, catalog)
    diff = attribute_diff(before, after, catalog, counters, both)
    tables, gap = expose_both(diff, before, after, catalog, when, both)
    shown = with_tables(diff, before, after, tables) if tables else msgspec.structs.replace(diff, exposure_gap=gap)
    return shown, tables


def with_exposure_changes(
    diff: AttributedDiff,
    before: Snapshot,
    after: Snapshot,
    catalog: Catalog,
    when: ComputeExposure = ComputeExposure.ALWAYS,
    tense: Tense = Tense.PAST,
) -> AttributedDiff:
    """Add to a diff what of the exposure table changed; `tense` is for the sentences that say why."""
    tables, gap = expose_both(diff, before, after, catalog, when)
    if tables is None:
        return msgspec.structs.replace(diff, exposure_gap=gap)
    return with_tables(diff, before, after, tables, tense)


def with_tables(
    diff: AttributedDiff, before: Snapshot, after: Snapshot, tables: Tables, tense: Tense = Tense.PAST
) -> AttributedDiff:
    """Add to a diff what differs between two tables that were computed already."""
    found = compare_tables(before, tables.before, after, tables.after, tense)
    unasked = unasked_containers(diff.changes, before, after)
    found_at = {"exposure": found.changes, "exposure_undecided": found.undecided, "exposure_unasked": unasked}
    return msgspec.structs.replace(diff, **found_at)


def choose_rows(tables: Tables, diff: AttributedDiff, before: Snapshot, after: Snapshot) -> Tables:
    """Return of whole tables the rows that a change can have touched."""
    wanted = wanted_destinations(diff.changes, before, after)
    sides = (tables.before, tables.after)
    return Tables(*(tuple(one for one in side if wanted(one.exposure.destination)) for side in sides))


def expose_both(
    diff: AttributedDiff,
    before: Snapshot,
    after: Snapshot,
    catalog: Catalog,
    when: ComputeExposure,
    attributors: tuple[Attributor, Attributor] | None = None,
) -> tuple[Tables | None, str]:
    """Compute the tables of two snapshots, as far as a change can have touched them; None and why where not.

    `attributors` of both are taken where they were made already.
    """
    way, gap = _way(when, diff, before, after)
    if way is None:
        return None, gap
    how = (way, wanted_destinations(diff.changes, before, after), gap)
    sides = zip((before, after), attributors or Attributor.of_both(before, after, catalog), strict=True)
    found: list[tuple[AttributedExposure, ...]] = []
    with shared_spaces():
        for snapshot, attributor in sides:
            attribute = attributions_of(attributor.attribute)
            table, why = _table(snapshot, attribute, ZoneChoice(), how, name_destinations(snapshot, catalog))
            if table is None:
                return None, why
            found.append(table)
    return Tables(*found), ""


def compare_tables(
    before: Snapshot,
    old: tuple[AttributedExposure, ...],
    after: Snapshot,
    new: tuple[AttributedExposure, ...],
    tense: Tense = Tense.PAST,
) -> Compared:
    """List what differs between the tables of two snapshots, which were computed already."""
    because = ExposureCauses(before, after, tense).describe_change
    return compare_exposures(old, new, because, _sides(before, after))


def _sides(before: Snapshot, after: Snapshot) -> Sides:
    """Choose what names a row: its container, where Docker's inventory is known on both sides."""
    earlier, later = Sight(before), Sight(after)
    known = earlier.knows_docker and later.knows_docker
    identify = by_container(before.inventory, after.inventory) if known else by_address
    return Sides(identify, earlier.lists, later.lists)


def _way(when: ComputeExposure, diff: AttributedDiff, before: Snapshot, after: Snapshot) -> tuple[Expose | None, str]:
    """Choose how the exposure of a diff is computed; None and why where it is not, "" where it surely can be."""
    match when:
        case ComputeExposure.NEVER:
            return None, "not asked for"
        case ComputeExposure.WHEN_QUICK if gap := why_not_affordable(diff, before, after):
            number = _number_of_containers(diff, before, after)
            return (if_few_are_left if number <= _AFFORDABLE_BY_GROUPS else None), gap
        case _:
            return _WAYS[when], ""


def _number_of_containers(diff: AttributedDiff, before: Snapshot, after: Snapshot) -> int:
    """Count the containers that the exposure of a diff is about."""
    touched = touched_containers(diff.changes, before, after)
    if touched is not None:
        return len(touched)
    return max(len(one.inventory.containers) if one.inventory else 0 for one in (before, after))


_WAYS: Mapping[ComputeExposure, Expose] = {
    ComputeExposure.WHEN_QUICK: by_groups,
    ComputeExposure.ALWAYS: by_groups,
    ComputeExposure.EXACTLY: one_by_one,
}


def why_not_affordable(diff: AttributedDiff, before: Snapshot, after: Snapshot) -> str:
    """Say why exposure takes longer than a plain diff should; "" where it does not."""
    touched = touched_containers(diff.changes, before, after)
    sizes = [_too_large(one, len(touched) if touched is not None else None) for one in (after, before)]
    return sizes[0] or sizes[1]


def why_too_large(snapshot: Snapshot) -> str:
    """Say why a host's table takes long; "" where it does not."""
    return _too_large(snapshot, None)


def _too_large(snapshot: Snapshot, asked: int | None) -> str:
    """Compare a host with the bounds; `asked` is how many of its containers the question is about, None for all."""
    rules = snapshot.ruleset.count()
    if rules > AFFORDABLE_RULES:
        return _not_computed(f"{rules} rules")
    inventory = snapshot.inventory
    number = asked if asked is not None else len(inventory.containers) if inventory else 0
    return _not_computed(f"{number} containers") if number > AFFORDABLE_CONTAINERS else ""


def _not_computed(size: str) -> str:
    return f"not computed for {size} without --exposure"


def _table(
    snapshot: Snapshot,
    attribute: Attributions,
    choice: ZoneChoice,
    how: tuple[Expose, Wanted, str],
    named: Callable[[Destination], tuple[str, str]],
) -> tuple[tuple[AttributedExposure, ...] | None, str]:
    """Compute a table in one way; None and why where it cannot be, of which `gap` says why it may be so."""
    way, wanted, gap = how
    try:
        found = way(snapshot, choice, wanted)
    except MemoryError:
        return None, "its packets are more than can be held as sets"
    finally:
        free_packet_sets()
    return (None, gap) if found is None else (attribute_exposures(found, attribute, named), "")


def _everything(_: Destination) -> bool:
    return True
