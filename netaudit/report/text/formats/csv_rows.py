"""Rows -> CSV (RFC 4180); what a spreadsheet would take for a formula gets an apostrophe before it."""

import csv
import io
from collections.abc import Iterable, Sequence

from netaudit.report.text.sanitize import csv_cell


def print_rows(columns: Sequence[str], rows: Iterable[Iterable[object]], end: str = "\r\n") -> str:
    """Print the names of columns, then rows of as many cells; `end` ends each line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(columns)
    writer.writerows([csv_cell(cell) for cell in row] for row in rows)
    return text.getvalue()
