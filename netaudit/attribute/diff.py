"""Two snapshots of a host -> the changes between them, each with who wrote it."""

from collections.abc import Collection

from netaudit.attribute.attribution import AttributedChange, AttributedDiff
from netaudit.attribute.attributor import Attributor
from netaudit.attribute.container_netns import inside_changes
from netaudit.attribute.observed.forward_policy import attribute_policy
from netaudit.attribute.signatures.signature import Catalog
from netaudit.attribute.snapshot import attribute_head, examine
from netaudit.diff import Added, Altered, Change, Moved, Removed, compare, compare_with_counters
from netaudit.diff.counters import Counters
from netaudit.model.facts import GapReason, source_of_rules
from netaudit.model.snapshot import Snapshot

# What is absent has no rules that anybody made; what was read in part is compared as far as it was.
_UNREAD = frozenset(GapReason) - {GapReason.ABSENT, GapReason.PARTIAL, GapReason.INCONSISTENT}


def attribute_diff(
    before: Snapshot,
    after: Snapshot,
    catalog: Catalog,
    counters: Counters = Counters.IGNORE,
    attributors: tuple[Attributor, Attributor] | None = None,
) -> AttributedDiff:
    """Compare two snapshots of a host and attribute each change.

    What is there afterwards is attributed by the later snapshot, what was removed by the earlier one. The earlier
    one also knows the cause of a stale rule. `attributors` of both are taken where they were made already.
    """
    compared = compare_with_counters if counters is Counters.COMPARE else compare
    unread = _unread(before), _unread(after)
    changes = [one for one in compared(before.ruleset, after.ruleset) if not _is_hidden(one, *unread)]
    earlier, later = attributors or Attributor.of_both(before, after, catalog)
    missing, coverage, defects = examine(later)
    return AttributedDiff(
        before=attribute_head(before),
        after=attribute_head(after),
        changes=(
            *(_attribute_change(change, earlier, later) for change in changes),
            *inside_changes(before, after, catalog, compared),
        ),
        missing=missing,
        coverage=coverage,
        defects=defects,
    )


def _unread(snapshot: Snapshot) -> frozenset[str]:
    """Return the sources of which nothing was read; a paste of a part has a gap, and rules all the same."""
    read = {source_of_rules(table.backend, table.family) for table in snapshot.ruleset.tables}
    return frozenset(gap.source for gap in snapshot.gaps if gap.reason in _UNREAD) - read


def _is_hidden(change: Change, before: Collection[str], after: Collection[str]) -> bool:
    """Tell whether what seems to come or to go was in fact not read; `before` and `after` are what each side lacks."""
    source = source_of_rules(change.item.backend, change.item.family)
    match change:
        case Added():
            return source in before
        case Removed():
            return source in after
        case Moved() | Altered():  # such as the policy that a chain has where nobody saw it
            return source in before or source in after


def _attribute_change(change: Change, earlier: Attributor, later: Attributor) -> AttributedChange:
    match change:
        case Added(item):
            return AttributedChange(change, later.attribute(item))
        case Removed(item):
            return AttributedChange(change, earlier.attribute(item))
        case Moved(item, before) | Altered(item, before):
            attribution = attribute_policy(item, later.attribute(item), earlier.snapshot, later.snapshot)
            return AttributedChange(change, attribution, earlier.attribute(before))
