"""The boxes of a map -> lines, arrows and texts with their places: zones on the left, what they get to on the right.

Lengths are in the picture's own units, a sixteenth of an inch or so; text is monospaced, so that its width is known.
"""

from collections.abc import Iterator, Sequence

import msgspec

from netaudit.model.exposure import Zone
from netaudit.model.netfilter.ruleset import Item
from netaudit.report.map.boxes import BoxLine, MapBox, Section
from netaudit.report.map.rows import MapCell, MapRow, zone_order
from netaudit.report.text.sanitize import visible
from netaudit.report.text.width import columns_of, shorten
from netaudit.report.text.words import count

WIDTH = 1180
_ZONE = (4, 190)
_LABEL_AT = 268
_BOX = (430, WIDTH - 434)
_COLUMNS = (444, 750, 990)  # of a box's lines: what, at which address, decided by
_TOP = 8
_LINE = 18
_HEAD = 26
_HEADING = 34  # of a section, where there are several
_GAP = 12
_APART = 280  # that zones are at most
_CHARACTER = 7.3  # of the monospaced text, 12 units high
_MOST_LINES = 4


class ZoneBox(msgspec.Struct, frozen=True):
    """Where packets come from."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]
    title: str


class LineText(msgspec.Struct, frozen=True):
    """A line of a box: its texts, shortened to their columns, and the rule to link to."""

    y: float
    name: str
    service: str
    address: str
    decided: str
    rule: Item | None
    title: str


class PlacedBox(msgspec.Struct, frozen=True):
    """A box with its place; `starts` are where its arrow begins."""

    box: MapBox
    y: float
    height: float
    lines: tuple[LineText, ...]
    starts: tuple[tuple[float, float], ...]
    title: str
    zones: str
    more: str = ""

    @property
    def middle(self) -> float:
        """Return the height at which its arrow arrives."""
        return self.y + min(self.height / 2, _HEAD)


class Drawing(msgspec.Struct, frozen=True):
    """A map, ready to be drawn."""

    width: float
    height: float
    zones: tuple[ZoneBox, ...]
    boxes: tuple[PlacedBox, ...]
    columns: tuple[int, ...]
    headings: tuple[tuple[float, str], ...]
    box: tuple[int, int]
    label: int


def lay_out(sections: Sequence[Section], headings: Sequence[str] = ()) -> Drawing:
    """Place the boxes of sections one below the other, each under its heading, if there are headings."""
    y = float(_TOP)
    placed: list[PlacedBox] = []
    zones: list[ZoneBox] = []
    said: list[tuple[float, str]] = []
    for at, section in enumerate(sections):
        if headings:
            said.append((y + 18, headings[at]))
            y += _HEADING
        boxes = [*_place(section.boxes, y)]
        last = boxes[-1].y + boxes[-1].height
        senders = {*(zone for box in section.boxes for zone in box.zones)}
        found = dict(zip(sorted(senders, key=zone_order), _zone_boxes(senders, y, last), strict=True))
        placed += [_from_zones(box, found) for box in boxes]
        zones += found.values()
        y = max(last, *(zone.y + zone.height for zone in found.values())) + _GAP
    return Drawing(WIDTH, y, tuple(zones), tuple(placed), _COLUMNS, tuple(said), _BOX, _LABEL_AT)


def _place(boxes: Sequence[MapBox], y: float) -> Iterator[PlacedBox]:
    for box in boxes:
        rows = len(box.lines) + bool(box.more)
        height = max(_HEAD + rows * _LINE + 6, 48)
        lines = tuple(_line(one, y + _HEAD + at * _LINE + 13) for at, one in enumerate(box.lines))
        more = f"and {count(box.more, 'more line')}; see the full table" if box.more else ""
        zones = ", ".join(map(str, box.zones))
        yield PlacedBox(box, y, height, lines, (), f"{zones} to {box.title}: {box.words}", zones, more)
        y += height + _GAP


def _line(line: BoxLine, y: float) -> LineText:
    ends = (*_COLUMNS[1:], WIDTH)
    columns = [int((end - start - 12) / _CHARACTER) for start, end in zip(_COLUMNS, ends, strict=True)]
    room = columns[0] - (columns_of(line.service) + 1 if line.service else 0)
    first = line.rules[0].where if line.rules else "no rule"
    decided = first + (f" +{len(line.rules) - 1}" if len(line.rules) > 1 else "")
    name = f"{shorten(visible(line.name), max(room - len(line.ports) - 1, 8))} {line.ports}"
    addresses = _addresses(line.addresses)
    whole = f"{line.name} {line.ports}" + (f" ({line.service})" if line.service else "")
    return LineText(
        y=y,
        name=shorten(visible(name), columns[0]),
        service=line.service,
        address=shorten(visible(addresses), columns[1]),
        decided=shorten(visible(decided), columns[2]),
        rule=line.rules[0] if line.rules else None,
        title=f"{whole} at {addresses}, decided by {', '.join(rule.where for rule in line.rules) or 'no rule'}",
    )


def _addresses(addresses: Sequence[str]) -> str:
    """Join addresses with their ports: `0.0.0.0:80, [::]:80`; of several ports `0.0.0.0, [::] ports 80, 443`."""
    by_host: dict[str, list[str]] = {}
    for one in addresses:
        host, colon, port = one.rpartition(":")
        if not (colon and port.isdecimal()):
            host, port = one, ""
        by_host.setdefault(host, []).append(port)
    alike: dict[tuple[str, ...], list[str]] = {}
    for host, ports in by_host.items():
        alike.setdefault(tuple(dict.fromkeys(ports)), []).append(host)
    return "; ".join(_hosts_and_ports(hosts, ports) for ports, hosts in alike.items())


def _hosts_and_ports(hosts: Sequence[str], ports: tuple[str, ...]) -> str:
    if len(ports) > 1:
        return f"{', '.join(hosts)} ports {', '.join(sorted(ports, key=lambda port: (len(port), port)))}"
    return ", ".join(f"{host}:{ports[0]}" if ports[0] else host for host in hosts)


def _from_zones(box: PlacedBox, zones: dict[Zone, ZoneBox]) -> PlacedBox:
    own = (zones[zone] for zone in box.box.zones)
    starts = tuple((one.x + one.width, one.y + one.height / 2) for one in own)
    return msgspec.structs.replace(box, starts=starts)


def _zone_boxes(zones: set[Zone], top: float, bottom: float) -> Iterator[ZoneBox]:
    """Spread the zones over the height of their section; of a high one they stay at the top, where a reader begins."""
    x, width = _ZONE
    ordered = sorted(zones, key=zone_order)
    texts = [wrap(str(zone), int((width - 20) / _CHARACTER)) for zone in ordered]
    heights = [len(lines) * 16 + 14 for lines in texts]
    gap = min(max((bottom - top - sum(heights)) / (len(ordered) + 1), _GAP), _APART)
    y = top + (gap if gap > _GAP else 0)
    for zone, lines, height in zip(ordered, texts, heights, strict=True):
        yield ZoneBox(x, y, width, height, lines, str(zone))
        y += height + gap


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
