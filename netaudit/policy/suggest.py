"""Write the policy that a host satisfies today, for a person to prune: of the host as a whole, then of each project.

What permits least stands first: each sentence counts the targets or senders that it leaves open.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations

import msgspec

from netaudit.model.docker import Container
from netaudit.model.exposure import Destination, DestinationKind, Exposure, Outcome, Zone, ZoneKind
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.ranges import Range, joined
from netaudit.packets.exposure.table import ExposureTable
from netaudit.policy.cells import Cells
from netaudit.policy.subjects import Subjects, own_ports

_EVERY_PORT = ((0, 65535), (1, 65535))
_MOST_PAIRS = 45  # of networks: ten, each with each


class Suggestion(msgspec.Struct, frozen=True):
    """A sentence, the project that it is about ("" for the host as a whole), and how many it leaves open."""

    project: str
    permits: int
    text: str


def suggest(table: ExposureTable, subjects: Subjects, cells: Cells) -> Iterator[Suggestion]:
    """Yield sentences; whether each holds is for the caller to judge."""
    containers = sorted(subjects.running, key=lambda one: (one.project, one.name))
    found = (
        *_outside(table, subjects, cells),
        *_networks(subjects),
        *(_about(one, table, subjects, cells) for one in containers),
    )
    yield from sorted(found, key=lambda one: (one.project, one.permits))


def _outside(table: ExposureTable, subjects: Subjects, cells: Cells) -> Iterator[Suggestion]:
    """Say what the Internet and the neighbours reach, and nothing else."""
    zones = dict.fromkeys(zone for family in IP_FAMILIES for zone in table.zones(family))
    for zone in zones:
        if zone.kind in (ZoneKind.INTERNET, ZoneKind.LAN):
            name = f"lan:{zone.name}" if zone.kind is ZoneKind.LAN else "internet"
            targets = list(_targets(_reached(zone, table, cells), subjects))
            can = f"{name} can reach only {', '.join(targets)}" if targets else f"{name} cannot reach anything"
            yield Suggestion("", len(targets), can)


def _reached(zone: Zone, table: ExposureTable, cells: Cells) -> Iterator[Exposure]:
    for destination in table.destinations:
        if zone in table.zones(destination.family):
            yield from (one for one in cells.between(zone, destination) if one.outcome is not Outcome.BLOCKED)


def _targets(found: Iterable[Exposure], subjects: Subjects) -> Iterator[str]:
    """Yield what is reached: each container's own ports, and the host's."""
    names = {one.id: one.name for one in subjects.running}
    ports: dict[tuple[str, str], list[Range]] = {}
    for one in found:
        host = "host" if one.destination.kind is DestinationKind.HOST_LISTENER else ""
        name = host or _name(names.get(subjects.owner(one.destination), ""))
        if name:
            ports.setdefault((name, one.destination.protocol), []).extend(own_ports(one.destination))
    yield from (_target(name, protocol, span) for (name, protocol), spans in ports.items() for span in joined(spans))


def _target(name: str, protocol: str, span: Range) -> str:
    if span in _EVERY_PORT:
        return f"{name}/{protocol}"
    return f"{name}:{span[0]}{f'-{span[1]}' if span[1] > span[0] else ''}/{protocol}"


def _name(container: str) -> str:
    return f"container:{container}" if container else ""


def _about(container: Container, table: ExposureTable, subjects: Subjects, cells: Cells) -> Suggestion:
    """Say who reaches a container; the members of its networks are named."""
    own = [one for one in table.destinations if subjects.owner(one) == container.id]
    zones = dict.fromkeys(
        zone
        for one in own
        for zone in table.zones(one.family)
        if not zone.within and (_every_member_reaches(zone, one, table, cells) or cells.is_reached(zone, one))
    )
    others = [
        name
        for zone in zones
        if (name := _sender(zone, container)) and not (zone.kind is ZoneKind.HOST and not subjects.in_host_network)
    ]
    senders = list(dict.fromkeys(others))
    but = f" but {', '.join(_as_networks(senders, container, subjects))}" if senders else ""
    return Suggestion(container.project, len(senders), f"nothing reaches container:{container.name}{but}")


def _every_member_reaches(zone: Zone, destination: Destination, table: ExposureTable, cells: Cells) -> bool:
    """Tell whether a container is on one network alone, all of which gets there: of many, each need not be asked."""
    network = cells.subjects.only_network.get(zone.name) if zone.kind is ZoneKind.CONTAINER else None
    whole = Zone(ZoneKind.NETWORK, network or "")
    if network is None or whole not in table.zones(destination.family):
        return False
    return any(one.outcome is Outcome.ALLOWED and one.for_all for one in cells.between(whole, destination))


def _as_networks(senders: list[str], container: Container, subjects: Subjects) -> list[str]:
    """Name a network in place of its members, where all of them reach a container, and they are several."""
    every = {*senders}
    for network in subjects.all_networks:
        members = {_name(one.name) for one in subjects.members(network)} - {_name(container.name)}
        if len(members) > 1 and members <= every:
            senders = [one for one in senders if one not in members] + [f"network:{network}"]
    return senders


def _sender(zone: Zone, container: Container) -> str:
    match zone.kind:
        case ZoneKind.INTERNET:
            return "internet"
        case ZoneKind.LAN:
            return f"lan:{zone.name}"
        case ZoneKind.HOST:
            return "host"
        case ZoneKind.CONTAINER:
            return "" if zone.name == container.name else _name(zone.name)
        case ZoneKind.NETWORK:
            return ""  # its members are zones too


def _networks(subjects: Subjects) -> Iterator[Suggestion]:
    """Say of networks with members, all together and two by two, that they are isolated."""
    names = subjects.all_networks
    pairs = list(combinations(names, 2))[:_MOST_PAIRS] if len(names) > 2 else []
    for some in (names, *pairs) if len(names) > 1 else ():
        projects = {one.project for name in some for one in subjects.members(name)}
        project = projects.pop() if len(projects) == 1 else ""
        yield Suggestion(project, 0, f"networks {' and '.join(some)} are isolated")
