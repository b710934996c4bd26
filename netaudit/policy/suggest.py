"""Write the policy that a host satisfies today, for a person to prune: outsiders first, then each project."""

from collections.abc import Iterable, Iterator
from itertools import combinations

import msgspec

from netaudit.model.docker import Container
from netaudit.model.exposure import DestinationKind, Exposure, Outcome, Zone, ZoneKind
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.ranges import Range, joined
from netaudit.packets.exposure.table import ExposureTable
from netaudit.policy.cells import Cells
from netaudit.policy.subjects import Subjects, own_ports

_EVERY_PORT = ((0, 65535), (1, 65535))
_MOST_PAIRS = 45  # of networks: ten, each with each


class Suggestion(msgspec.Struct, frozen=True):
    """A sentence, and the project that it is about; "" for the host as a whole."""

    project: str
    text: str


def suggest(table: ExposureTable, subjects: Subjects, cells: Cells) -> Iterator[Suggestion]:
    """Yield sentences; whether each holds is for the caller to judge."""
    yield from _outside(table, subjects, cells)
    for container in sorted(subjects.running, key=lambda one: (one.project, one.name)):
        yield Suggestion(container.project, _about(container, table, subjects, cells))
    yield from _networks(subjects)


def _outside(table: ExposureTable, subjects: Subjects, cells: Cells) -> Iterator[Suggestion]:
    """Say what the Internet and the neighbours reach, and nothing else."""
    zones = dict.fromkeys(zone for family in IP_FAMILIES for zone in table.zones(family))
    for zone in zones:
        if zone.kind in (ZoneKind.INTERNET, ZoneKind.LAN):
            name = f"lan:{zone.name}" if zone.kind is ZoneKind.LAN else "internet"
            targets = _targets(_reached(zone, table, cells), subjects)
            yield Suggestion("", f"{name} can reach only {targets}" if targets else f"{name} cannot reach anything")


def _reached(zone: Zone, table: ExposureTable, cells: Cells) -> Iterator[Exposure]:
    for destination in table.destinations:
        if zone in table.zones(destination.family):
            yield from (one for one in cells.between(zone, destination) if one.outcome is not Outcome.BLOCKED)


def _targets(found: Iterable[Exposure], subjects: Subjects) -> str:
    """Write what is reached: each container's own ports, and the host's."""
    names = {one.id: one.name for one in subjects.running}
    ports: dict[tuple[str, str], list[Range]] = {}
    for one in found:
        host = "host" if one.destination.kind is DestinationKind.HOST_LISTENER else ""
        name = host or _name(names.get(subjects.owner(one.destination), ""))
        if name:
            ports.setdefault((name, one.destination.protocol), []).extend(own_ports(one.destination))
    return ", ".join(
        _target(name, protocol, span) for (name, protocol), spans in ports.items() for span in joined(spans)
    )


def _target(name: str, protocol: str, span: Range) -> str:
    if span in _EVERY_PORT:
        return f"{name}/{protocol}"
    return f"{name}:{span[0]}{f'-{span[1]}' if span[1] > span[0] else ''}/{protocol}"


def _name(container: str) -> str:
    return f"container:{container}" if container else ""


def _about(container: Container, table: ExposureTable, subjects: Subjects, cells: Cells) -> str:
    """Say who reaches a container; the members of its networks are named."""
    own = [one for one in table.destinations if subjects.owner(one) == container.id]
    zones = dict.fromkeys(
        zone for one in own for zone in table.zones(one.family) if not zone.within and cells.is_reached(zone, one)
    )
    others = [
        name
        for zone in zones
        if (name := _sender(zone, container)) and not (zone.kind is ZoneKind.HOST and not subjects.in_host_network)
    ]
    but = ", ".join(dict.fromkeys(others))
    return f"nothing reaches container:{container.name}{f' but {but}' if but else ''}"


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
    names = sorted({end.network_name for one in subjects.running for end in one.endpoints} - {"host", "none"})
    if len(names) > 1:
        yield Suggestion("", f"networks {' and '.join(names)} are isolated")
    if len(names) > 2:
        pairs = list(combinations(names, 2))[:_MOST_PAIRS]
        yield from (Suggestion("", f"networks {one} and {other} are isolated") for one, other in pairs)
