"""What is open to whom, for a terminal: one screen, the inside of the host folded with a count."""

from collections.abc import Iterable, Iterator, Sequence

from netaudit.attribute.attribution import AttributedExposure, AttributedSnapshot
from netaudit.model.exposure import OUTSIDE, Outcome
from netaudit.report.terminal.style import Style, bold, paint
from netaudit.report.terminal.wrapping import wrap
from netaudit.report.text.reach.rows import OpenRow, open_rows
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.unseen import OUTSIDERS, describe_nothing_reachable, may_hide
from netaudit.report.text.words import count

_SHOWN = 60  # rows of one heading
_NAME = 34  # columns


def reach_lines(shown: AttributedSnapshot, style: Style, *, whole: bool = False) -> Iterator[str]:
    """Print what is open to the outside, or to the zones that were asked about where those are inside.

    `whole`: print what is open to anybody.
    """
    table = shown.exposure or ()
    outside = [one for one in table if one.exposure.zone.kind in OUTSIDE]
    cells = table if whole else outside or table
    rows = open_rows(cells)
    by_zones: dict[str, list[OpenRow]] = {}
    for row in rows:
        by_zones.setdefault(_zones(row), []).append(row)
    for zones, members in by_zones.items():
        yield bold(terminal_text(zones), style)
        yield from (*_rows(members, style), "")
    if not rows and (cells or may_hide(shown.head)):
        yield from (*wrap(terminal_text(describe_nothing_reachable(shown.head, OUTSIDERS)), style.width), "")
    if not whole:
        yield from _folded(table, cells, style)


def _zones(row: OpenRow) -> str:
    return f"{'open' if row.sure else 'may be open'} to {', '.join(map(str, row.zones))}"


def _rows(rows: Sequence[OpenRow], style: Style) -> Iterator[str]:
    for row in rows[:_SHOWN]:
        yield from _row(row, style)
    if len(rows) > _SHOWN:
        yield f"     and {len(rows) - _SHOWN} more (--verbose lists them)"
    doubts = dict.fromkeys(doubt for row in rows for doubt in row.doubts)
    for doubt in doubts:
        yield from wrap(terminal_text(doubt), style.width, first="     # ", rest="     ")


def _row(row: OpenRow, style: Style) -> Iterator[str]:
    at = ", ".join(row.addresses)
    text = terminal_text(f"{row.name:<{_NAME}}  {at}")
    first, *rest = wrap(text, style.width - 7) or [""]
    yield paint(f"  {'!' if row.sure else '?'}  {first}", style)
    yield from (f"       {line}" for line in rest)


def _folded(table: Sequence[AttributedExposure], shown: Iterable[AttributedExposure], style: Style) -> Iterator[str]:
    """Count what is not listed: rows inside the host, and blocked ones."""
    listed = {id(one) for one in shown}
    rest = [one.exposure.outcome for one in table if id(one) not in listed]
    blocked = sum(one.exposure.outcome is Outcome.BLOCKED for one in table)
    inside = sum(one is not Outcome.BLOCKED for one in rest)
    parts = [f"{count(inside, 'row')} inside the host"] if inside else []
    parts += [f"{count(blocked, 'blocked row')}"] if blocked else []
    if parts:
        yield from (*wrap(f"not listed: {', '.join(parts)} (--verbose lists all)", style.width), "")
