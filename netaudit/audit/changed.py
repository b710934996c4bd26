"""Two snapshots of a host -> what changed, and which findings came and went with it."""

import msgspec
from msgspec.structs import replace

from netaudit.attribute import attribute_diff, attribute_snapshot
from netaudit.attribute.attribution import AttributedDiff, AttributedExposure
from netaudit.attribute.exposure.compute import expose_both, with_tables
from netaudit.audit.aspects import gather_aspects
from netaudit.audit.auditor import Auditor
from netaudit.audit.finding import Audit, Finding
from netaudit.audit.since import gone, newness
from netaudit.diff.counters import Counters
from netaudit.model.snapshot import Snapshot


class ChangedFindings(msgspec.Struct, frozen=True):
    """The findings that came with a change, and the `gone` ones that it ended.

    `audit` is of the host afterwards, without findings that were there before and as severe. Of a small change it is
    about the containers alone that can have been touched.
    """

    audit: Audit
    gone: tuple[Finding, ...] = ()


class JudgedDiff(msgspec.Struct, frozen=True):
    """What changed, and the findings that came and went with it."""

    diff: AttributedDiff
    findings: ChangedFindings


def judge_changes(
    before: Snapshot, after: Snapshot, auditor: Auditor, counters: Counters = Counters.IGNORE
) -> JudgedDiff:
    """Compare two snapshots, and audit both."""
    diff = attribute_diff(before, after, auditor.catalog, counters)
    tables, gap = expose_both(diff, before, after, auditor.catalog, auditor.exposure)
    diff = with_tables(diff, before, after, tables) if tables else replace(diff, exposure_gap=gap)
    earlier = _audit(before, tables.before if tables else None, auditor, None)
    later = _audit(after, tables.after if tables else None, auditor, diff)
    new = gather_aspects(filter(newness(earlier), later.open))
    return JudgedDiff(diff, ChangedFindings(replace(later, findings=new), gone(earlier, later)))


def _audit(
    snapshot: Snapshot,
    table: tuple[AttributedExposure, ...] | None,
    auditor: Auditor,
    since: AttributedDiff | None,
) -> Audit:
    shown = replace(attribute_snapshot(snapshot, auditor.catalog), exposure=table)
    return auditor.audit_changed(snapshot, shown, since)
