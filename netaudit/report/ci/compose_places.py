"""Findings of a plan -> the lines of the Compose files that bring them: a service, a port, a network."""

from collections.abc import Iterator, Mapping

import msgspec

from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import Finding
from netaudit.model.docker import Container, Inventory, PortBinding
from netaudit.report.ci.location import Location, Locator

_ANY = "*"


class Place(msgspec.Struct, frozen=True):
    """A line of a file."""

    file: str
    line: int = 1


class PortPlace(msgspec.Struct, frozen=True):
    """An entry of `ports`; its parts are numbers, ranges, empty where they are not said, or hold `*` for a variable."""

    place: Place
    address: str
    host: str
    container: str
    protocol: str

    def likeness(self, binding: PortBinding) -> int:
        """Count the parts that say this binding in so many words; -1 where one says another."""
        if self.protocol not in (binding.protocol, _ANY):
            return -1
        ports = ((self.container, binding.container_port), (self.host, binding.host_port))
        likes = [_holds(text, int(port)) for text, port in ports] + [self._address(binding.host_ip)]
        return -1 if min(likes) < 0 else sum(likes)

    def _address(self, address: str) -> int:
        if _ANY in self.address or not self.address:
            return 0
        return 1 if self.address == address else -1


class ServicePlace(msgspec.Struct, frozen=True):
    """A service, with its ports."""

    place: Place
    ports: tuple[PortPlace, ...] = ()

    def of_port(self, binding: PortBinding | None) -> Place:
        """Return the place of a port: its entry, the service itself where no entry says it."""
        if binding is None:
            return self.place
        best = max(self.ports, key=lambda one: one.likeness(binding), default=None)
        return best.place if best and best.likeness(binding) >= 0 else self.place


class ComposePlaces(msgspec.Struct, frozen=True):
    """The places of a project: its first file, its services and networks by name.

    `project` is the name that its files give it, "" where they give none, or one that a variable has.
    """

    first: Place
    services: Mapping[str, ServicePlace]
    networks: Mapping[str, Place]
    project: str = ""


def _holds(text: str, port: int) -> int:
    """Tell whether a part says a port: 1 where it does, 0 where it may be any, -1 where it says another."""
    if not text or _ANY in text:
        return 0
    first, _, last = text.partition("-")
    if not first.isdecimal() or not (last or first).isdecimal():
        return 0
    return 1 if int(first) <= port <= int(last or first) else -1


class ComposeLocator(Locator):
    """Finds lines in Compose files; what no service brings is shown by the first of them."""

    def __init__(self, places: ComposePlaces, inventory: Inventory | None) -> None:
        """Take the containers of the host, which name their services."""
        super().__init__({})
        self._places = places
        containers = inventory.containers if inventory else ()
        self._services = {one.name: one.service for one in containers if self._is_of(one)}

    def locate(self, finding: Finding) -> Location:
        """Point at the port entry, the service or the network."""
        if finding.written:
            return super().locate(finding)
        place = next(self._found(finding), None)
        return Location(place.file, place.line, recorded=False) if place else self._elsewhere(finding)

    def anywhere(self) -> Location:
        """Point at the first file."""
        return Location(self._places.first.file, self._places.first.line, recorded=False)

    def _is_of(self, container: Container) -> bool:
        return container.service in self._places.services

    def _elsewhere(self, _finding: Finding) -> Location:
        return self.anywhere()

    def _found(self, finding: Finding) -> Iterator[Place]:
        """List the places of what a finding is about, the most exact one first."""
        named = list(_named(finding))
        own = [(name, binding) for name, binding in named if name == finding.container]
        if finding.subject_kind is CheckedKind.NETWORK:
            yield from self._of_network(finding.subject.partition(" ")[2])
        for name, binding in (*own, (finding.container, None), *named):
            if service := self._services.get(name):
                yield self._places.services[service].of_port(binding)

    def _of_network(self, name: str) -> Iterator[Place]:
        """List the place of a network: the project puts its own name before it."""
        found = self._places.networks.items()
        yield from (place for said, place in found if name == said or name.endswith(f"_{said}"))


class ProjectLocator(ComposeLocator):
    """Finds the lines of a project that runs on the host; what is not of it is found by another locator.

    What no container or network of the project is about is not the file's: the daemon, a rule of the operator's.
    """

    def __init__(self, places: ComposePlaces, inventory: Inventory | None, project: str, otherwise: Locator) -> None:
        """Take the project's name, "" where any project with these services is meant."""
        self._project = project
        self._otherwise = otherwise
        super().__init__(places, inventory)

    @property
    def containers(self) -> frozenset[str]:
        """The containers that the files say something of."""
        return frozenset(self._services)

    def _is_of(self, container: Container) -> bool:
        return super()._is_of(container) and self._project in ("", container.project)

    def _elsewhere(self, finding: Finding) -> Location:
        return self._otherwise.locate(finding)

    def _found(self, finding: Finding) -> Iterator[Place]:
        if finding.subject_kind is CheckedKind.NETWORK or finding.container in self._services:
            yield from super()._found(finding)

    def _of_network(self, name: str) -> Iterator[Place]:
        """List the place of a network: of a known project by its whole name."""
        found = self._places.networks.items()
        whole = f"{self._project}_"
        yield from (place for said, place in found if self._project and name in (whole + said, said))


def _named(finding: Finding) -> Iterator[tuple[str, PortBinding | None]]:
    """List the containers that a finding's evidence names, with their ports."""
    for cell in finding.evidence.cells:
        yield cell.exposure.destination.container_name, cell.exposure.destination.binding
    causes = (cause for rule in finding.evidence.rules for cause in rule.attribution.causes)
    yield from ((one.container.name, one.binding) for one in causes if one.container)
