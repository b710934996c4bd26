"""Podman's networks and containers, as it shows them, while requests change them; nothing runs."""

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from netaudit.model.facts import Facts, Source
from netaudit.model.host import Ip, IpNetwork
from netaudit.model.plan import Assumption, AssumptionKind, Symbol, SymbolKind, assume
from netaudit.parse.host.host import parse_host
from netaudit.parse.reading.decode import decode_json
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, address_of, items, part, text
from netaudit.plan.engine.state import ExposedPorts
from netaudit.plan.podman.subnets import subnet_of

_EXPECTED = "what Podman prints"


class PodmanState:
    """Networks and containers by id, in the shapes of libpod's API, and what was noted while they changed."""

    def __init__(self, facts: Facts, exposed_ports: ExposedPorts) -> None:
        self.host = parse_host(facts)
        self.exposed_ports = exposed_ports
        self.networks = _by(facts, Source.PODMAN_NETWORKS, "id")
        self.containers = _by(facts, Source.PODMAN_CONTAINERS, "Id")
        self.listed = _by(facts, Source.PODMAN_PS, "Id")
        self.symbols: dict[str, Symbol] = {}  # by example
        self.assumptions: dict[Assumption, None] = {}
        self.fresh: set[str] = set()  # ids of networks made here: nobody had an address there before
        self.given = self.addresses()  # also those that were given back: the next one is given first
        self.requests = 0
        self._made: dict[tuple[str, str], int] = {}

    def network(self, reference: str) -> Object:
        """Return a network, by its name or id. Raises EngineRefusal where it is not there."""
        for one in self.networks.values():
            if reference in (text(one, "name"), text(one, "id")):
                return one
        raise EngineRefusal(404, f"unable to find network with name or ID {reference}: network not found")

    def container(self, reference: str) -> Object:
        """Return a container, by its name, its id or the beginning of it. Raises EngineRefusal."""
        named = [one for one in self.containers.values() if text(one, "Name") == reference]
        begins = [one for key, one in self.containers.items() if reference and key.startswith(reference)]
        found = named or begins
        if len(found) != 1:
            why = f'no container with name or ID "{reference}" found: no such container'
            raise EngineRefusal(404, why)
        return found[0]

    def new_id(self, kind: str, name: str) -> str:
        """Return an id for a new object, the same in each plan, and note that nobody knows the real one."""
        number = self._made[kind, name] = self._made.get((kind, name), 0) + 1
        example = hashlib.sha256(f"netaudit podman {kind} {name} {number}".encode()).hexdigest()
        self.note(Symbol(f"id of {name}", SymbolKind.ID, "64 hexadecimal digits", example))
        return example

    def note(self, symbol: Symbol) -> None:
        """Note a value that nobody can know before."""
        self.symbols[symbol.example] = symbol

    def assume(self, kind: AssumptionKind, **args: str) -> None:
        """Note what is taken for granted."""
        self.assumptions[assume(kind, **args)] = None

    def network_subnets(self) -> Iterator[IpNetwork]:
        """List the subnets of networks; other text is passed by."""
        for network in self.networks.values():
            yield from filter(None, map(subnet_of, items(network.get("subnets"))))

    def subnets(self) -> Iterator[IpNetwork]:
        """List the subnets that are in use: of networks, and of the host's own interfaces."""
        yield from self.network_subnets()
        for interface in self.host.interfaces:
            yield from (one.subnet for one in interface.addresses)

    def addresses(self) -> set[Ip]:
        """List the addresses that containers have; other text is passed by."""
        ends = (end for one in self.containers.values() for end in part(one, "NetworkSettings", "Networks").values())
        shown = (address_of(text(end, key)) for end in items(list(ends)) for key in ("IPAddress", "GlobalIPv6Address"))
        return {one for one in shown if one}

    def files(self) -> dict[str, bytes]:
        """Return the inventory as a recording holds it."""
        return {
            str(source): msgspec.json.encode(list(objects.values()))
            for source, objects in (
                (Source.PODMAN_NETWORKS, self.networks),
                (Source.PODMAN_CONTAINERS, self.containers),
                (Source.PODMAN_PS, self.listed),
            )
        }


def _by(facts: Facts, source: Source, key: str) -> dict[str, Object]:
    data = facts.files.get(source, b"").strip()
    raw: Any = decode_json(data, list[Any], source=source, expected=_EXPECTED) if data else []
    return {text(one, key): one for one in items(raw)}
