"""Whether an audit fails a pipeline: findings at or above a severity and a confidence."""

from collections.abc import Iterator

from netaudit.audit.checks.check import Check
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import Audit, Finding
from netaudit.audit.subjects import FACTS
from netaudit.audit.subjects.fact import EXPOSURE, declared
from netaudit.model.severity import FindingConfidence, Severity


def failing(audit: Audit, fail_on: Severity | None, min_confidence: FindingConfidence) -> tuple[Finding, ...]:
    """Return the open findings that are severe and sure enough; none where `fail_on` is None."""
    if fail_on is None:
        return ()
    return tuple(one for one in audit.open if _reaches(one, fail_on, min_confidence))


def _reaches(one: Finding, fail_on: Severity, min_confidence: FindingConfidence) -> bool:
    """Tell whether a finding is severe and sure enough, with all of its severity or with what of it is certain."""
    held = [(one.severity, one.confidence)]
    if one.surely:
        held.append((one.surely, one.check.confidence))
    return any(severity.rank >= fail_on.rank and sure.rank >= min_confidence.rank for severity, sure in held)


def unanswered(audit: Audit, fail_on: Severity | None, min_confidence: FindingConfidence) -> tuple[Check, ...]:
    """Return the checks that could fail the audit, and were not put or not decided; none where `fail_on` is None."""
    if fail_on is None:
        return ()
    found = {one.id: one for one in _without_answer(audit) if _could_reach(one, fail_on, min_confidence)}
    return tuple(one for one in audit.checks if one.id in found)


def reads_exposure(check: Check) -> bool:
    """Tell whether a check asks who can reach what."""
    if check.subject is CheckedKind.EXPOSURE:
        return True
    facts = (one for one in declared(FACTS[check.subject]) if one.name in check.condition.reads)
    return any(EXPOSURE in one.sources for one in facts)


def _without_answer(audit: Audit) -> Iterator[Check]:
    yield from (one.check for one in audit.undecided)
    yield from (check for one in audit.not_put for check in one.checks)


def _could_reach(check: Check, fail_on: Severity, min_confidence: FindingConfidence) -> bool:
    worst = max([check.severity, *(severity for severity, _ in check.graver)], key=lambda one: one.rank)
    return worst.rank >= fail_on.rank and check.confidence.rank >= min_confidence.rank
