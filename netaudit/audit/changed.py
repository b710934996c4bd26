"""Two snapshots of a host -> what changed, and which findings came and went with it."""

import msgspec
from msgspec.structs import replace

from netaudit.attribute import attribute_snapshot
from netaudit.attribute.attribution import AttributedDiff, AttributedExposure, AttributedSnapshot
from netaudit.attribute.exposure.compute import diff_with_exposure
from netaudit.attribute.observed.writers import tell_writers
from netaudit.audit.aspects import gather_aspects
from netaudit.audit.auditor import Auditor
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import Audit, Finding
from netaudit.audit.since import gone, is_unanswered, lost, newness
from netaudit.diff.counters import Counters
from netaudit.diff.same import says_the_same
from netaudit.model.exposure import DestinationKind
from netaudit.model.observation import Observation
from netaudit.model.snapshot import Snapshot


class ChangedFindings(msgspec.Struct, frozen=True):
    """The findings that came with a change, and the `gone` ones that it ended.

    `audit` is of the host afterwards, without findings that were there before and as severe. Of a small change it is
    about the containers alone that can have been touched; where nothing changed at all, no check was put: nothing is
    new, whatever there is to find. `lost` are findings of before that may still be there, for
    their checks have no answer afterwards; `first_seen` the fingerprints of those that may have been there before.
    """

    audit: Audit
    gone: tuple[Finding, ...] = ()
    lost: tuple[Finding, ...] = ()
    first_seen: frozenset[str] = frozenset()

    @property
    def new(self) -> tuple[Finding, ...]:
        """Return the findings that were surely not there before."""
        return tuple(one for one in self.audit.open if one.fingerprint not in self.first_seen)

    @property
    def seen(self) -> tuple[Finding, ...]:
        """Return the findings that may have been there before, when nobody could tell."""
        return tuple(one for one in self.audit.open if one.fingerprint in self.first_seen)


class JudgedDiff(msgspec.Struct, frozen=True):
    """What changed, and the findings that came and went with it."""

    diff: AttributedDiff
    findings: ChangedFindings


def judge_changes(
    before: Snapshot,
    after: Snapshot,
    auditor: Auditor,
    counters: Counters = Counters.IGNORE,
    observed: Observation | None = None,
) -> JudgedDiff:
    """Compare two snapshots, and audit both; `observed` is what was heard in between, of who wrote what."""
    diff, tables = diff_with_exposure(before, after, auditor.catalog, auditor.exposure, counters)
    diff = tell_writers(diff, observed) if observed else diff
    if not diff.changes and not diff.exposure and is_unchanged(before, after):
        return JudgedDiff(diff, ChangedFindings(_nothing_new(diff, auditor)))
    earlier = _audit(before, tables.before if tables else None, auditor, None)
    later = _audit(after, tables.after if tables else None, auditor, diff)
    new = gather_aspects(filter(newness(earlier), later.open))
    unasked = is_unanswered(earlier)
    first_seen = frozenset(one.fingerprint for one in new if unasked(one) or _is_of_unasked_engine(one, later))
    found = ChangedFindings(replace(later, findings=new), gone(earlier, later), lost(earlier, later), first_seen)
    return JudgedDiff(diff, found)


def is_unchanged(before: Snapshot, after: Snapshot) -> bool:
    """Tell whether all that checks read of a host is the same on both sides; a host of 100,000 rules is a minute."""
    alike = ("inventory", "host", "gaps", "host_name", "partial")
    inside = [[one.container for one in side.inside] for side in (before, after)]
    return (
        all(getattr(before, name) == getattr(after, name) for name in alike)
        and says_the_same(before.ruleset, after.ruleset)
        and inside[0] == inside[1]
        and all(
            says_the_same(one.ruleset, other.ruleset) for one, other in zip(before.inside, after.inside, strict=True)
        )
    )


def _nothing_new(diff: AttributedDiff, auditor: Auditor) -> Audit:
    """Return the audit of a host of which nothing changed: what it finds was there before."""
    shown = AttributedSnapshot(diff.after, (), diff.missing, diff.coverage, diff.defects)
    return Audit(diff.after, (), (), auditor.plan.checks, shown, exposed=diff.exposure is not None)


def _is_of_unasked_engine(finding: Finding, later: Audit) -> bool:
    """Tell whether a port that a rule leads on may be what a container publishes, whom nobody could ask."""
    ports = [cell.exposure.destination.kind for cell in finding.evidence.cells]
    unlisted = {one.kind for one in later.not_put}
    return CheckedKind.BINDING in unlisted and DestinationKind.FORWARDED_PORT in ports


def _audit(
    snapshot: Snapshot,
    table: tuple[AttributedExposure, ...] | None,
    auditor: Auditor,
    since: AttributedDiff | None,
) -> Audit:
    shown = replace(attribute_snapshot(snapshot, auditor.catalog), exposure=table)
    return auditor.audit_changed(snapshot, shown, since)
