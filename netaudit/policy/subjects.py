"""Subjects of a policy -> the containers, zones and ports of a host that they stand for."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from ipaddress import ip_address

from netaudit.model.docker import Container, Inventory
from netaudit.model.exposure import Destination, DestinationKind, Zone, ZoneKind
from netaudit.model.ranges import Ranges, common, joined
from netaudit.policy.entry import OF_CONTAINERS, Subject, SubjectKind, Target

_EVERY_PORT: Ranges = ((0, 65535),)
_OUTSIDE = {SubjectKind.INTERNET: ZoneKind.INTERNET, SubjectKind.LAN: ZoneKind.LAN}


class Subjects:
    """The running containers of a host, found by what a policy calls them."""

    def __init__(self, inventory: Inventory | None) -> None:
        known = inventory.containers if inventory else ()
        self.running = tuple(one for one in known if one.running)
        self.in_host_network = tuple(one for one in self.running if one.network_mode == "host")
        self._stopped = tuple(one for one in known if not one.running)
        self._networks = tuple(one.name for one in inventory.networks) if inventory else ()
        self._by_address = {
            str(ip_address(address.partition("/")[0])): one.id
            for one in self.running
            for end in one.endpoints
            for address in (end.ipv4, end.ipv6)
            if address
        }

    def containers(self, subject: Subject) -> tuple[Container, ...]:
        """Return the running containers that a subject names; for `anything` all of them."""
        if subject.kind is SubjectKind.ANYTHING:
            return self.running
        return tuple(one for one in self.running if _names(subject, one))

    def is_stopped(self, subject: Subject) -> bool:
        """Tell whether a subject names only containers that do not run."""
        return not self.containers(subject) and any(_names(subject, one) for one in self._stopped)

    def is_network(self, subject: Subject) -> bool:
        """Tell whether there is a network that a subject names."""
        return subject.kind is SubjectKind.NETWORK and any(fnmatchcase(one, subject.name) for one in self._networks)

    def members(self, network: str) -> tuple[Container, ...]:
        """Return the running containers of a network."""
        return tuple(one for one in self.running if any(end.network_name == network for end in one.endpoints))

    def owner(self, destination: Destination) -> str:
        """Return the id of the container that a destination leads to, "" for anything else."""
        if destination.container_id or not destination.led:
            return destination.container_id
        first, last = destination.led.addresses
        return self._by_address.get(first, "") if first == last else ""

    def covered(self, destination: Destination, target: Target) -> Ranges:
        """Return which ports of a destination, as its container knows them, a target speaks of."""
        if target.protocol and target.protocol != destination.protocol:
            return ()
        if not self._is_of(destination, target.subject):
            return ()
        return common(own_ports(destination), (target.ports,) if target.ports else _EVERY_PORT)

    def covered_by(self, destination: Destination, targets: Iterable[Target]) -> Ranges:
        """Return which ports of a destination any of several targets speaks of."""
        return joined(span for one in targets for span in self.covered(destination, one))

    def _is_of(self, destination: Destination, subject: Subject) -> bool:
        if subject.kind is SubjectKind.ANYTHING:
            return True
        if subject.kind is SubjectKind.HOST:
            return destination.kind is DestinationKind.HOST_LISTENER
        owner = self.owner(destination)
        return bool(owner) and any(one.id == owner for one in self.containers(subject))


def own_ports(destination: Destination) -> Ranges:
    """Return the ports of what is reached: of a published port the container's, not the host's."""
    if destination.binding:
        return ((destination.binding.container_port, destination.binding.container_port),)
    if destination.led and destination.led.ports:
        return (destination.led.ports,)
    return destination.ports


def zones_outside(subject: Subject, zones: Iterable[Zone]) -> Iterator[Zone]:
    """Yield the zones of a host that a subject without containers names."""
    for zone in zones:
        if subject.kind is SubjectKind.HOST:
            matches = zone.kind is ZoneKind.HOST
        elif subject.kind is SubjectKind.CIDR:
            matches = zone.within == subject.within
        else:
            named = not subject.name or fnmatchcase(zone.name, subject.name)
            matches = zone.kind is _OUTSIDE.get(subject.kind) and zone.within == subject.within and named
        if matches:
            yield zone


def _names(subject: Subject, container: Container) -> bool:
    """Tell whether a subject names a container."""
    return any(text and fnmatchcase(text, subject.name) for text in _called(subject.kind, container))


def _called(kind: SubjectKind, container: Container) -> Iterable[str]:
    """Return what a container is called by subjects of a kind."""
    match kind:
        case SubjectKind.CONTAINER:
            return (container.name,)
        case SubjectKind.SERVICE:
            return (container.service,)
        case SubjectKind.PROJECT:
            return (container.project,)
        case SubjectKind.NAME:
            return container.name, container.service
        case SubjectKind.NETWORK:
            return (end.network_name for end in container.endpoints)
        case _:
            labels = container.labels if kind is SubjectKind.LABEL else ()
            return (text for key, value in labels for text in (key, f"{key}={value}"))


def names_containers(subject: Subject) -> bool:
    """Tell whether a subject stands for containers."""
    return subject.kind in OF_CONTAINERS or subject.kind is SubjectKind.ANYTHING
