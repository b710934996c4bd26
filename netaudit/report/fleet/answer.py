"""An answer to a question, as text: for a terminal, a spreadsheet, a program."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from netaudit.report.terminal.layout import columns_table
from netaudit.report.text.formats.csv_rows import print_rows
from netaudit.report.text.sanitize import harmless_json

Cells = Sequence[Any]  # of a row: texts, numbers, times, lists, None


def render_table(columns: Sequence[str], rows: Iterable[Cells], width: int) -> str:
    """Lay an answer out below its columns' names; where they do not fit, a row has a line for each column."""
    cells = [[cell_text(cell) for cell in row] for row in rows]
    return columns_table(columns, cells, width) if cells else "no rows\n"


def render_csv(columns: Sequence[str], rows: Iterable[Cells]) -> str:
    """Print CSV; what a spreadsheet would take for a formula gets an apostrophe before it."""
    return print_rows(columns, (map(_csv_value, row) for row in rows), end="\n")


def render_json_lines(columns: Sequence[str], rows: Iterable[Cells]) -> bytes:
    """Print an object a line."""
    return b"".join(_line(dict(zip(columns, row, strict=True))) for row in rows)


def cell_text(cell: Any) -> str:  # noqa: ANN401 (what a cell holds)
    """Write a cell for people."""
    match cell:
        case None:
            return ""
        case dt.datetime():
            return f"{cell.astimezone(dt.UTC):%Y-%m-%d %H:%M:%SZ}"
        case bool():
            return "yes" if cell else "no"
        case list() | tuple():
            return "; ".join(map(cell_text, cell))
        case _:
            return str(cell)


def _csv_value(cell: Any) -> object:  # noqa: ANN401 (what a cell holds)
    return cell_text(cell) if cell is None or isinstance(cell, (list, tuple, bool, dt.datetime)) else cell


def _line(row: dict[str, Any]) -> bytes:
    plain = {name: cell.astimezone(dt.UTC) if isinstance(cell, dt.datetime) else cell for name, cell in row.items()}
    return harmless_json(msgspec.json.encode(plain, enc_hook=str)) + b"\n"
