"""What an audit of the host found: the finding of an ID, the findings of a check."""

import re
from collections.abc import Sequence

from netaudit.api.audits import AuditOptions
from netaudit.audit.checks.check import Check
from netaudit.audit.finding import Audit, Finding
from netaudit.audit.risk import Mistake, gather_mistakes
from netaudit.cli.auditing import prepare
from netaudit.model.facts import Facts
from netaudit.report.terminal.findings.full import finding_lines, render_mistakes, waiver_lines
from netaudit.report.terminal.style import Style
from netaudit.report.terminal.wrapping import wrap
from netaudit.report.text.findings.nothing import describe_no_finding
from netaudit.report.text.sanitize import terminal_text

_ID = re.compile("[0-9a-f]{8,32}")


def is_id(subject: str) -> bool:
    """Tell whether a subject looks like the ID of a finding."""
    return _ID.fullmatch(subject.lower()) is not None


def explain_finding(subject: str, facts: Facts, style: Style) -> str:
    """Explain the finding whose ID is given, with its evidence; "" where this host has none of that ID."""
    if not is_id(subject):
        return ""
    start = subject.lower()
    found = _audit(facts).findings
    return _explain([one for one in found if one.fingerprint.startswith(start)], found, style)


def explain_findings_of(checks: Sequence[Check], facts: Facts, style: Style) -> str:
    """Explain what checks found on a host, or say why they found nothing."""
    audit = _audit(facts)
    wanted = {one.id for one in checks}
    if meant := [one for one in audit.findings if one.check.id in wanted]:
        return _explain(meant, audit.findings, style)
    lines = (line for one in checks for line in wrap(terminal_text(describe_no_finding(one, audit)), style.width))
    return "\n".join(lines) + "\n"


def _audit(facts: Facts) -> Audit:
    return prepare(AuditOptions()).auditor.audit(facts)


def _explain(meant: Sequence[Finding], found: Sequence[Finding], style: Style) -> str:
    """Print findings that were asked for, each that is an aspect before the mistake that it is of."""
    wanted = {one.fingerprint for one in meant}
    mistakes = [one for one in gather_mistakes(found) if wanted.intersection(two.fingerprint for two in one.findings)]
    waivers = "".join(f"{line}\n" for one in mistakes if one.first.open for line in waiver_lines(one, style))
    return "".join(_aspects(mistakes, wanted, style)) + render_mistakes(mistakes, style) + waivers if mistakes else ""


def _aspects(mistakes: Sequence[Mistake], wanted: set[str], style: Style) -> list[str]:
    aspects = (one for mistake in mistakes for one in mistake.aspects[1:] if one.fingerprint in wanted)
    return [f"{line.rstrip()}\n" for one in aspects for line in (*finding_lines(one, style), "", "an aspect of:")]
