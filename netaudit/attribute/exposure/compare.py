"""The exposure table with the makers and causes of its deciding rules; and what of it changed, and because of what."""

from collections.abc import Callable, Iterator

import msgspec

from netaudit.attribute.attribution import UNATTRIBUTED, AttributedExposure, ExposureChange
from netaudit.attribute.exposure.attributions import Attributions
from netaudit.attribute.exposure.identity import Identify, by_container, gather, with_ports
from netaudit.model.exposure import Destination, Exposure, Outcome
from netaudit.model.ranges import Ranges, joined, without

Because = Callable[[AttributedExposure | None, AttributedExposure | None], str]
Listed = Callable[[AttributedExposure], bool]
Pair = tuple[AttributedExposure | None, AttributedExposure | None]


def attribute_exposures(
    exposures: tuple[Exposure, ...],
    attributions: Attributions,
    named: Callable[[Destination], tuple[str, str]] = lambda _: ("", ""),
) -> tuple[AttributedExposure, ...]:
    """Name, for each cell, who wrote the rule that decides it, for whom, and which service of which project it is."""
    known = attributions.of({one.rule for one in exposures if one.rule})
    return tuple(
        AttributedExposure(one, known[one.rule] if one.rule else UNATTRIBUTED, *named(one.destination))
        for one in exposures
    )


def _always(_: AttributedExposure) -> bool:
    return True


class Sides(msgspec.Struct, frozen=True):
    """How the tables of two snapshots are compared: what names a row, and which rows each side would list."""

    identify: Identify = by_container(None, None)
    before: Listed = _always
    after: Listed = _always


_ALL_LISTED = Sides()


class Compared(msgspec.Struct, frozen=True):
    """What differs between two tables; `undecided` counts the rows that nobody can tell on either side."""

    changes: tuple[ExposureChange, ...]
    undecided: int = 0


def compare_exposures(
    before: tuple[AttributedExposure, ...],
    after: tuple[AttributedExposure, ...],
    because: Because,
    sides: Sides = _ALL_LISTED,
) -> Compared:
    """List the cells whose outcome differs, port by port; what was not there and cannot be reached is no change.

    A cell that one side could not list is left out: nothing follows from its absence there.
    """
    earlier, later = gather(before, sides.identify), gather(after, sides.identify)
    found: list[ExposureChange] = []
    undecided = 0
    for cell in dict.fromkeys([*later, *earlier]):
        for old, new in _pairs(earlier.get(cell, []), later.get(cell, [])):
            if _differ(old, new) and _is_known(old, new, sides):
                found.append(ExposureChange(old, new, because(old, new)))
            undecided += old is not None and _outcome(old) is _outcome(new) is Outcome.MAY
    return Compared(tuple(found), undecided)


def _is_known(old: AttributedExposure | None, new: AttributedExposure | None, sides: Sides) -> bool:
    """Tell whether a cell that one side lacks would be listed there."""
    return (old is not None or (new is not None and sides.before(new))) and (
        new is not None or (old is not None and sides.after(old))
    )


def _pairs(before: list[AttributedExposure], after: list[AttributedExposure]) -> Iterator[Pair]:
    """Pair the rows of a cell where they speak of the same ports, and give what only one side speaks of."""
    for old in before:
        for new in after:
            shared = _shared(old.exposure.destination.ports, new.exposure.destination.ports)
            if shared:
                yield with_ports(old, shared), with_ports(new, shared)
    yield from ((None, new) for new in _alone(after, before))
    yield from ((old, None) for old in _alone(before, after))


def _alone(rows: list[AttributedExposure], others: list[AttributedExposure]) -> Iterator[AttributedExposure]:
    """Give what rows say of ports that no other row speaks of."""
    taken = joined(one for other in others for one in other.exposure.destination.ports)
    for row in rows:
        left = without(row.exposure.destination.ports, taken) if taken else row.exposure.destination.ports
        if left:
            yield with_ports(row, left)


def _differ(old: AttributedExposure | None, new: AttributedExposure | None) -> bool:
    return (_outcome(old), _for_all(old)) != (_outcome(new), _for_all(new))


def _outcome(one: AttributedExposure | None) -> Outcome:
    return one.exposure.outcome if one else Outcome.BLOCKED


def _for_all(one: AttributedExposure | None) -> bool:
    return one is not None and one.exposure.for_all


def _shared(one: Ranges, other: Ranges) -> Ranges:
    pairs = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple(sorted((first, last) for first, last in pairs if first <= last))
