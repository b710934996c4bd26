"""What does not get through, or may not, although an entry says that it must."""

from collections.abc import Iterator

from netaudit.model.address_text import is_loopback
from netaudit.model.exposure import Destination, DestinationKind, Exposure, Outcome, Zone
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.policy.entry import Entry, Subject, SubjectKind, Target
from netaudit.policy.judging.context import HostContext
from netaudit.policy.subjects import names_containers
from netaudit.policy.verdict import Unmet

_HOST = "host"
_PUBLISHED = DestinationKind.PUBLISHED_PORT


def demanded(context: HostContext, entry: Entry) -> Iterator[Exposure | Unmet]:
    """Yield what ought to be reached: cells that may get through, and what does not.

    Each sender reaches each container of a target, in one of the families at least.
    """
    for subject in entry.subjects:
        for target in entry.targets:
            units = _units(context, entry, target)
            for zone in _zones(context, entry, subject):
                for name, destinations in units.items():
                    if not (names_containers(subject) and zone.name == name):
                        yield from _one(context, zone, name, destinations, target)


def _one(
    context: HostContext, zone: Zone, name: str, destinations: tuple[Destination, ...], target: Target
) -> Iterator[Exposure | Unmet]:
    found = context.cells.reached(zone, destinations, target)
    match found.outcome((target.ports,) if target.ports else None):
        case Outcome.MAY:
            yield from (one for one in found.cells if one.outcome is Outcome.MAY)
        case Outcome.BLOCKED | Outcome.NOBODY:
            blocked = (one for one in found.cells if one.outcome is Outcome.BLOCKED)
            stopped = min(blocked, key=_tells_little, default=None)
            whole = Target(Subject(SubjectKind.NAME, name), target.ports, target.protocol)
            yield Unmet(str(zone), str(whole), context.cells.attributed(stopped) if stopped else None)
        case Outcome.ALLOWED:
            return


def _tells_little(one: Exposure) -> tuple[bool, bool]:
    """Sort what stops packets to a published port before the rest: the port on an address of the network first."""
    there = one.destination
    return there.kind is not _PUBLISHED, bool(there.binding and is_loopback(there.binding.host_ip))


def _zones(context: HostContext, entry: Entry, subject: Subject) -> tuple[Zone, ...]:
    """Return the zones of a subject in the families of an entry, and what it names that sends in none of them."""
    families = (entry.family,) if entry.family else IP_FAMILIES
    sending = (zone for one in families for zone in context.senders.of(subject, one))
    return tuple(dict.fromkeys((*sending, *context.senders.named(subject))))


def _units(context: HostContext, entry: Entry, target: Target) -> dict[str, tuple[Destination, ...]]:
    """Return the destinations of a target, by the name of the container or `host`."""
    names = {one.id: one.name for one in context.subjects.containers(target.subject)}
    found: dict[str, list[Destination]] = {name: [] for name in names.values()}
    if target.subject.kind is SubjectKind.HOST:
        found[_HOST] = []
    for destination in context.cells.of_targets((target,), entry.family):
        name = names.get(context.subjects.owner(destination), _HOST)
        if name in found and context.subjects.covered(destination, target):
            found[name].append(destination)
    return {name: tuple(one) for name, one in found.items()}
