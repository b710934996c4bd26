"""Two audits of a host -> which findings came between them, and which went."""

from collections.abc import Callable

from netaudit.audit.finding import Audit, Finding


def newness(earlier: Audit) -> Callable[[Finding], bool]:
    """Return what tells whether a later finding was not there before, or less severe."""
    severities = {one.fingerprint: one.severity.rank for one in earlier.findings}
    return lambda one: one.severity.rank > severities.get(one.fingerprint, -1)


def gone(earlier: Audit, later: Audit) -> tuple[Finding, ...]:
    """Return the open findings of before that are not there any more."""
    there = {one.fingerprint for one in later.findings}
    return tuple(one for one in earlier.open if one.fingerprint not in there)
