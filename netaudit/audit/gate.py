"""Whether an audit fails a pipeline: findings at or above a severity and a confidence."""

from netaudit.audit.finding import Audit, Finding
from netaudit.model.severity import FindingConfidence, Severity


def failing(audit: Audit, fail_on: Severity | None, min_confidence: FindingConfidence) -> tuple[Finding, ...]:
    """Return the open findings that are severe and sure enough; none where `fail_on` is None."""
    if fail_on is None:
        return ()
    return tuple(
        one for one in audit.open if one.severity.rank >= fail_on.rank and one.confidence.rank >= min_confidence.rank
    )
