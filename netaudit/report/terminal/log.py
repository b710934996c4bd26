"""The log of a history, for a terminal: one line for each change; what it opened and closed below it, on demand."""

from collections.abc import Iterable, Iterator, Sequence

from netaudit.model.history.change import LoggedChange, LoggedExposure, LoggedRule
from netaudit.report.terminal.style import Style
from netaudit.report.terminal.wrapping import wrap
from netaudit.report.text.exposure import mark_of
from netaudit.report.text.history.log import describe_cause, describe_rules, describe_time, describe_writer
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.words import count

_TURNS = {"!": "opened", "?": "may be open now", "-": "closed"}
_SIGNS = {"added": "+", "removed": "-", "altered": "~", "moved": ">"}


def render_log(lines: Iterable[tuple[int, LoggedChange]], style: Style, *, exposure: bool, rules: bool) -> str:
    """Write lines of a log, each with the number of its look."""
    return "".join(f"{line}\n" for number, one in lines for line in log_lines(number, one, style, exposure, rules))


def log_lines(number: int, one: LoggedChange, style: Style, exposure: bool, rules: bool) -> Iterator[str]:  # noqa: FBT001
    """Write one change."""
    parts = [describe_cause(one.cause), describe_writer(one), describe_rules(one), _delta(one)]
    text = f"@{number}  {describe_time(one)}  {'; '.join(part for part in parts if part)}"
    yield from wrap(terminal_text(text), style.width, rest="      ")
    if exposure:
        for cell in one.exposure:
            mark = mark_of(cell.before, cell.after)
            yield terminal_text(f"      {mark} {cell.zone} → {cell.target}: {cell.before} → {cell.after}")
    if rules:
        yield from (terminal_text(f"      {_rule(rule)}") for rule in one.rules)
    yield from (terminal_text(f"      note: {note}") for note in one.notes)


def _rule(rule: LoggedRule) -> str:
    where = f"{rule.table}/{rule.chain}" + (f"#{rule.position}" if rule.position else "")
    return f"{_SIGNS[rule.change]} {rule.family} {where}  {rule.text}"


def _delta(one: LoggedChange) -> str:
    """Count what opened, may have and closed, and name the first of what opened to the outside."""
    marked = [(mark_of(cell.before, cell.after), cell) for cell in one.exposure]
    turned = {word: [cell for mark, cell in marked if mark == wanted] for wanted, word in _TURNS.items()}
    return "; ".join(f"{len(cells)} {word}{_outermost(cells)}" for word, cells in turned.items() if cells)


def _outermost(cells: Sequence[LoggedExposure]) -> str:
    """Name the first that is of the outside; the others are counted before it."""
    found = next((cell for cell in cells if cell.outside), None)
    if found is None:
        return " inside the host"
    first, *others = found.zone.split(", ")
    more = f" and {count(len(others), 'other zone')}" if others else ""
    return f": {first}{more} → {found.target}" + (", …" if len(cells) > 1 else "")
