"""Subjects of a policy -> the containers, zones and ports of a host that they stand for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from ipaddress import ip_address

import msgspec

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
        # The network of each running container that is on one alone.
        self.only_network = {one.name: one.endpoints[0].network_name for one in self.running if len(one.endpoints) == 1}
        self._running, self._stopped = _by_name(self.running), _by_name(one for one in known if not one.running)
        self._networks = tuple(one.name for one in inventory.networks) if inventory else ()
        self._by_address = {
            str(ip_address(address.partition("/")[0])): one.id
            for one in self.running
            for end in one.endpoints
            for address in (end.ipv4, end.ipv6)
            if address
        }

        remembered = lru_cache(maxsize=None)
        self.ids, self.containers = remembered(self._ids), remembered(self._containers)

    def is_stopped(self, subject: Subject) -> bool:
        """Tell whether a subject names only containers that do not run."""
        return not self.ids(subject) and any(self._stopped.find(subject))

    def is_network(self, subject: Subject) -> bool:
        """Tell whether there is a network that a subject names."""
        return subject.kind is SubjectKind.NETWORK and any(self.networks(subject))

    def networks(self, subject: Subject) -> Iterator[str]:
        """Yield the networks with the name of a subject."""
        return (one for one in self._networks if is_called(one, subject.name))

    @cached_property
    def all_networks(self) -> list[str]:
        """Name the networks that running containers are on, but for the host's own and `none`."""
        return sorted({end.network_name for one in self.running for end in one.endpoints} - {"host", "none"})

    def members(self, network: str) -> Sequence[Container]:
        """Return the running containers of a network."""
        return self._running.members.get(network, ())

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
        return bool(owner) and owner in self.ids(subject)

    def _containers(self, subject: Subject) -> tuple[Container, ...]:
        """Return the running containers that a subject names; for `anything` all of them."""
        ids = self.ids(subject)
        return tuple(one for one in self.running if one.id in ids) if ids else ()

    def _ids(self, subject: Subject) -> frozenset[str]:
        if subject.kind is SubjectKind.ANYTHING:
            return frozenset(self._running.known)
        return frozenset(self._running.find(subject))


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
            named = not subject.name or is_called(zone.name, subject.name)
            matches = zone.kind is _OUTSIDE.get(subject.kind) and zone.within == subject.within and named
        if matches:
            yield zone


class _Named(msgspec.Struct, frozen=True):
    """Containers by id, by what a subject of each kind calls them, and by network."""

    known: Mapping[str, Container]
    called: Mapping[SubjectKind, Mapping[str, list[str]]]
    members: Mapping[str, list[Container]]

    def find(self, subject: Subject) -> Iterator[str]:
        """Yield the ids of the containers that a subject names."""
        called = self.called.get(subject.kind, {})
        if not _is_pattern(subject.name):
            yield from called.get(subject.name, ())
            return
        for text, ids in called.items():
            if is_called(text, subject.name):
                yield from ids


def _by_name(containers: Iterable[Container]) -> _Named:
    known = {one.id: one for one in containers}
    called: dict[SubjectKind, dict[str, list[str]]] = {kind: {} for kind in OF_CONTAINERS}
    members: dict[str, list[Container]] = {}
    for one in known.values():
        for kind, names in called.items():
            for text in filter(None, dict.fromkeys(_called(kind, one))):
                names.setdefault(text, []).append(one.id)
        for name in dict.fromkeys(end.network_name for end in one.endpoints):
            members.setdefault(name, []).append(one)
    return _Named(known, called, members)


def is_called(text: str, name: str) -> bool:
    """Tell whether a text is a name of a policy, in which `*` and `?` stand for others."""
    return fnmatchcase(text, name.replace("[", "[[]")) if _is_pattern(name) else text == name


def _is_pattern(name: str) -> bool:
    return "*" in name or "?" in name


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
