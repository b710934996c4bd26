"""Many rows of a map -> few: destinations with the same outcomes are drawn as one."""

from collections.abc import Sequence

import msgspec

from netaudit.report.map.rows import MapCell, MapRow
from netaudit.report.text.words import count

_Alike = tuple[object, ...]


def draw_together(rows: Sequence[MapRow], most: int) -> tuple[MapRow, ...]:
    """Keep up to `most` rows as they are; of more, the ones of a network that have the same outcomes become one."""
    if len(rows) <= most:
        return tuple(rows)
    gathered: dict[_Alike, list[MapRow]] = {}
    for row in rows:
        gathered.setdefault(_alike(row), []).append(row)
    return tuple(_one(members) for members in gathered.values())


def _alike(row: MapRow) -> _Alike:
    return (row.kind, row.network, tuple(_fate(cell) for cell in row.cells))


def _fate(cell: MapCell) -> _Alike:
    """Tell rules apart by who writes them and what for, not by their places."""
    signature = cell.attribution.signature or (cell.rule.text if cell.rule else "")
    return (cell.zones, cell.outcome, cell.was, cell.way, signature)


def _one(members: Sequence[MapRow]) -> MapRow:
    first = members[0]
    if len(members) == 1:
        return first
    containers = len({(row.container, row.container_id) for row in members})
    return msgspec.structs.replace(
        first,
        where=count(len(members), "port"),
        protocol="",
        container=first.container if containers == 1 else count(containers, "container"),
        cells=tuple(_common(cells) for cells in zip(*(row.cells for row in members), strict=True)),
        members=tuple(f"{row.container} {row.port}" for row in members),
        container_id="",
    )


def _common(cells: Sequence[MapCell]) -> MapCell:
    """Keep the rule that decides for all; where each has one of its own, only whose they are holds for all."""
    first = msgspec.structs.replace(cells[0], witness="")
    if not first.rule or all(cell.rule == first.rule for cell in cells):
        return first
    cause = first.attribution.signature or first.attribution.maker
    return msgspec.structs.replace(first, rule=None, decided="a rule each", cause=cause)
