"""An audit as Markdown, for a pull request or a job's summary."""

from collections.abc import Iterator

from netaudit.audit.finding import Audit
from netaudit.audit.risk import Mistake, gather_by_status, gather_mistakes
from netaudit.report.page.policy.markdown import policy_section
from netaudit.report.text.findings.accepted import describe_obeyed, why_accepted
from netaudit.report.text.findings.audit import (
    describe_not_put,
    describe_undecided,
    gather_undecided,
    short_id,
    summarise_audit,
)
from netaudit.report.text.findings.markdown import detail_lines, step_lines
from netaudit.report.text.findings.places import describe_places, describe_what
from netaudit.report.text.findings.ways import further_steps
from netaudit.report.text.markdown import code, code_outside, prose
from netaudit.report.text.reach.open_ports import describe_open
from netaudit.report.text.words import describe_gap, describe_head


def render_audit(audit: Audit) -> str:
    """Print mistakes, the most severe first, each with its proof; one mistake is one row, as it is one finding."""
    mistakes = gather_mistakes(audit.open)
    lines = ["# Security review", "", prose(describe_head(audit.head)), "", f"**{prose(summarise_audit(audit))}**", ""]
    lines += [f"- {code_outside(said)}" for said in _host(audit)]
    lines.append("")
    if mistakes:
        lines += ["| Severity | ID | Where | What |", "| --- | --- | --- | --- |", *map(_row, mistakes), ""]
    for mistake in mistakes:
        lines += [*_mistake(mistake), ""]
    lines += _accepted(audit)
    lines += policy_section(audit.assertion) if audit.assertion else ()
    lines += _undecided(audit)
    lines += _not_put(audit)
    if audit.head.gaps:
        lines += ["## Could not be seen", "", *(f"- {prose(describe_gap(gap))}" for gap in audit.head.gaps), ""]
    return "\n".join(lines)


def _host(audit: Audit) -> Iterator[str]:
    """Say what is open to whom, and which configuration decides."""
    yield from describe_open(audit.shown)
    if said := describe_obeyed(audit.obeyed):
        yield said


def _row(mistake: Mistake) -> str:
    first = mistake.first
    where, what = code(describe_places(mistake)), prose(describe_what(mistake))
    return f"| {first.severity} | {code(short_id(first))} | {where} | {what} |"


def _mistake(mistake: Mistake) -> Iterator[str]:
    """Print the first check with its proof and what to do, then what else is wrong by the same cause."""
    finding = mistake.first
    yield f"## {finding.severity}: {code_outside(finding.subject)}"
    yield ""
    yield f"{prose(finding.check.summary)} {code_outside(finding.check.id)}"
    yield ""
    yield code_outside(finding.message)
    yield ""
    yield from detail_lines(finding)
    for other in mistake.alike[1:]:
        yield f"- also: {code_outside(other.message)}"
    for step in further_steps(mistake.alike):
        yield from step_lines("and", step)
    for aspect in mistake.aspects[1:]:
        named = f"{aspect.severity} {code_outside(short_id(aspect))} {code_outside(aspect.check.id)}"
        yield f"- aspect: {named}: {code_outside(aspect.message)}"


def _accepted(audit: Audit) -> Iterator[str]:
    gathered = gather_by_status(audit.findings)
    if gathered["known"]:
        yield from ("## Known (in the baseline): no gate counts them", "")
        yield from ("| Severity | ID | Where | What |", "| --- | --- | --- | --- |", *map(_row, gathered["known"]), "")
    accepted = gathered["waived"] + gathered["permitted"]
    if accepted:
        yield from ("## Accepted", "", "| Severity | Check | Where | Why |", "| --- | --- | --- | --- |")
        for mistake in accepted:
            for one, reason in why_accepted(mistake):
                where = code(describe_places(mistake))
                yield f"| {one.severity} | {code(one.check.id)} | {where} | {code(reason)} |"
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
