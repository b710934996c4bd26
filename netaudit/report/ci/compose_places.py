"""Findings of a plan -> the lines of the Compose files that bring them: a service, a port, a network."""

from collections.abc import Iterator, Mapping

import msgspec

from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import Finding
from netaudit.model.docker import Inventory, PortBinding
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
    """The places of a project: its first file, its services and networks by name."""

    first: Place
    services: Mapping[str, ServicePlace]
    networks: Mapping[str, Place]


def _holds(text: str, port: int) -> int:
    """Tell whether a part says a port: 1 where it does, 0 where it may be any, -1 where it says another."""
    if not text or _ANY in text:
        return 0
    first, _, last = text.partition("-")
    if not first.isdigit() or not (last or first).isdigit():
        return 0
    return 1 if int(first) <= port <= int(last or first) else -1


class ComposeLocator(Locator):
    """Finds lines in Compose files; what no service brings is shown by the first of them."""

    def __init__(self, places: ComposePlaces, inventory: Inventory | None) -> None:
        """Take the containers of the host afterwards, which name their services."""
        super().__init__({})
        self._places = places
        containers = inventory.containers if inventory else ()
        self._services = {one.name: one.service for one in containers if one.service in places.services}

    def locate(self, finding: Finding) -> Location:
        """Point at the port entry, the service or the network."""
        if finding.written:
            return super().locate(finding)
        place = next(self._found(finding), self._places.first)
        return Location(place.file, place.line, recorded=False)

    def _found(self, finding: Finding) -> Iterator[Place]:
        """List the places of what a finding is about, the most exact one first."""
        cells = [one.exposure.destination for one in finding.evidence.cells]
        causes = [cause for rule in finding.evidence.rules for cause in rule.attribution.causes]
        named = [(one.container_name, one.binding) for one in cells]
        named += [(one.container.name, one.binding) for one in causes if one.container]
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
