"""The cells of a host's exposure table as a policy asks for them, each computed once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache

import msgspec

from netaudit.attribute.attribution import UNATTRIBUTED, AttributedExposure, Attribution
from netaudit.model.exposure import BEST_FIRST, Destination, DestinationKind, Exposure, Outcome, Zone, ZoneKind
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.ranges import Ranges, common, joined, without
from netaudit.packets.exposure.table import ExposureTable
from netaudit.policy.entry import SubjectKind, Target
from netaudit.policy.subjects import Subjects, own_ports


class Reached(msgspec.Struct, frozen=True):
    """What of wanted ports surely gets through, what may, and a cell that stops one of the others."""

    allowed: Ranges = ()
    possible: Ranges = ()
    cells: tuple[Exposure, ...] = ()

    def outcome(self, wanted: Ranges | None) -> Outcome:
        """Return whether all wanted ports get through; None: whether any does."""
        if wanted is None:
            return Outcome.ALLOWED if self.allowed else Outcome.MAY if self.possible else Outcome.BLOCKED
        if not without(wanted, self.allowed):
            return Outcome.ALLOWED
        return Outcome.BLOCKED if without(wanted, joined((*self.allowed, *self.possible))) else Outcome.MAY


class Cells:
    """Cells by zone and destination, with the ports that containers know them by.

    `written` are cells of whole zones that are known without the table: see netaudit.packets.exposure.alike.rows.
    """

    def __init__(
        self,
        table: ExposureTable,
        subjects: Subjects,
        attribute: Callable[[Item], Attribution],
        written: Mapping[Destination, tuple[Exposure, ...]],
    ) -> None:
        self._table, self.subjects, self._written = table, subjects, written
        remembered = lru_cache(maxsize=None)
        self.between, self.of_targets = remembered(self._between), remembered(self._of_targets)
        self.is_reached = remembered(self._is_reached)
        self._attribution = lru_cache(maxsize=None)(attribute)

    @cached_property
    def _numbers(self) -> dict[str, list[int]]:
        """Number the destinations, by the container that they lead to."""
        found: dict[str, list[int]] = {}
        for number, one in enumerate(self._table.destinations):
            found.setdefault(self.subjects.owner(one), []).append(number)
        return found

    @cached_property
    def _listeners(self) -> list[int]:
        everything = enumerate(self._table.destinations)
        return [number for number, one in everything if one.kind is DestinationKind.HOST_LISTENER]

    def is_open_to_all(self, zone: Zone, destination: Destination) -> bool:
        """Tell whether every sender of a zone reaches all of a destination, for certain."""
        cells = self.between(zone, destination)
        return bool(cells) and all(one.outcome is Outcome.ALLOWED and one.for_all for one in cells)

    def past(self, zone: Zone, destination: Destination, forbidden: Ranges) -> Iterator[Exposure]:
        """Yield the cells of forbidden ports that get through, or may."""
        for cell in self.between(zone, destination):
            if cell.outcome is not Outcome.BLOCKED and common(own_ports(cell.destination), forbidden):
                yield _cut(cell, forbidden)

    def reached(self, zone: Zone, destinations: tuple[Destination, ...], target: Target) -> Reached:
        """Return what of a target gets through from a zone."""
        found = [
            (cell, ports)
            for one in destinations
            if zone in self._table.zones(one.family)
            for cell in self.between(zone, one)
            if (ports := self.subjects.covered(cell.destination, target))
        ]
        by_outcome = {
            outcome: joined(span for cell, ports in found if cell.outcome is outcome for span in ports)
            for outcome in BEST_FIRST
        }
        cells = tuple(cell for cell, _ in found)
        return Reached(by_outcome[Outcome.ALLOWED], by_outcome[Outcome.MAY], cells)

    def attributed(self, cell: Exposure) -> AttributedExposure:
        """Return a cell with the attribution of the rule that decides it."""
        return AttributedExposure(cell, self._attribution(cell.rule) if cell.rule else UNATTRIBUTED)

    def _of_targets(self, targets: tuple[Target, ...], family: Family | None) -> tuple[Destination, ...]:
        """Return what can be reached of targets, of a family or of both, in the order of the table."""
        subjects = {one.subject for one in targets}
        everything = self._table.destinations
        if any(one.kind is SubjectKind.ANYTHING for one in subjects):
            found: Iterable[int] = range(len(everything))
        else:
            owners = {owner for one in subjects for owner in self.subjects.ids(one)}
            of_host = self._listeners if any(one.kind is SubjectKind.HOST for one in subjects) else []
            found = sorted({*of_host, *(number for owner in owners for number in self._numbers.get(owner, ()))})
        return tuple(everything[at] for at in found if family is None or everything[at].family == family)

    def _is_reached(self, zone: Zone, destination: Destination) -> bool:
        """Tell whether anything of a destination may be reached."""
        return any(one.outcome is not Outcome.BLOCKED for one in self.between(zone, destination))

    def _between(self, zone: Zone, destination: Destination) -> tuple[Exposure, ...]:
        other = self._table.answered_by(zone, destination)
        if other != zone:
            return tuple(msgspec.structs.replace(one, zone=zone) for one in self.between(other, destination))
        if destination in self._written and zone.kind is not ZoneKind.CONTAINER and not zone.within:
            return tuple(one for one in self._written[destination] if one.zone == zone)
        return tuple(self._table.cells(zone, destination))


def _cut(cell: Exposure, forbidden: Ranges) -> Exposure:
    """Return a cell with no other ports; where its own ports are not the host's, it is one port."""
    to = cell.destination
    if to.binding or to.led:
        return cell
    return msgspec.structs.replace(cell, destination=msgspec.structs.replace(to, ports=common(to.ports, forbidden)))
