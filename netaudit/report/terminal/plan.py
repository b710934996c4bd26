"""A plan for a terminal: who could reach what first, then the rules by cause, then findings."""

from collections.abc import Iterable, Iterator

from netaudit.audit.planned import JudgedPlan
from netaudit.audit.risk import gather_mistakes
from netaudit.model.plan import Assumption
from netaudit.report.terminal.assertion import titled_lines, uncovered_lines
from netaudit.report.terminal.detail import Detail
from netaudit.report.terminal.exposure import lead_plan
from netaudit.report.terminal.findings.accepted import accepted_lines, obeyed_lines
from netaudit.report.terminal.findings.full import finding_lines
from netaudit.report.terminal.findings.summary import summary_lines
from netaudit.report.terminal.layout import fill
from netaudit.report.terminal.rules import change_groups, closing_lines
from netaudit.report.terminal.style import Style, bold
from netaudit.report.text.findings.accepted import describe_unheeded
from netaudit.report.text.plan.assumptions import describe_assumption, describe_settling
from netaudit.report.text.plan.policy import describe_all_kept, entries_not_kept
from netaudit.report.text.plan.words import (
    describe_host_change,
    describe_pitfall,
    describe_refusal,
    describe_unknown,
    summarise_plan,
)
from netaudit.report.text.unseen import Tense, describe_no_rule_change
from netaudit.report.text.words import describe_head


def render_plan(plan: JudgedPlan, style: Style) -> str:
    """Print what a command would do, and one line that sums up."""
    planned, diff = plan.planned, plan.diff
    if style.detail is Detail.QUIET:
        return "\n".join((summarise_plan(plan), *obeyed_lines(plan.audit.obeyed, style))) + "\n"
    lines = [*_labelled("plan", planned.title, style), *_labelled("on", describe_head(diff.before), style)]
    lines += (*obeyed_lines(plan.audit.obeyed, style), "")
    lines += _part("the command does not do what it says", map(describe_pitfall, planned.pitfalls), style, "!")
    lines += _part("the engine would refuse", map(describe_refusal, planned.refused), style, "!")
    lines += lead_plan(diff, style)
    lines += _policy(plan, style)
    lines += _findings(plan, style) if style.detail is Detail.SUMMARY else ()
    lines += change_groups(diff.changes, style)
    if not diff.changes:
        lines += [describe_no_rule_change((diff.before, diff.after), Tense.PLANNED), ""]
    lines += _part("around the rules", map(describe_host_change, plan.surroundings), style)
    lines += _findings(plan, style) if style.detail is Detail.FULL else ()
    lines += uncovered_lines(plan.audit.assertion, style)
    if plan.gone:
        lines += [bold("findings that it would end", style), *summary_lines(gather_mistakes(plan.gone), style), ""]
    lines += _part("not known before it runs", describe_unknown(planned), style)
    lines += _part("assumed", _assumed(planned.assumptions, style), style)
    lines += _part("the command prints", planned.output.splitlines(), style)
    lines += closing_lines(diff, style)
    lines += fill(summarise_plan(plan), style)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _policy(plan: JudgedPlan, style: Style) -> Iterator[str]:
    """Print what of the policy would not be kept, and what breaks it; or that all of it would be."""
    if kept := describe_all_kept(plan):
        yield from (bold(kept, style), "")
    elif plan.audit.assertion:
        yield from titled_lines(plan.audit.assertion, style)
        for one in entries_not_kept(plan):
            by = f": {one.broken_by}" if one.broken_by else ""
            first, *rest = fill(f"{one.since}: {one.judged.entry.text}{by}", style)
            yield from (f"  !  {first}", *(f"     {line}" for line in rest))
        yield ""


def _findings(plan: JudgedPlan, style: Style) -> Iterator[str]:
    """Print what the command would bring: a line each, or with evidence and what to do; then what is accepted of it."""
    yield from _brought(plan, style)
    yield from accepted_lines(plan.accepted, style)
    yield from _part("waivers that do not count", map(describe_unheeded, plan.unheeded), style, "!")


def _brought(plan: JudgedPlan, style: Style) -> Iterator[str]:
    if not plan.new:
        return
    yield bold("findings that it would bring", style)
    if style.detail is Detail.SUMMARY:
        yield from summary_lines(gather_mistakes(plan.new), style)
        yield from ("", "Evidence and commands: --verbose.", "")
    else:
        for finding in plan.new:
            yield from (*finding_lines(finding, style), "")


def _assumed(assumptions: Iterable[Assumption], style: Style) -> Iterator[str]:
    for one in assumptions:
        settled = f" (to check: {describe_settling(one)})" if style.detail is Detail.FULL else ""
        yield describe_assumption(one) + settled


def _labelled(label: str, text: str, style: Style) -> Iterator[str]:
    first, *rest = fill(f"{label:<5} {text}", style)
    yield bold(first, style)
    yield from (f"      {line}" for line in rest)


def _part(heading: str, members: Iterable[str], style: Style, mark: str = "") -> Iterator[str]:
    found = list(members)
    if not found:
        return
    yield bold(heading, style)
    for member in found:
        first, *rest = fill(f"{mark}  {member}" if mark else member, style)
        yield f"  {first}"
        yield from (f"     {line}" if mark else f"    {line}" for line in rest)
    yield ""
