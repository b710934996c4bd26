"""What is reached on a host and no entry speaks of."""

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from netaudit.model.exposure import Destination, Exposure, Outcome, Zone, ZoneKind
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.ranges import without
from netaudit.packets.exposure.table import ExposureTable
from netaudit.policy.entry import Entry, Form, Subject, SubjectKind, Target
from netaudit.policy.judging.context import HostContext
from netaudit.policy.subjects import names_containers, own_ports, zones_outside

_FROM = frozenset({ZoneKind.INTERNET, ZoneKind.LAN, ZoneKind.NETWORK})
_EVERYBODY = frozenset({Form.NOTHING, Form.ONLY})
_PERMITTING = frozenset({Form.CAN, Form.CAN_ONLY, Form.ONLY})
_ANYTHING = (Target(Subject(SubjectKind.ANYTHING)),)


def uncovered(context: HostContext, table: ExposureTable, entries: tuple[Entry, ...]) -> Iterator[Exposure]:
    """Yield what outsiders and members of networks reach, or may, and no entry speaks of."""
    speak = _Speaking(context, entries)
    for family in IP_FAMILIES:
        zones = [one for one in table.zones(family) if one.kind in _FROM and not one.within]
        for destination in context.cells.of_targets(_ANYTHING, family):
            speaking = speak.of(destination)
            for zone in zones:
                own = table.answered_by(zone, destination) == zone
                for cell in context.cells.between(zone, destination) if own else ():
                    if cell.outcome is not Outcome.BLOCKED and (left := _left(context, speaking, cell)):
                        yield left


class _Speaking:
    """Finds the entries that may speak of a destination: of a policy with hundreds, a few."""

    def __init__(self, context: HostContext, entries: tuple[Entry, ...]) -> None:
        self._subjects, self._entries = context.subjects, entries
        self._about = lru_cache(maxsize=None)(self._entries_about)

    def of(self, destination: Destination) -> tuple[Entry, ...]:
        """Return the entries with a target that may be this destination."""
        return self._about(self._subjects.owner(destination))

    def _entries_about(self, owner: str) -> tuple[Entry, ...]:
        return tuple(one for one in self._entries if one.form is Form.CAN_ONLY or self._names(one, owner))

    def _names(self, entry: Entry, owner: str) -> bool:
        kinds = {one.subject.kind for one in entry.targets}
        if SubjectKind.ANYTHING in kinds or (not owner and SubjectKind.HOST in kinds):
            return True
        return any(owner in self._subjects.ids(one.subject) for one in entry.targets)


class Permits:
    """What the entries of a policy say may be reached."""

    def __init__(self, context: HostContext, entries: tuple[Entry, ...]) -> None:
        self._context = context
        self._entries = tuple(one for one in entries if one.form in _PERMITTING)

    def entry_for(self, cell: Exposure) -> Entry | None:
        """Return the first entry that permits all of a cell; what the Internet may reach, neighbours may reach too."""
        zones = (cell.zone, Zone(ZoneKind.INTERNET)) if cell.zone.kind is ZoneKind.LAN else (cell.zone,)
        return next((one for one in self._entries for zone in zones if self._permits(one, zone, cell)), None)

    def _permits(self, entry: Entry, zone: Zone, cell: Exposure) -> bool:
        if not _of_family(entry, cell) or not _sends(self._context, entry, zone):
            return False
        permitted = self._context.subjects.covered_by(cell.destination, entry.targets)
        return not without(own_ports(cell.destination), permitted)


def _left(context: HostContext, entries: tuple[Entry, ...], cell: Exposure) -> Exposure | None:
    """Return the part of a cell that no entry speaks of."""
    ports = own_ports(cell.destination)
    for entry in entries:
        if _of_family(entry, cell) and (entry.form in _EVERYBODY or _sends(context, entry, cell.zone)):
            targets = _ANYTHING if entry.form is Form.CAN_ONLY else entry.targets
            ports = without(ports, context.subjects.covered_by(cell.destination, targets))
    if not ports or cell.destination.binding or cell.destination.led:
        return cell if ports else None
    return msgspec.structs.replace(cell, destination=msgspec.structs.replace(cell.destination, ports=ports))


def _of_family(entry: Entry, cell: Exposure) -> bool:
    return entry.family in (None, cell.destination.family)


def _sends(context: HostContext, entry: Entry, zone: Zone) -> bool:
    """Tell whether an entry speaks of all that a zone sends; of a network, whether it speaks of a member."""
    for subject in entry.subjects:
        if subject.kind is SubjectKind.ANYTHING:
            return True
        if names_containers(subject):
            if zone.kind is ZoneKind.NETWORK and _speaks_of_member(context, subject, zone.name):
                return True
        elif any(zones_outside(subject, (zone,))):
            return True
    return False


def _speaks_of_member(context: HostContext, subject: Subject, network: str) -> bool:
    return any(end.network_name == network for one in context.subjects.containers(subject) for end in one.endpoints)
