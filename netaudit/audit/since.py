"""Two audits of a host -> which findings came between them, and which went."""

from collections.abc import Callable

from netaudit.audit.finding import Audit, Finding


def newness(earlier: Audit) -> Callable[[Finding], bool]:
    """Return what tells whether a later finding was not there before, or less severe.

    One that is open now was not there where something accepted it: a command may take a waiver away.
    """
    there = {one.fingerprint: one.severity.rank for one in earlier.findings}
    open_then = {one.fingerprint: one.severity.rank for one in earlier.open}
    return lambda one: one.severity.rank > (open_then if one.open else there).get(one.fingerprint, -1)


def gone(earlier: Audit, later: Audit) -> tuple[Finding, ...]:
    """Return the open findings of before that are surely not there any more."""
    open_now = is_unanswered(later)
    return tuple(one for one in _not_found(earlier, later) if not open_now(one))


def lost(earlier: Audit, later: Audit) -> tuple[Finding, ...]:
    """Return the open findings of before of which the later audit does not know whether they are still there."""
    open_now = is_unanswered(later)
    return tuple(one for one in _not_found(earlier, later) if open_now(one))


def is_unanswered(audit: Audit) -> Callable[[Finding], bool]:
    """Return what tells whether an audit could not ask what another one found."""
    not_put = {check.id for one in audit.not_put for check in one.checks}
    undecided = {(one.check.id, one.subject) for one in audit.undecided}
    return lambda one: one.check.id in not_put or (one.check.id, one.subject) in undecided


def _not_found(earlier: Audit, later: Audit) -> tuple[Finding, ...]:
    there = {one.fingerprint for one in later.findings}
    return tuple(one for one in earlier.open if one.fingerprint not in there)
