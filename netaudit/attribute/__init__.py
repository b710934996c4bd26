"""Snapshots and changes -> who wrote each rule, what for, how sure that is, and what is missing.

`expect` reads the catalog forwards (what ought to be there), `recognise` backwards (what else is there).
"""

from collections import Counter

from netaudit.attribute.attribution import (
    UNATTRIBUTED,
    AttributedChange,
    AttributedDiff,
    AttributedItem,
    AttributedSnapshot,
    Attribution,
    Confidence,
    Coverage,
    SnapshotHead,
    Standing,
)
from netaudit.attribute.attributor import Attributor
from netaudit.attribute.observed.container_netns import attribute_inside
from netaudit.attribute.observed.forward_policy import attribute_policy
from netaudit.attribute.signatures.signature import Catalog
from netaudit.diff import Added, Altered, Change, Moved, Removed, compare, compare_with_counters, items
from netaudit.diff.counters import Counters
from netaudit.model.snapshot import Snapshot

__all__ = [
    "UNATTRIBUTED",
    "AttributedChange",
    "AttributedDiff",
    "AttributedItem",
    "AttributedSnapshot",
    "Attribution",
    "Confidence",
    "Coverage",
    "SnapshotHead",
    "Standing",
    "attribute_diff",
    "attribute_snapshot",
]


def attribute_snapshot(snapshot: Snapshot, catalog: Catalog) -> AttributedSnapshot:
    """Attribute every object of a snapshot, and list what ought to be there and is not."""
    attributor = Attributor.of(snapshot, catalog)
    attributed = tuple(AttributedItem(item, attributor.attribute(item)) for item in items(snapshot.ruleset))
    missing, undecided = attributor.missing()
    counts, defects = attributor.survey()
    inside = tuple(attribute_inside(snapshot, catalog))
    return AttributedSnapshot(
        attribute_head(snapshot), attributed, missing, _coverage(counts, undecided), defects, inside=inside
    )


def attribute_diff(
    before: Snapshot, after: Snapshot, catalog: Catalog, counters: Counters = Counters.IGNORE
) -> AttributedDiff:
    """Compare two snapshots of a host and attribute each change.

    What is there afterwards is attributed by the later snapshot, what was removed by the earlier one; the earlier
    one also tells whose a stale rule was.
    """
    compared = compare_with_counters if counters is Counters.COMPARE else compare
    changes = compared(before.ruleset, after.ruleset)
    earlier, later = Attributor.of_both(before, after, catalog)
    missing, undecided = later.missing()
    counts, defects = later.survey()
    return AttributedDiff(
        before=attribute_head(before),
        after=attribute_head(after),
        changes=tuple(_attribute_change(change, earlier, later) for change in changes),
        missing=missing,
        coverage=_coverage(counts, undecided),
        defects=defects,
    )


def _attribute_change(change: Change, earlier: Attributor, later: Attributor) -> AttributedChange:
    match change:
        case Added(item):
            return AttributedChange(change, later.attribute(item))
        case Removed(item):
            return AttributedChange(change, earlier.attribute(item))
        case Moved(item, before) | Altered(item, before):
            guess = later.attribute(item)
            attribution = attribute_policy(item, guess, earlier.snapshot, later.snapshot)
            return AttributedChange(change, attribution, earlier.attribute(before))


def _coverage(counts: Counter[Confidence], undecided: int) -> Coverage:
    return Coverage(
        rules=counts.total(),
        proved=counts[Confidence.PROVED],
        likely=counts[Confidence.LIKELY],
        ambiguous=counts[Confidence.AMBIGUOUS],
        unattributed=counts[Confidence.UNATTRIBUTED],
        undecided=undecided,
    )


def attribute_head(snapshot: Snapshot) -> SnapshotHead:
    """Name a snapshot, and what it lacks."""
    return SnapshotHead(
        host=snapshot.host_name,
        taken_at=snapshot.taken_at,
        gaps=snapshot.gaps,
        sha256=snapshot.digest,
        engine=snapshot.inventory.version if snapshot.inventory else "",
        partial=snapshot.partial,
    )
