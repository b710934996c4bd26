"""The exposure table with the makers and causes of its deciding rules; and what of it changed, and because of what."""

from collections.abc import Callable, Iterator
from functools import cache

import msgspec

from netaudit.attribute.attribution import UNATTRIBUTED, AttributedExposure, Attribution, ExposureChange
from netaudit.model.exposure import Exposure, Outcome
from netaudit.model.netfilter.ruleset import Item

Ranges = tuple[tuple[int, int], ...]
Because = Callable[[AttributedExposure | None, AttributedExposure | None], str]


def attribute_exposures(
    exposures: tuple[Exposure, ...], attribute: Callable[[Item], Attribution]
) -> tuple[AttributedExposure, ...]:
    """Name, for each cell, who wrote the rule that decides it, and for whom."""
    known = cache(attribute)
    return tuple(AttributedExposure(one, known(one.rule) if one.rule else UNATTRIBUTED) for one in exposures)


def compare_exposures(
    before: tuple[AttributedExposure, ...], after: tuple[AttributedExposure, ...], because: Because
) -> tuple[ExposureChange, ...]:
    """List the cells whose outcome differs, port by port; what was not there and cannot be reached is no change."""
    earlier, later = _by_cell(before), _by_cell(after)
    found = []
    for cell in dict.fromkeys([*later, *earlier]):
        for old, new in _pairs(earlier.get(cell, []), later.get(cell, [])):
            if _outcome(old) is not _outcome(new):
                found.append(ExposureChange(old, new, because(old, new)))
    return tuple(found)


def _by_cell(table: tuple[AttributedExposure, ...]) -> dict[tuple[object, ...], list[AttributedExposure]]:
    """Gather rows by what names a cell on a host: a container is the same under a new id and address."""
    cells: dict[tuple[object, ...], list[AttributedExposure]] = {}
    for one in table:
        to = one.exposure.destination
        place = (to.led,) if to.led else (to.address, to.ports, to.interface)
        whose = (to.container_name, to.network_name) if to.container_name else place
        key = (one.exposure.zone, to.kind, to.family, to.protocol, whose, to.binding, to.led and to.led.ports)
        cells.setdefault(key, []).append(one)
    return cells


def _pairs(
    before: list[AttributedExposure], after: list[AttributedExposure]
) -> Iterator[tuple[AttributedExposure | None, AttributedExposure | None]]:
    """Pair the rows of a cell where they speak of the same ports, and give what only one side speaks of."""
    for old in before:
        for new in after:
            shared = _shared(old.exposure.destination.ports, new.exposure.destination.ports)
            if shared:
                yield _with_ports(old, shared), _with_ports(new, shared)
    if not before:
        yield from ((None, new) for new in after)
    if not after:
        yield from ((old, None) for old in before)


def _outcome(one: AttributedExposure | None) -> Outcome:
    return one.exposure.outcome if one else Outcome.BLOCKED


def _with_ports(one: AttributedExposure, ports: Ranges) -> AttributedExposure:
    destination = msgspec.structs.replace(one.exposure.destination, ports=ports)
    return msgspec.structs.replace(one, exposure=msgspec.structs.replace(one.exposure, destination=destination))


def _shared(one: Ranges, other: Ranges) -> Ranges:
    pairs = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple(sorted((first, last) for first, last in pairs if first <= last))
