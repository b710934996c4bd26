"""An audit for an operator: most severe first, each finding with its proof and what to do."""

from collections.abc import Iterator

from netaudit.audit.finding import Audit, Finding
from netaudit.model.severity import Severity
from netaudit.report.terminal.assertion import policy_lines
from netaudit.report.terminal.layout import gap_lines
from netaudit.report.terminal.shell import shell_lines
from netaudit.report.terminal.style import Style
from netaudit.report.terminal.wrapping import wrap_whole
from netaudit.report.text.findings.audit import (
    describe_not_put,
    describe_status,
    describe_undecided,
    gather_undecided,
    proofs,
    steps,
    summarise_audit,
)
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.words import describe_head

_COLOURS = {
    Severity.CRITICAL: "1;31",
    Severity.HIGH: "31",
    Severity.MEDIUM: "33",
    Severity.LOW: "36",
    Severity.INFO: "2",
}


def render_audit(audit: Audit, style: Style) -> str:
    """Print findings, what could not be decided, gaps, and one line that sums up."""
    lines = [terminal_text(describe_head(audit.head)), ""]
    for finding in audit.open:
        lines += [*finding_lines(finding, style), ""]
    lines += _accepted(audit, style)
    lines += policy_lines(audit.assertion, style)
    lines += _undecided(audit, style)
    lines += _not_put(audit, style)
    if audit.head.gaps:
        lines += ["could not be seen", *gap_lines(audit.head.gaps), ""]
    lines.append(summarise_audit(audit))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def finding_lines(finding: Finding, style: Style) -> Iterator[str]:
    """Print a finding with its proof and what to do."""
    severity = f"{finding.severity:<8}"
    if style.colour:
        severity = f"\x1b[{_COLOURS[finding.severity]}m{severity}\x1b[0m"
    yield f"{severity} {terminal_text(f'{finding.check.id}  {finding.subject}')}"
    yield from _wrapped("  ", finding.message, style)
    for proof in proofs(finding):
        yield from _wrapped(f"  {proof.kind:<8} ", f"{proof.where}  {proof.text}" if proof.where else proof.text, style)
        if proof.because:
            yield from _wrapped("           # ", proof.because, style)
    for at, step in enumerate(steps(finding)):
        yield from _wrapped("  or       " if at else "  to do    ", step.do, style)
        yield from shell_lines(terminal_text(step.line), style.width, indent=11)
        yield from _wrapped("  then     ", step.then, style) if step.then else ()


def _wrapped(first: str, text: str, style: Style) -> list[str]:
    """Break lines between words only: a rule's options stay whole."""
    rest = " " * (11 if len(first) > 2 else 2)
    return wrap_whole(terminal_text(text), style.width, first=first, rest=rest)


def _accepted(audit: Audit, style: Style) -> Iterator[str]:
    accepted = [one for one in audit.findings if not one.open]
    if accepted:
        yield "accepted"
        for one in accepted:
            yield from _wrapped("  ", f"{one.check.id}  {one.subject}: {describe_status(one)}", style)
        yield ""


def _undecided(audit: Audit, style: Style) -> Iterator[str]:
    gathered = gather_undecided(audit.undecided)
    if gathered:
        yield "undecided: what tells was not seen"
        for check, members in gathered:
            yield from _wrapped("  ", f"{check.id}: {describe_undecided(members)}", style)
        yield ""


def _not_put(audit: Audit, style: Style) -> Iterator[str]:
    if audit.not_put:
        yield "not put: what they ask about could not be listed"
        for one in audit.not_put:
            yield from _wrapped("  ", describe_not_put(one), style)
        yield ""
