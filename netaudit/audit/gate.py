"""What a pipeline obeys: whether anything is at or above the bar."""

from netaudit.audit.finding import Audit, Finding
from netaudit.model.severity import FindingConfidence, Severity


def failing(audit: Audit, fail_on: Severity | None, min_confidence: FindingConfidence) -> tuple[Finding, ...]:
    """List the open findings at or above the bar; None is a bar that nothing reaches."""
    if fail_on is None:
        return ()
    return tuple(
        one for one in audit.open if one.severity.rank >= fail_on.rank and one.confidence.rank >= min_confidence.rank
    )
