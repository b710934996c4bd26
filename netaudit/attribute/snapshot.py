"""A snapshot -> who wrote each of its rules, and which rules are missing."""

from netaudit.attribute.attribution import AttributedItem, AttributedSnapshot, Confidence, Coverage, SnapshotHead
from netaudit.attribute.attributor import Attributor
from netaudit.attribute.container_netns import attribute_inside
from netaudit.attribute.expected.missing import find_missing
from netaudit.attribute.signatures.signature import Catalog
from netaudit.diff import items
from netaudit.model.netfilter.ruleset import Backend, Ruleset
from netaudit.model.snapshot import Snapshot


def attribute_snapshot(snapshot: Snapshot, catalog: Catalog) -> AttributedSnapshot:
    """Attribute every object of a snapshot, and list what ought to be there and is not."""
    attributor = Attributor.of(snapshot, catalog)
    attributed = tuple(AttributedItem(item, attributor.attribute(item)) for item in items(snapshot.ruleset))
    missing, coverage, defects = examine(attributor)
    inside = tuple(attribute_inside(snapshot, catalog))
    return AttributedSnapshot(attribute_head(snapshot), attributed, missing, coverage, defects, inside=inside)


def examine(attributor: Attributor) -> tuple[tuple[AttributedItem, ...], Coverage, tuple[AttributedItem, ...]]:
    """Return the missing rules of a snapshot, how many of its rules are explained, and the defective ones."""
    missing, undecided = find_missing(attributor.snapshot, attributor.expected, attributor.unwritten)
    counts, defects = attributor.survey()
    coverage = Coverage(
        rules=counts.total(),
        proved=counts[Confidence.PROVED],
        likely=counts[Confidence.LIKELY],
        ambiguous=counts[Confidence.AMBIGUOUS],
        unattributed=counts[Confidence.UNATTRIBUTED],
        undecided=undecided,
    )
    return missing, coverage, defects


def attribute_head(snapshot: Snapshot) -> SnapshotHead:
    """Return what names a snapshot in a report, and its gaps."""
    return SnapshotHead(
        host=snapshot.host_name,
        taken_at=snapshot.taken_at,
        gaps=snapshot.gaps,
        sha256=snapshot.digest,
        engine=snapshot.inventory.version if snapshot.inventory else "",
        partial=snapshot.partial,
        podman=snapshot.inventory.podman.version if snapshot.inventory and snapshot.inventory.podman else "",
        backends=_backends(snapshot.ruleset),
    )


def _backends(ruleset: Ruleset) -> tuple[Backend, ...]:
    """Return the backends that hold rules, in the order in which they are defined."""
    found = {table.backend for table in ruleset.tables if any(chain.rules for chain in table.chains)}
    return tuple(one for one in Backend if one in found)
