"""Findings, a line each: how bad, from where it can be reached, where, what."""

from collections.abc import Iterable, Iterator

from netaudit.audit.changed import ChangedFindings
from netaudit.audit.risk import Mistake, fold_mistakes, gather_mistakes
from netaudit.report.terminal.findings.full import severity
from netaudit.report.terminal.style import Style, bold
from netaudit.report.terminal.wrapping import wrap
from netaudit.report.text.findings.audit import short_id
from netaudit.report.text.findings.places import REACHED_FROM, describe_places, describe_what
from netaudit.report.text.sanitize import terminal_text

_SEVERITY = 8
_BESIDE = 60  # columns from which on what a finding is stands beside its columns, not below


def summary_lines(mistakes: Iterable[Mistake], style: Style) -> Iterator[str]:
    """Print a line for each mistake; what many containers have in common is one line."""
    for one in fold_mistakes(mistakes):
        yield from _line(one, style)


def new_lines(found: ChangedFindings | None, style: Style) -> Iterator[str]:
    """Print the findings that a change brought, and those that it ended; then what one side could not tell."""
    if found is None:
        return
    parts = (
        ("new findings", found.new),
        ("found now, and may have been there before", found.seen),
        ("no longer found", found.gone),
        ("found before, and may still be there", found.lost),
    )
    for heading, findings in parts:
        if findings:
            yield bold(heading, style)
            yield from (*summary_lines(gather_mistakes(findings), style), "")


def _line(mistake: Mistake, style: Style) -> Iterator[str]:
    reach = REACHED_FROM[mistake.reach] + ("?" if mistake.may_reach else "")
    columns = f"  {reach:<9} {terminal_text(short_id(mistake.first))}  "
    text = terminal_text(f"{describe_places(mistake)}: {describe_what(mistake)}")
    head = severity(mistake.first.severity, style) + columns
    margin = _SEVERITY + len(columns)
    if style.width < _BESIDE:
        yield head.rstrip()
        yield from (f"  {line}" for line in wrap(text, style.width - 2))
        return
    first, *rest = wrap(text, style.width - margin)
    yield head + first
    yield from (" " * margin + line for line in rest)
