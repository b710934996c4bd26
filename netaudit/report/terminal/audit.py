"""An audit for an operator: a summary of one screen, or each finding with its proof and what to do."""

from collections.abc import Iterator, Sequence

from netaudit.audit.finding import Audit
from netaudit.audit.risk import gather_mistakes
from netaudit.report.terminal.assertion import policy_lines
from netaudit.report.terminal.detail import Detail
from netaudit.report.terminal.findings.accepted import accepted_lines, obeyed_lines
from netaudit.report.terminal.findings.full import mistake_lines
from netaudit.report.terminal.findings.host import host_lines
from netaudit.report.terminal.findings.summary import summary_lines
from netaudit.report.terminal.layout import gap_summary
from netaudit.report.terminal.style import Style
from netaudit.report.terminal.wrapping import wrap, wrap_whole
from netaudit.report.text.findings.audit import (
    describe_doubts,
    describe_not_put,
    describe_undecided,
    gather_undecided,
    short_id,
    summarise_audit,
)
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.words import describe_head

_MORE = "Evidence and commands: `netaudit explain {} {}`, or --verbose for all."


def render_audit(audit: Audit, style: Style) -> str:
    """Print an audit, as much of it as is asked for."""
    match style.detail:
        case Detail.QUIET:
            lines = [*wrap(summarise_audit(audit), style.width), *obeyed_lines(audit.obeyed, style)]
        case Detail.SUMMARY:
            lines = [*_summary(audit, style)]
        case Detail.FULL:
            lines = [*_full(audit, style)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _summary(audit: Audit, style: Style) -> Iterator[str]:
    """Print one screen: counts first, then a line for each finding, then what could not be seen."""
    yield from _first(audit, style)
    if audit.open:
        yield from (*summary_lines(gather_mistakes(audit.open), style), "")
    yield from accepted_lines(audit.findings, style, most=_NAMED)
    yield from policy_lines(audit.assertion, style)
    yield from _folded(audit, style)
    yield from gap_summary(audit.head.gaps, style)
    if audit.open:
        ident = short_id(audit.open[0]) if style.snapshot else "ID"
        yield from wrap(_MORE.format(ident, terminal_text(style.snapshot) or "[SNAPSHOT]"), style.width)


def _first(audit: Audit, style: Style) -> Iterator[str]:
    head = ", ".join([describe_head(audit.head), *audit.head.backends])
    yield from wrap(terminal_text(head), style.width)
    yield from wrap(summarise_audit(audit), style.width)
    yield from (*obeyed_lines(audit.obeyed, style), *host_lines(audit.shown, style), "")


def _folded(audit: Audit, style: Style) -> Iterator[str]:
    """Say why findings are uncertain, and which checks have no answer; `--verbose` says it for each."""
    doubts = describe_doubts(doubt for one in audit.open for doubt in one.doubts)
    for doubt in doubts:
        yield from wrap(terminal_text(f"uncertain (?): {doubt}"), style.width, rest="  ")
    undecided = {check.id: members for check, members in gather_undecided(audit.undecided)}
    not_put: dict[tuple[str, ...], dict[str, None]] = {}
    for one in audit.not_put:
        not_put.setdefault(one.because, {}).update(dict.fromkeys(check.id for check in one.checks))
    if len(not_put) > _REASONS:
        names = list(dict.fromkeys(name for checks in not_put.values() for name in checks))
        yield from wrap(f"not asked: {_named(names)} (--verbose says why)", style.width, rest="  ")
        not_put.clear()
    for because, checks in not_put.items():
        yield from wrap(f"not asked ({terminal_text('; '.join(because))}): {_named([*checks])}", style.width, rest="  ")
    if undecided:
        yield from wrap(f"undecided: {_named([*undecided])} (--verbose says why)", style.width, rest="  ")
    if doubts or audit.not_put or undecided:
        yield ""


def _named(checks: Sequence[str]) -> str:
    more = f" and {len(checks) - _NAMED} more" if len(checks) > _NAMED else ""
    return terminal_text(", ".join(checks[:_NAMED]) + more)


_NAMED = 3
_REASONS = 2  # why checks were not asked: more are for --verbose


def _full(audit: Audit, style: Style) -> Iterator[str]:
    """Print findings, what could not be decided, gaps, and one line that sums up."""
    yield from _first(audit, style)
    for mistake in gather_mistakes(audit.open):
        yield from (*mistake_lines(mistake, style), "")
    yield from accepted_lines(audit.findings, style)
    yield from policy_lines(audit.assertion, style)
    yield from _undecided(audit, style)
    yield from _not_put(audit, style)
    yield from gap_summary(audit.head.gaps, style)
    yield summarise_audit(audit)


def _wrapped(first: str, text: str, style: Style) -> list[str]:
    """Break lines between words only: a rule's options stay whole."""
    return wrap_whole(terminal_text(text), style.width, first=first, rest="  ")


def _undecided(audit: Audit, style: Style) -> Iterator[str]:
    gathered = gather_undecided(audit.undecided)
    if gathered:
        yield "undecided: what would tell was not seen"
        for check, members in gathered:
            yield from _wrapped("  ", f"{check.id}: {describe_undecided(members)}", style)
        yield ""


def _not_put(audit: Audit, style: Style) -> Iterator[str]:
    if audit.not_put:
        yield "not asked: what they are about could not be listed"
        for one in audit.not_put:
            yield from _wrapped("  ", describe_not_put(one), style)
        yield ""
