"""The rows of a map -> boxes and arrows with their places: zones, host ports, networks, containers, left to right.

Lengths are in the picture's own units, a sixteenth of an inch or so; text is monospaced, so that its width is known.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from netaudit.model.exposure import DestinationKind, Zone
from netaudit.report.map.rows import MapCell, MapRow, zone_order
from netaudit.report.text.sanitize import visible
from netaudit.report.text.width import columns_of, shorten

WIDTH = 1180
_TOP = 34  # the columns' headings
_SLOT = 40  # an arrow with its label
_LINE = 16
_GAP = 14
_COLUMNS = {"zone": (4, 168), "port": (560, 196), "network": (804, 152), "container": (1004, 172)}
_LABEL_AT = 272
_CHARACTER = 7.3  # of the monospaced text, 12 units high
_MOST_LINES = 4


class Box(msgspec.Struct, frozen=True):
    """A place of the map; `lines` are its text, `title` all of it."""

    column: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    title: str
    container: str = ""
    outcome: str = ""


class Arrow(msgspec.Struct, frozen=True):
    """What becomes of packets: curves from each zone to one labelled line."""

    starts: tuple[tuple[float, float], ...]
    x: float
    y: float
    end: float
    cell: MapCell
    title: str


class Join(msgspec.Struct, frozen=True):
    """A line between two boxes."""

    x: float
    y: float
    end: float
    outcome: str


class Drawing(msgspec.Struct, frozen=True):
    """A map, ready to be drawn."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    joins: tuple[Join, ...]
    headings: tuple[tuple[float, str], ...]
    left_out: int = 0


def lay_out(rows: Sequence[MapRow], most: int) -> Drawing:
    """Place up to `most` rows; what is left out is counted."""
    shown = rows[:most]
    places = list(_places(shown))
    height = (places[-1][1] + places[-1][2] if places else _TOP) + 8
    zones = sorted({zone for row in shown for cell in row.cells for zone in cell.zones}, key=zone_order)
    zone_boxes = dict(zip(zones, _zone_boxes(zones, height), strict=True))
    height = max([height, *(box.y + box.height + 8 for box in zone_boxes.values())])
    boxes = [*zone_boxes.values(), *_port_boxes(places), *_spans("network", places), *_spans("container", places)]
    return Drawing(
        width=WIDTH,
        height=height,
        boxes=tuple(boxes),
        arrows=tuple(_arrows(places, zone_boxes)),
        joins=tuple(_joins(places)),
        headings=tuple(
            (_COLUMNS[column][0], words)
            for column, words in (
                ("zone", "from"),
                ("port", "to"),
                ("network", "on the network"),
                ("container", "of"),
            )
        ),
        left_out=len(rows) - len(shown),
    )


_Place = tuple[MapRow, float, float]  # row, top, height


def _places(rows: Sequence[MapRow]) -> Iterator[_Place]:
    top = float(_TOP)
    for row in rows:
        texts = (("port", row.port), ("container", row.container), ("network", row.network))
        lines = max(len(wrap(text, _fits(column))) for column, text in texts)
        height = max(len(row.cells) * _SLOT, lines * _LINE + 14)
        yield row, top, height
        top += height + _GAP


def _fits(column: str) -> int:
    return int((_COLUMNS[column][1] - 16) / _CHARACTER)


def _box(column: str, y: float, height: float, text: str) -> Box:
    x, width = _COLUMNS[column]
    return Box(column, x, y, width, height, wrap(text, _fits(column)), text)


def _zone_boxes(zones: Sequence[Zone], height: float) -> Iterator[Box]:
    """Spread the zones over the height of the map."""
    texts = [wrap(str(zone), _fits("zone")) for zone in zones]
    heights = [len(lines) * _LINE + 14 for lines in texts]
    free = max(0.0, height - 8 - _TOP - sum(heights))
    gap = max(free / (len(zones) + 1), _GAP)
    y = _TOP + (gap if free > _GAP * (len(zones) + 1) else 0)
    for zone, own in zip(zones, heights, strict=True):
        yield msgspec.structs.replace(_box("zone", y, own, str(zone)), outcome=str(zone.kind))
        y += own + gap


def _port_boxes(places: Sequence[_Place]) -> Iterator[Box]:
    for row, top, height in places:
        direct = " direct" if row.kind is DestinationKind.CONTAINER_PORTS else ""
        yield msgspec.structs.replace(_box("port", top, height, row.port), outcome=f"{row.worst}{direct}")


def _spans(column: str, places: Sequence[_Place]) -> Iterator[Box]:
    """Draw one box over the rows that share a network, or a container on it."""
    last = (lambda row: row.container) if column == "container" else (lambda _: "")
    for (network, container), members in groupby(places, key=lambda place: (place[0].network, last(place[0]))):
        rows = list(members)
        text = container if column == "container" else network
        if text:
            top = rows[0][1]
            box = _box(column, top, rows[-1][1] + rows[-1][2] - top, text)
            yield msgspec.structs.replace(box, container=rows[0][0].container_id if column == "container" else "")


def _arrows(places: Sequence[_Place], zones: dict[Zone, Box]) -> Iterator[Arrow]:
    for row, top, height in places:
        step = height / len(row.cells)
        for at, cell in enumerate(row.cells):
            starts = tuple((zones[z].x + zones[z].width, zones[z].y + zones[z].height / 2) for z in cell.zones)
            yield Arrow(starts, _LABEL_AT, top + step * (at + 0.5), _COLUMNS["port"][0], cell, describe(row, cell))


def _joins(places: Sequence[_Place]) -> Iterator[Join]:
    for row, top, height in places:
        y = top + height / 2
        stops = ["port", "network"] if row.network else ["port"]
        for start, end in zip(stops, [*stops[1:], "container"], strict=True):
            yield Join(sum(_COLUMNS[start]), y, _COLUMNS[end][0], str(row.worst))


def describe(row: MapRow, cell: MapCell) -> str:
    """Say all of an arrow in a sentence."""
    zones = ", ".join(map(str, cell.zones))
    where = f", decided by {cell.rule.where}" if cell.rule else ""
    cause = f" ({cell.cause})" if cell.cause else ""
    reason = f"; {cell.reason}" if cell.reason else ""
    return f"{zones} to {row.port} of {row.container}: {cell.words}{where}{cause}{reason}"


def wrap(text: str, columns: int) -> tuple[str, ...]:
    """Break text into lines, at spaces if it can be; only what does not fit into four is cut, in its middle."""
    lines = [""]
    for word in shorten(visible(text), columns * (_MOST_LINES - 1)).split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if columns_of(joined) <= columns:
            lines[-1] = joined
            continue
        lines += [""] if lines[-1] else []
        for char in word:
            if columns_of(lines[-1]) + columns_of(char) > columns:
                lines.append("")
            lines[-1] += char
    return tuple(lines)
