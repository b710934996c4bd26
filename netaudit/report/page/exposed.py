"""Who can reach what, as a page shows it: the map in its sections, and the table."""

from collections.abc import Sequence

import msgspec

from netaudit.report.map.boxes import Section, SectionKind, gather_sections
from netaudit.report.map.groups import draw_together
from netaudit.report.map.layout import Drawing, lay_out
from netaudit.report.map.rows import MapRow

_MOST_LISTED = 200  # rows of the table
_HEADINGS = {
    SectionKind.OUTSIDE: "What the Internet and the LAN reach",
    SectionKind.INSIDE: "What is reached inside the host",
    SectionKind.BLOCKED: "What is blocked",
}


class DrawnSection(msgspec.Struct, frozen=True):
    """A part of the map with its picture."""

    heading: str
    section: Section
    map: Drawing


class Exposed(msgspec.Struct, frozen=True):
    """Who can reach what: the table's rows, and the map; `outside` is None where nothing is open to outsiders."""

    rows: tuple[MapRow, ...]
    outside: DrawnSection | None
    others: tuple[DrawnSection, ...]


def lay_out_exposure(rows: Sequence[MapRow]) -> Exposed:
    """Draw the map, and gather the rows of the table where they are many."""
    drawn = [DrawnSection(_HEADINGS[one.kind], one, lay_out([one])) for one in gather_sections(rows)]
    outside = next((one for one in drawn if one.section.kind is SectionKind.OUTSIDE), None)
    return Exposed(draw_together(rows, _MOST_LISTED), outside, tuple(one for one in drawn if one is not outside))


def draw_whole(rows: Sequence[MapRow]) -> Drawing:
    """Draw all sections in one picture."""
    sections = gather_sections(rows)
    return lay_out(sections, [_HEADINGS[one.kind] for one in sections])
