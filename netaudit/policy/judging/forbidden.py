"""What gets through, or may, although an entry says that it must not."""

from collections.abc import Iterator

from netaudit.model.exposure import Destination, Exposure, Zone, ZoneKind
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.ranges import without
from netaudit.policy.entry import Entry, Form, Subject, SubjectKind, Target
from netaudit.policy.judging.context import HostContext
from netaudit.policy.judging.isolation import isolation_cells

_ANYTHING = (Target(Subject(SubjectKind.ANYTHING)),)


def forbidden_cells(context: HostContext, entry: Entry) -> Iterator[Exposure]:
    """Yield the cells that an entry forbids, and that are not blocked."""
    match entry.form:
        case Form.CANNOT:
            yield from _of_subjects(context, entry, entry.targets, entry.exceptions)
        case Form.CAN_ONLY:
            yield from _of_subjects(context, entry, _ANYTHING, entry.targets)
        case Form.NOTHING | Form.ONLY:
            yield from _of_others(context, entry)
        case Form.ISOLATED:
            yield from isolation_cells(context, entry)
        case Form.CAN:
            return


def _of_subjects(
    context: HostContext, entry: Entry, meant: tuple[Target, ...], but: tuple[Target, ...]
) -> Iterator[Exposure]:
    """Yield what the senders of an entry reach of targets, but for some of them."""
    for destination in _open_to(context, entry, meant):
        spoken_of = context.subjects.covered_by(destination, meant)
        forbidden = without(spoken_of, context.subjects.covered_by(destination, but))
        for subject in entry.subjects if forbidden else ():
            for zone in context.senders.of(subject, destination.family):
                if not _is_own(zone, destination):
                    yield from context.cells.past(zone, destination, forbidden)


def _open_to(context: HostContext, entry: Entry, meant: tuple[Target, ...]) -> Iterator[Destination]:
    """Yield what of targets any sender of an entry may reach; a container reaches no more than its networks do."""
    zones = {
        family: [zone for subject in entry.subjects for zone in context.senders.around(subject, family)]
        for family in ((entry.family,) if entry.family else IP_FAMILIES)
    }
    for one in context.cells.of_targets(meant, entry.family):
        if any(context.cells.is_reached(zone, one) for zone in dict.fromkeys(zones[one.family])):
            yield one


def _of_others(context: HostContext, entry: Entry) -> Iterator[Exposure]:
    """Yield what everybody but the senders of an entry reaches of its targets."""
    for destination in context.cells.of_targets(entry.targets, entry.family):
        forbidden = context.subjects.covered_by(destination, entry.targets)
        for zone in context.senders.others(entry, destination, context.cells) if forbidden else ():
            yield from context.cells.past(zone, destination, forbidden)


def _is_own(zone: Zone, destination: Destination) -> bool:
    """Tell whether a container is asked about itself."""
    return zone.kind is ZoneKind.CONTAINER and zone.name == destination.container_name
