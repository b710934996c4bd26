"""An audit as Markdown, for a pull request or a job's summary."""

from collections.abc import Iterator

from netaudit.audit.finding import Audit, Finding
from netaudit.report.page.policy.markdown import policy_section
from netaudit.report.text.findings.audit import (
    describe_not_put,
    describe_status,
    describe_undecided,
    gather_undecided,
    summarise_audit,
)
from netaudit.report.text.findings.markdown import detail_lines
from netaudit.report.text.markdown import code, code_outside, prose
from netaudit.report.text.words import describe_gap, describe_head


def render_audit(audit: Audit) -> str:
    """Print findings, the most severe first, each with its proof."""
    lines = ["# Security review", "", prose(describe_head(audit.head)), "", f"**{prose(summarise_audit(audit))}**", ""]
    if audit.open:
        lines += ["| Severity | Check | Subject |", "| --- | --- | --- |"]
        lines += [f"| {one.severity} | {code(one.check.id)} | {code(one.subject)} |" for one in audit.open]
        lines.append("")
    for finding in audit.open:
        lines += [*_finding(finding), ""]
    lines += _accepted(audit)
    lines += policy_section(audit.assertion) if audit.assertion else ()
    lines += _undecided(audit)
    lines += _not_put(audit)
    if audit.head.gaps:
        lines += ["## Could not be seen", "", *(f"- {prose(describe_gap(gap))}" for gap in audit.head.gaps), ""]
    return "\n".join(lines)


def _finding(finding: Finding) -> Iterator[str]:
    yield f"## {finding.severity}: {code_outside(finding.subject)}"
    yield ""
    yield f"{prose(finding.check.summary)} {code_outside(finding.check.id)}"
    yield ""
    yield code_outside(finding.message)
    yield ""
    yield from detail_lines(finding)


def _accepted(audit: Audit) -> Iterator[str]:
    accepted = [one for one in audit.findings if not one.open]
    if accepted:
        yield from ("## Accepted", "", "| Check | Subject | Why |", "| --- | --- | --- |")
        for one in accepted:
            yield f"| {code(one.check.id)} | {code(one.subject)} | {code(describe_status(one))} |"
        yield ""


def _undecided(audit: Audit) -> Iterator[str]:
    gathered = gather_undecided(audit.undecided)
    if gathered:
        yield from ("## Undecided", "")
        yield from (
            f"- {code_outside(check.id)}: {code_outside(describe_undecided(members))}" for check, members in gathered
        )
        yield ""


def _not_put(audit: Audit) -> Iterator[str]:
    if audit.not_put:
        yield from ("## Not put: what they ask about could not be listed", "")
        yield from (f"- {code_outside(describe_not_put(one))}" for one in audit.not_put)
        yield ""
