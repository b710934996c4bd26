"""Text and rows -> lines for a terminal: wrapped, never cut.

tabulate is imported here alone.
"""

from collections.abc import Iterable, Sequence

from tabulate import tabulate

from netaudit.report.columns import columns_of
from netaudit.report.safe_text import visible
from netaudit.report.style import Style, paint

_NARROWEST = 52  # columns that a rule's text should have


def fill(text: str, style: Style) -> list[str]:
    """Break a line where it is too long for the terminal."""
    return tabulate([[visible(text)]], tablefmt="plain", maxcolwidths=style.width - 2).split("\n")


def table(rows: Iterable[Sequence[str]], style: Style) -> list[str]:
    """Lay out symbol, place and text; text is wrapped, never cut, and stands below the place where columns are few."""
    cells = [[visible(cell) for cell in row] for row in rows]
    if not cells:
        return []
    places = max(columns_of(row[1]) for row in cells)
    width = style.width - places - 8
    if width < _NARROWEST:
        cells, width = _stacked(cells), style.width - 8
    columns = len(cells[0]) - 1
    table = tabulate(cells, tablefmt="plain", maxcolwidths=[*[None] * columns, width], disable_numparse=True)
    return [paint(f"  {line}", style) for line in table.split("\n")]


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
    return tabulate(rows, tablefmt="plain", maxcolwidths=[None, None, text_width], disable_numparse=True)
