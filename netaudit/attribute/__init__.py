"""Snapshots and changes -> who wrote each rule, what for, how sure that is, and what is missing.

In: one or two snapshots, and the catalog. Out: attributed snapshots and diffs.
Begin with snapshot.py; attributor.py reads the catalog forwards (`expected`), then backwards (`observed`).
"""

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
from netaudit.attribute.diff import attribute_diff
from netaudit.attribute.reason import AttributionReason, AttributionReasonKind
from netaudit.attribute.snapshot import attribute_head, attribute_snapshot

__all__ = [
    "UNATTRIBUTED",
    "AttributedChange",
    "AttributedDiff",
    "AttributedItem",
    "AttributedSnapshot",
    "Attribution",
    "AttributionReason",
    "AttributionReasonKind",
    "Confidence",
    "Coverage",
    "SnapshotHead",
    "Standing",
    "attribute_diff",
    "attribute_head",
    "attribute_snapshot",
]
