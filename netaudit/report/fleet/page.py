"""Pages about a fleet as values, and as HTML that needs nothing but itself."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from markupsafe import Markup

from netaudit.report.fleet.answer import cell_text
from netaudit.report.templating.own_page import render_page
from netaudit.report.text.sanitize import visible

MOST_ROWS = 1000  # of a table on a page; CSV and JSON Lines have all
_IN_SCRIPT = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


class Link(msgspec.Struct, frozen=True):
    """A text, and where it leads: a file of the report; "" for nowhere."""

    text: str
    to: str = ""


class Tile(msgspec.Struct, frozen=True):
    """A number with its word; `is_wrong`: more than none is bad."""

    number: int
    word: str
    to: str = ""
    is_wrong: bool = False


class Detail(msgspec.Struct, frozen=True):
    """What belongs to a row and is read on demand: lines under a word; commands are made to be copied."""

    word: str
    lines: tuple[str, ...]


class Part(msgspec.Struct, frozen=True):
    """A table with its title; `more` rows are left out, and `data` leads to all of them.

    `details` has an entry for each row, or none at all.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Link, ...], ...]
    sentence: str = ""
    more: int = 0
    data: tuple[Link, ...] = ()
    details: tuple[tuple[Detail, ...], ...] = ()


class FleetPage(msgspec.Struct, frozen=True):
    """A page: of the fleet, of a question, of a host. `searched` are the hosts to search, as JSON."""

    title: str
    headline: str
    parts: tuple[Part, ...]
    tiles: tuple[Tile, ...] = ()
    links: tuple[Link, ...] = ()
    searched: Markup | None = None


def render_fleet_page(page: FleetPage) -> str:
    """Print a page."""
    return render_page("fleet/page.html.j2", page, ("colours", "style"), "fleet")


def make_part(
    title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]], pages: dict[str, str] | None = None
) -> Part:
    """Make a table of an answer; a cell of the column `host` leads to that host's page, where it has one."""
    known = pages or {}
    shown = tuple(
        tuple(
            Link(cell_text(cell), known.get(str(cell), "") if name == "host" else "")
            for name, cell in zip(columns, row, strict=True)
        )
        for row in rows[:MOST_ROWS]
    )
    names = tuple(name.replace("_", " ") for name in columns)
    return Part(title, names, shown, more=max(0, len(rows) - MOST_ROWS))


def searchable(hosts: Sequence[tuple[str, str]]) -> Markup:
    """Return texts and pages of hosts as JSON that no browser takes for markup."""
    data = json.dumps([[visible(text), page] for text, page in hosts], separators=(",", ":"))
    return Markup(data.translate(_IN_SCRIPT))  # noqa: S704 (its markup is escaped)
