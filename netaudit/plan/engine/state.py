"""The state of the planned engine: an inventory that requests change."""

import hashlib
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address
from typing import Any

import msgspec

from netaudit.model.facts import Facts, Source
from netaudit.model.plan import Assumption, AssumptionKind, Effect, EffectKind, MeshPort, Symbol, assume
from netaudit.parse.reading.decode import decode_json
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.host import TESTED, EngineHost, is_tested
from netaudit.plan.engine.objects import Object, items, name_of, text

ExposedPorts = Callable[[str], tuple[str, ...] | None]  # by an image's reference; None where they are not known


class EngineState:
    """Networks and containers by id, as inspection shows them, and what was noted while they changed."""

    def __init__(self, facts: Facts, host: EngineHost, exposed_ports: ExposedPorts) -> None:
        self.host = host
        self.exposed_ports = exposed_ports
        self.networks = _by_id(facts, Source.DOCKER_NETWORKS)
        self.containers = _by_id(facts, Source.DOCKER_CONTAINERS)
        self._counted, self._at_first = facts.files.get(Source.DOCKER_INFO), len(self.containers)
        self.volumes: dict[str, Object] = {}
        self.services: dict[str, Object] = {}
        self.mesh: dict[str, tuple[MeshPort, ...]] = {}  # of services that are made here, by id
        self.asked_ports: set[int] = set()  # of the host, by their number: no symbol's example is one of them
        self.starting: frozenset[str] | None = None  # by requests to come; None: nobody knows
        self.swarm_addresses: dict[str, set[IPv4Address]] = {}  # given here, by network
        self.started_tasks: list[str] = []  # by their containers' ids
        self.symbols: dict[str, Symbol] = {}  # by example
        self.assumptions: dict[Assumption, None] = {}
        self.effects: list[Effect] = []
        self.chosen_subnets: set[tuple[str, int]] = set()  # of networks made here: id, version of IP
        self.requests = 0
        self._made: dict[tuple[str, str], int] = {}
        self.removed_bridges: set[str] = set()
        self.recorded_ports: frozenset[tuple[str, int]] = frozenset()  # that Docker had given: allocation.host_ports
        if host.assumed:
            self.assume(AssumptionKind.ENGINE_VERSION, version=host.release)
        elif not is_tested(host.version):
            self.assume(AssumptionKind.ENGINE_UNTESTED, version=host.release, tested=TESTED)

    def find_network(self, reference: str) -> Object | None:
        """Return the network of an id, a name or the beginning of an id."""
        named = [one for one in self.networks.values() if text(one, "Name") == reference]
        begins = [one for key, one in self.networks.items() if reference and key.startswith(reference)]
        exact = self.networks.get(reference)
        return exact or (named[0] if named else begins[0] if len(begins) == 1 else None)

    def network(self, reference: str) -> Object:
        """Return a network. Raises EngineRefusal where it is not there."""
        found = self.find_network(reference)
        if found is None:
            raise EngineRefusal(404, f"network {reference} not found")
        return found

    def find_container(self, reference: str) -> Object | None:
        """Return the container of an id, a name or the beginning of an id."""
        name = reference.removeprefix("/")
        named = [one for one in self.containers.values() if name_of(one) == name]
        begins = [one for key, one in self.containers.items() if name and key.startswith(name)]
        exact = self.containers.get(name)
        return exact or (named[0] if named else begins[0] if len(begins) == 1 else None)

    def container(self, reference: str) -> Object:
        """Return a container. Raises EngineRefusal where it is not there."""
        found = self.find_container(reference)
        if found is None:
            raise EngineRefusal(404, f"No such container: {reference}")
        return found

    def example_id(self, kind: str, name: str) -> str:
        """Return an id for a new object: the same in each plan that makes it, so that requests can be replayed."""
        number = self._made[kind, name] = self._made.get((kind, name), 0) + 1
        return hashlib.sha256(f"netaudit {kind} {name} {number}".encode()).hexdigest()

    def may_start(self, container: Object) -> bool:
        """Tell whether a request to come may start a container."""
        return self.starting is None or bool({text(container, "Id"), name_of(container)} & self.starting)

    @property
    def moment(self) -> str:
        """Return when this request is answered: after all that is recorded, and after the requests before it."""
        return f"2999-01-01T00:00:00.{self.requests:09}Z"

    def assume(self, kind: AssumptionKind, **args: str) -> None:
        """Note what is taken for granted."""
        self.assumptions[assume(kind, **args)] = None

    def note(self, kind: EffectKind, network: Object, container: Object | None = None) -> None:
        """Note what a request did to the network."""
        holder = text(container, "Id") if container is not None else ""
        self.effects.append(Effect(kind, self.requests - 1, text(network, "Id"), holder))

    def files(self) -> dict[str, bytes]:
        """Return the inventory as a recording holds it."""
        found: dict[str, bytes] = {
            Source.DOCKER_NETWORKS: msgspec.json.encode(list(self.networks.values())),
            Source.DOCKER_CONTAINERS: msgspec.json.encode(list(self.containers.values())),
        }
        more = len(self.containers) - self._at_first
        if more and self._counted:  # else those that are removed would be taken for not listed
            found[Source.DOCKER_INFO] = _counting(self._counted, more)
        return found


def known_images(images: Mapping[str, tuple[str, ...]]) -> ExposedPorts:
    """Return a look-up of the ports that images expose."""
    return images.get


def _counting(info: bytes, more: int) -> bytes:
    said = decode_json(info, dict[str, Any], source=Source.DOCKER_INFO, expected="what Docker prints")
    counted = said.get("Containers")
    return msgspec.json.encode({**said, "Containers": counted + more}) if isinstance(counted, int) else info


def _by_id(facts: Facts, source: Source) -> dict[str, Object]:
    data = facts.files.get(source, b"").strip()
    raw: Any = decode_json(data, list[Any], source=source, expected="what Docker prints") if data else []
    return {text(one, "Id"): one for one in items(raw)}
