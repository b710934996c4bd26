"""Whether a remediation works: the finding is gone, and nothing else becomes reachable."""

from collections.abc import Callable

import msgspec

from netaudit.attribute.attribution import AttributedExposure, AttributedSnapshot, ExposureChange
from netaudit.attribute.exposure.compare import compare_exposures
from netaudit.audit.checks.remedy import Advice
from netaudit.audit.finding import Audit, Finding, Verified
from netaudit.audit.remedy.choices import assume, put_in
from netaudit.audit.remedy.patch import Attribute, Run, patch
from netaudit.model.exposure import Delivery, Outcome
from netaudit.model.facts import Facts


class Judged(msgspec.Struct, frozen=True):
    """A host with its attribution and its audit."""

    facts: Facts
    shown: AttributedSnapshot
    audit: Audit


Judge = Callable[[Facts], Judged]


def verify(before: Judged, judge: Judge, attribute: Attribute, run: Run) -> Audit:
    """Follow each remedy of each open finding on a copy of the facts, and audit the result.

    `run` runs its commands for real; what it cannot run is computed.
    """
    audit, ways = before.audit, (attribute, run)
    found = tuple(_with_verdicts(one, before, judge, ways) if one.open else one for one in audit.findings)
    return msgspec.structs.replace(audit, findings=found)


def _with_verdicts(finding: Finding, before: Judged, judge: Judge, ways: tuple[Attribute, Run]) -> Finding:
    verdicts = tuple(_verified(finding, advice, before, judge, ways) for advice in finding.advice)
    return msgspec.structs.replace(finding, verified=verdicts)


def _verified(
    finding: Finding, advice: Advice, before: Judged, judge: Judge, ways: tuple[Attribute, Run]
) -> Verified | None:
    assumed = assume(advice)
    if assumed is None:
        return None
    facts = patch(before.facts, finding, put_in(advice, assumed), before.shown, ways)
    if facts is None:
        return None
    after = judge(facts)
    there = {one.fingerprint: one for one in after.audit.findings}
    known = {one.fingerprint for one in before.audit.findings}
    new = [one for print_, one in there.items() if print_ not in known]
    changes = _changes(before.shown, after.shown)
    return Verified(
        closes=finding.fingerprint not in there,
        changes=tuple(one for one in changes if _is_its(one, finding)),
        others=tuple(one for one in changes if not _is_its(one, finding)),
        opens=tuple(f"{one.check.id}: {one.subject}" for one in new),
        computed=before.shown.exposure is not None and after.shown.exposure is not None,
        assumed=tuple(assumed.items()),
    )


def _changes(before: AttributedSnapshot, after: AttributedSnapshot) -> tuple[ExposureChange, ...]:
    if before.exposure is None or after.exposure is None:
        return ()
    return compare_exposures(before.exposure, after.exposure, _no_reason).changes


def _no_reason(*_: object) -> str:
    return "the remediation was followed"


def _is_its(change: ExposureChange, finding: Finding) -> bool:
    """Return whether a change concerns the finding; one about no container concerns all cells that close."""
    one = change.after or change.before
    whose = one.exposure.destination.container_name if one else ""
    return whose == finding.container if finding.container else not is_opened(change)


def is_opened(change: ExposureChange) -> bool:
    """Return whether packets arrive now that did not before."""
    return _arrives(change.after) and not _arrives(change.before)


def _arrives(cell: AttributedExposure | None) -> bool:
    return cell is not None and cell.exposure.outcome is Outcome.ALLOWED and cell.exposure.way is not Delivery.NONE
