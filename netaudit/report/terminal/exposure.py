"""Exposure for a terminal: the table of one host, and the lines that lead a diff."""

from collections.abc import Iterator, Sequence

from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot, ExposureChange
from netaudit.report.terminal.detail import Detail
from netaudit.report.terminal.layout import gap_summary
from netaudit.report.terminal.reach import reach_lines
from netaudit.report.terminal.style import Style, bold, paint
from netaudit.report.terminal.wrapping import wrap
from netaudit.report.text.exposure import ChangeLine, TableLine, change_lines, exposure_tables, is_outside
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.unseen import Tense, describe_no_exposure_change, may_have_changed, tense_of
from netaudit.report.text.words import count, describe_head, describe_narrowed

_FEW = 2  # lines that are printed whole
_MOST = 30  # lines of a summary
_CHANGED = {Tense.HAPPENED: "changed", Tense.PLANNED: "would change", Tense.COMPARED: "differ"}
_OUTCOMES = {"ALLOWED": "!", "MAY": "?", "blocked": " "}


def lead_diff(diff: AttributedDiff, style: Style) -> Iterator[str]:
    """Print what opened and what closed, before the rules; nothing where nobody asked for it."""
    if diff.exposure is None:
        if diff.exposure_gap:
            yield from (f"who can reach what: {terminal_text(diff.exposure_gap)}", "")
        return
    if not diff.exposure:
        if diff.changes or may_have_changed(diff):
            yield from (*wrap(describe_no_exposure_change(diff), style.width), "")
        return
    yield bold("who can reach what", style)
    yield from _changes(diff.exposure, tense_of(diff), style)
    yield ""


def _changes(changes: Sequence[ExposureChange], tense: Tense, style: Style) -> Iterator[str]:
    """Print what outsiders reach now and did not; the inside of the host is counted, where it is more than a few."""
    lines = change_lines(changes)
    if style.detail is Detail.SUMMARY and len(lines) > _FEW:
        outside = [one for one in changes if is_outside(one)]
        shown = change_lines(outside) if outside else lines[:_MOST]
        rest = len(changes) - len(outside) if outside else len(lines) - len(shown)
        more = f"{count(rest, 'row')} inside the host {_CHANGED[tense]} too" if outside else f"{rest} more"
    else:
        shown, more, rest = lines, "", 0
    for line in shown[:_MOST]:
        yield from _wrapped(line.mark, terminal_text(_word(line, tense)), style)
    if len(shown) > _MOST:
        yield f"     and {len(shown) - _MOST} more (--verbose lists them)"
    if rest:
        yield f"     {more} (--verbose lists them)"


def _word(line: ChangeLine, tense: Tense) -> str:
    return line.as_planned() if tense is Tense.PLANNED else str(line)


def lead_plan(diff: AttributedDiff, style: Style) -> Iterator[str]:
    """Print what a plan would open and close, before its rules."""
    if diff.exposure is None:
        yield from (f"who could reach what: {terminal_text(diff.exposure_gap)}", "")
        return
    if not diff.exposure:
        yield from (*wrap(describe_no_exposure_change(diff, Tense.PLANNED), style.width), "")
        return
    yield bold("who could reach what", style)
    yield from _changes(diff.exposure, Tense.PLANNED, style)
    yield ""


def render_exposure(shown: AttributedSnapshot, style: Style) -> str:
    """Print who can reach what: what is open to the outside, or in full the table, destination by destination."""
    if style.detail is Detail.QUIET:
        return f"{summarise_exposure(shown)}{describe_narrowed(shown.head)}\n"
    lines = [terminal_text(describe_head(shown.head)), ""]
    if shown.exposure is None:
        lines.append(f"who can reach what: not computed, {terminal_text(shown.exposure_gap)}")
    if style.detail is Detail.SUMMARY:
        lines += reach_lines(shown, style)
    for target, rows in exposure_tables(shown).items() if style.detail is Detail.FULL else ():
        lines.append(bold(terminal_text(target), style))
        for line in rows:
            lines += _cell(line, style)
        lines.append("")
    lines += gap_summary(shown.head.gaps, style)
    lines.append(summarise_exposure(shown))
    return "\n".join(line.rstrip() for line in lines) + "\n"


def summarise_exposure(shown: AttributedSnapshot) -> str:
    """Sum a table up in one line."""
    outcomes = [one.exposure.outcome for one in shown.exposure or ()]
    parts = [f"{outcomes.count(outcome)} {outcome}" for outcome in dict.fromkeys(sorted(outcomes))]
    if parts:
        return f"{count(len(outcomes), 'row')}: {', '.join(parts)}"
    if shown.head.narrowed:
        return "no row is about that"
    return "nothing to reach could be seen" if shown.head.gaps else "nothing to reach was found"


def _cell(line: TableLine, style: Style) -> Iterator[str]:
    ports = f": {', '.join(line.ports)}" if line.ports else ""
    how = (f", {line.how}" if line.how else "") + (f" ({line.where})" if line.where else "")
    text = f"{line.outcome:7}  {', '.join(line.zones)}{ports}{how}"
    yield from _wrapped(_OUTCOMES[line.outcome], terminal_text(text), style)
    if line.why:
        yield from _wrapped("", f"# {terminal_text(line.why)}", style)


def _wrapped(mark: str, text: str, style: Style) -> Iterator[str]:
    first, *rest = wrap(text, style.width - 5) or [""]
    yield paint(f"  {mark:1}  {first}", style)
    yield from (f"     {line}" for line in rest)
