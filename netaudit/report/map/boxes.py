"""The rows of a map -> boxes: what packets from the same zones get to, project by project and network by network.

What the Internet and the LAN reach is one section, what is reached inside the host another, what is blocked a third.
No row is left out: a box names about twelve containers and counts the others; many alike boxes become one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from netaudit.model.exposure import Outcome, Zone, ZoneKind
from netaudit.model.netfilter.ruleset import Item
from netaudit.report.map.rows import MapCell, MapRow, zone_order
from netaudit.report.text.findings.places import join_ports
from netaudit.report.text.words import count

_MOST_BOXES = 20  # of a section: of more, those that are alike become one
_MOST_LINES = 12  # of a box
_MOST_SENSITIVE = 40  # lines of a box with services that should not face a network: these are what a reader looks for
_OUTSIDE = (ZoneKind.INTERNET, ZoneKind.LAN)
_WORST = (Outcome.ALLOWED, Outcome.MAY, Outcome.BLOCKED)


class SectionKind(StrEnum):
    """The parts of a map, in their order."""

    OUTSIDE = "outside"
    INSIDE = "inside"
    BLOCKED = "blocked"


class BoxLine(msgspec.Struct, frozen=True):
    """A container or program with its ports that the same packets get to; `rules` decide."""

    name: str
    ports: str
    service: str
    addresses: tuple[str, ...]
    rules: tuple[Item, ...]
    container_id: str


class MapBox(msgspec.Struct, frozen=True):
    """What becomes of packets from some zones to the containers of a network; `more` are lines that are not listed."""

    title: str
    zones: tuple[Zone, ...]
    words: str
    last: Outcome
    gone: bool
    lines: tuple[BoxLine, ...]
    more: int = 0
    ports: int = 0


class Section(msgspec.Struct, frozen=True):
    """A part of a map; `ports` counts what it shows."""

    kind: SectionKind
    boxes: tuple[MapBox, ...]

    @property
    def ports(self) -> int:
        """Count the ports of all boxes."""
        return sum(box.ports for box in self.boxes)


class _Fate(msgspec.Struct, frozen=True):
    """What a box has in common."""

    zones: tuple[Zone, ...]
    words: str
    last: Outcome
    gone: bool


_Entry = tuple[MapRow, tuple[Item, ...]]
_Cluster = tuple[str, str]  # project, network
_Clusters = dict[tuple[_Fate, _Cluster], list[_Entry]]


def gather_sections(rows: Iterable[MapRow]) -> tuple[Section, ...]:
    """Return the parts of a map that have anything to show."""
    found: dict[SectionKind, _Clusters] = {}
    listed = [*rows]
    networks = {row.container_id: row.network for row in listed if row.container_id and row.network}
    for row in listed:
        for kind, fate, rules in _fates(row):
            cluster = row.project, row.network or networks.get(row.container_id, "")
            found.setdefault(kind, {}).setdefault((fate, cluster), []).append((row, rules))
    return tuple(Section(kind, tuple(_boxes(found[kind]))) for kind in SectionKind if kind in found)


def _fates(row: MapRow) -> Iterator[tuple[SectionKind, _Fate, tuple[Item, ...]]]:
    """Return what becomes of packets to a destination: zones of one section with one outcome together."""
    alike: dict[tuple[SectionKind, str, Outcome, bool], tuple[dict[Zone, None], dict[Item, None]]] = {}
    for cell in row.cells:
        for zone in cell.zones:
            key = _section(zone, cell), cell.words, cell.last, cell.outcome is None
            zones, rules = alike.setdefault(key, ({}, {}))
            zones[zone] = None
            rules.update({cell.rule: None} if cell.rule else {})
    for (kind, words, last, gone), (zones, rules) in alike.items():
        yield kind, _Fate(tuple(sorted(zones, key=zone_order)), words, last, gone), tuple(rules)


def _section(zone: Zone, cell: MapCell) -> SectionKind:
    if cell.outcome is cell.was is Outcome.BLOCKED:
        return SectionKind.BLOCKED
    return SectionKind.OUTSIDE if zone.kind in _OUTSIDE else SectionKind.INSIDE


def _boxes(clusters: _Clusters) -> list[MapBox]:
    boxes = [_box(fate, _title(cluster), members) for (fate, cluster), members in clusters.items()]
    if len(boxes) > _MOST_BOXES:
        boxes = [*_together(clusters, _shape)]
    if len(boxes) > _MOST_BOXES:
        boxes = [*_together(clusters, lambda members: bool(_service(members)))]
    return sorted(boxes, key=_order)


def _together(clusters: _Clusters, alike: Callable[[Sequence[_Entry]], object]) -> Iterator[MapBox]:
    """Draw networks as one that have the same fate, and the same ports open or at least services or none."""
    gathered: dict[tuple[_Fate, object], list[tuple[_Cluster, list[_Entry]]]] = {}
    for (fate, cluster), members in clusters.items():
        gathered.setdefault((fate, alike(members)), []).append((cluster, members))
    for (fate, _), parts in gathered.items():
        members = [one for _, entries in parts for one in entries]
        yield _box(fate, _title(parts[0][0]) if len(parts) == 1 else _titles([of for of, _ in parts]), members)


def _shape(members: Sequence[_Entry]) -> object:
    return frozenset((row.own_port, row.service, row.kind) for row, _ in members)


def _service(members: Sequence[_Entry]) -> str:
    return next((row.service for row, _ in members if row.service), "")


def _title(cluster: _Cluster) -> str:
    project, network = cluster
    if not network:
        return f"project {project}" if project else "the host"
    return f"network {network} of project {project}" if project else f"network {network}"


def _titles(clusters: Sequence[_Cluster]) -> str:
    projects = {project for project, _ in clusters if project}
    networks = {network for _, network in clusters if network}
    parts = [count(len(networks), "network")] if networks else []
    return " of ".join([*parts, *([count(len(projects), "project")] if projects else [])]) or "the host"


def _box(fate: _Fate, title: str, members: Sequence[_Entry]) -> MapBox:
    lines = sorted(_lines(members), key=_line_order)
    most = _MOST_SENSITIVE if any(line.service for line in lines) else _MOST_LINES
    sensitive = sum(bool(line.service) for line in lines)
    shown = lines[: max(_MOST_LINES, min(most, sensitive))]
    return MapBox(
        title=title,
        zones=fate.zones,
        words=fate.words,
        last=fate.last,
        gone=fate.gone,
        lines=tuple(shown),
        more=len(lines) - len(shown),
        ports=len({(row.container, row.own_port) for row, _ in members}),
    )


def _lines(members: Iterable[_Entry]) -> Iterator[BoxLine]:
    """Gather the ports of each container: ports at its own address apart, for they are reached another way."""
    gathered: dict[tuple[str, str, str, object], list[_Entry]] = {}
    for row, rules in members:
        key = row.container, row.container_id, row.service, row.kind
        gathered.setdefault(key, []).append((row, rules))
    for (name, container_id, service, _), entries in gathered.items():
        yield BoxLine(
            name=name,
            ports=join_ports([*dict.fromkeys(row.own_port for row, _ in entries)]),
            service=service,
            addresses=tuple(dict.fromkeys(row.address for row, _ in entries)),
            rules=tuple(dict.fromkeys(rule for _, rules in entries for rule in rules)),
            container_id=container_id,
        )


def _line_order(line: BoxLine) -> tuple[object, ...]:
    return not line.service, line.name, line.ports


def _order(box: MapBox) -> tuple[object, ...]:
    """Sort what the farthest zone gets to first, what is surely open before what may be, sensitive services first."""
    return (
        zone_order(box.zones[0])[0],
        _WORST.index(box.last),
        box.gone,
        not any(line.service for line in box.lines),
        box.title,
        [zone_order(zone) for zone in box.zones],
    )
