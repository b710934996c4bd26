"""Text and rows -> lines for a terminal: wrapped, and cut only where they are longer than anybody reads.

tabulate is imported here alone, for tables that have headers: it takes 12 ms to import and 0.1 ms a row.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from netaudit.model.facts import Gap
from netaudit.report.terminal.detail import Detail
from netaudit.report.terminal.style import Style, paint
from netaudit.report.terminal.wrapping import wrap
from netaudit.report.text.sanitize import terminal_text
from netaudit.report.text.unrecorded import describe_never_recorded, never_recorded
from netaudit.report.text.width import columns_of, shorten
from netaudit.report.text.words import describe_gap

_NARROWEST = 52  # columns that a rule's text should have
_NAME = 60  # columns of the name of what a table is about
_CELL = 80  # columns of one cell of a table that has headers


def fill(text: str, style: Style) -> list[str]:
    """Break a line where it is too long for the terminal."""
    return [line.rstrip() for line in wrap(terminal_text(text).strip(), style.width - 2, hyphens=True)] or [""]


def gap_lines(gaps: Iterable[Gap]) -> list[str]:
    """Say what could not be seen, a line each."""
    return [f"  {terminal_text(describe_gap(gap))}" for gap in sorted(set(gaps))]


def gap_summary(gaps: Iterable[Gap], style: Style) -> Iterator[str]:
    """Print what could not be seen; many sources of which no more is known than that are one sentence."""
    found = sorted(set(gaps))
    if not found:
        return
    silent = () if style.detail is Detail.FULL else never_recorded(found)
    said = [describe_gap(gap) for gap in found if gap not in silent]
    said += [describe_never_recorded(silent)] if silent else []
    yield "could not be seen"
    yield from (f"  {line}" for sentence in said for line in fill(sentence, style))
    yield ""


def table(rows: Iterable[Sequence[str]], style: Style) -> list[str]:
    """Lay out symbol, place and text; text is wrapped, and stands below the place where columns are few."""
    cells = [[terminal_text(cell) for cell in row] for row in rows]
    if not cells:
        return []
    places = max(columns_of(row[1]) for row in cells)
    width = style.width - places - 8
    if width < _NARROWEST:
        cells, width = _stacked(cells), style.width - 8
    return [paint(f"  {line}", style) for line in _aligned(cells, width).split("\n")]


def _stacked(cells: Sequence[Sequence[str]]) -> list[list[str]]:
    """Put each text below its place."""
    stacked: list[list[str]] = []
    for mark, place, text in cells:
        if place:
            stacked.append([mark, place])
        stacked.append(["" if place else mark, f"{text}"])
    return stacked


def tabulate_plain(rows: Sequence[Sequence[str]], text_width: int = 48) -> str:
    """Lay out rows of three cells; the last one is wrapped."""
    cells = [[mark, shorten(terminal_text(name), _NAME), terminal_text(text)] for mark, name, text in rows]
    return _aligned(cells, text_width)


def _aligned(cells: Sequence[Sequence[str]], width: int) -> str:
    """Put cells below each other; the last of each row is wrapped."""
    rows = [[*row[:-1], _wrapped(row[-1], width)] for row in cells]
    return "\n".join(_laid_out(rows))


def _wrapped(text: str, width: int) -> str:
    """Wrap a cell; most are one line."""
    if len(text) <= width and text.isprintable() and (text.isascii() or columns_of(text) <= width):
        return text
    return "\n".join(wrap(text, width, hyphens=True))


def _laid_out(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of rows: columns of equal width, two spaces apart."""
    cells = [[cell.strip() for cell in row] for row in rows]
    widths = [_width(column) for column in zip_longest(*cells, fillvalue="")]
    for row in cells:
        if not any("\n" in cell for cell in row):
            yield _line(row, widths)
            continue
        parts = (cell.splitlines() or [""] for cell in row)
        yield from (_line(line, widths) for line in zip_longest(*parts, fillvalue=""))


def _width(column: Sequence[str]) -> int:
    """Return how many columns of text the cells of a column take; of 100,000 cells nearly all are one plain line."""
    others = [cell for cell in column if not (cell.isascii() and cell.isprintable())]
    wide = max((columns_of(line) for cell in others for line in cell.splitlines()), default=0)
    plain = column if not others else [cell for cell in column if cell.isascii() and cell.isprintable()]
    return max(wide, max(map(len, plain), default=0))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    if all(map(str.isascii, cells)):
        return "  ".join(map(str.ljust, cells, widths)).rstrip()
    padded = (f"{cell}{' ' * (width - columns_of(cell))}" for cell, width in zip(cells, widths, strict=False))
    return "  ".join(padded).rstrip()


def columns_table(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> str:
    """Lay out rows below the names of their columns; where they are too wide, each row with a line for each column."""
    from tabulate import tabulate  # noqa: PLC0415 (late: see above)

    cells = [[shorten(terminal_text(cell), _CELL) for cell in row] for row in rows]
    text = tabulate(cells, headers=list(names), tablefmt="simple", disable_numparse=True)
    if max(map(columns_of, text.split("\n"))) <= width:
        return f"{text}\n"
    longest = max(map(columns_of, names))
    blocks = (_block(names, [terminal_text(cell) for cell in row], longest, width) for row in rows)
    return "\n".join(blocks)


def _block(names: Sequence[str], row: Sequence[str], longest: int, width: int) -> str:
    pairs = (
        (name, wrap(cell, width - longest - 2, hyphens=True)) for name, cell in zip(names, row, strict=True) if cell
    )
    return "".join(
        f"{name if not at else '':{longest}}  {line}\n" for name, lines in pairs for at, line in enumerate(lines)
    )
