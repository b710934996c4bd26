"""Requests x facts -> the inventory afterwards."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from netaudit.model.engine_request import EngineRequest
from netaudit.model.facts import Facts
from netaudit.model.plan import Assumption, AssumptionKind, PlannedInventory, Refusal, Symbol, SymbolKind, any_address
from netaudit.plan.engine.allocation.host_ports import recorded_ports
from netaudit.plan.engine.allocation.wanted import named_ports
from netaudit.plan.engine.ambiguous import note_ambiguous
from netaudit.plan.engine.answer import Answer, EngineRefusal
from netaudit.plan.engine.api.router import route
from netaudit.plan.engine.host import EngineHost, api_of, read_host
from netaudit.plan.engine.parallel import Sent, describe, settle
from netaudit.plan.engine.state import EngineState, ExposedPorts, known_images

_ABSENT = 404  # clients ask whether something is there before they make it


class StandIn:
    """An engine that keeps an inventory and answers requests about it; nothing runs."""

    def __init__(self, facts: Facts, exposed_ports: ExposedPorts, engine_version: str = "") -> None:
        self._facts = facts
        self._engine_version = engine_version
        self._state = EngineState(facts, read_host(facts, engine_version), exposed_ports)
        self._state.recorded_ports = recorded_ports(self._state)
        self._sent: list[Sent] = []
        self._refused: list[Refusal] = []

    @property
    def host(self) -> EngineHost:
        """Return the engine and its host."""
        return self._state.host

    @property
    def requests(self) -> tuple[EngineRequest, ...]:
        """Return the requests so far, in the order in which they were answered."""
        return tuple(one.request for one in self._sent)

    def headers(self) -> dict[str, str]:
        """Return how the engine names itself in each answer."""
        host = self.host
        return {
            "Server": f"Docker/{host.release} (linux)",
            "Api-Version": api_of(host),
            "Docker-Experimental": "false",
            "Ostype": "linux",
            "Swarm": "active/manager" if host.swarm else "inactive",
            "Builder-Version": "2" if host.version.major >= 23 else "1",
        }

    def handle(self, request: EngineRequest) -> Answer:
        """Answer a request, and change the inventory as dockerd would."""
        self._sent.append(describe(self._state, request))
        self._state.requests += 1
        try:
            return route(self._state, request)
        except EngineRefusal as refusal:
            if not request.only_asks or refusal.status != _ABSENT:
                self._refused.append(Refusal(request, refusal.status, refusal.message))
            return Answer(refusal.status, {"message": refusal.message})

    def planned(self) -> PlannedInventory:
        """Return the inventory after the requests.

        Of those that came in parallel the order is by name: the same in each run, whatever order they came in.
        """
        settled = settle([one for one in self._sent if not one.request.only_asks])
        engine = StandIn(self._facts, self._state.exposed_ports, self._engine_version)
        engine._state.asked_ports |= self._state.asked_ports  # also for requests that come later
        engine._state.starting = frozenset(filter(None, map(_started, settled)))
        for one in settled:
            engine.handle(one.request)
        note_ambiguous(engine._state, engine._sent)
        return engine._as_it_is(*self._seen_while_asking())

    def _seen_while_asking(self) -> tuple[list[Assumption], list[Refusal]]:
        """Return what requests showed that change nothing: images that are not known, what is not planned."""
        images = [one for one in self._state.assumptions if one.kind == AssumptionKind.IMAGE_UNKNOWN]
        return images, [one for one in self._refused if one.request.only_asks]

    def _as_it_is(self, assumptions: list[Assumption], refused: list[Refusal]) -> PlannedInventory:
        files = self._state.files()
        there = tuple(symbol for symbol in self._state.symbols.values() if self._is_there(symbol))
        return PlannedInventory(
            facts_after=msgspec.structs.replace(self._facts, files={**self._facts.files, **files}, digest=""),
            symbols=(*there, *(any_address(one) for one in there if one.kind == SymbolKind.SUBNET)),
            requests=self.requests,
            assumptions=tuple(sorted({*self._state.assumptions, *assumptions})),
            refused=(*refused, *self._refused),
            effects=tuple(self._state.effects),
            mesh=tuple(sorted({port for ports in self._state.mesh.values() for port in ports})),
            to_publish=tuple(self._to_publish()),
        )

    def _to_publish(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for key, container in self._state.containers.items():
            if ports := named_ports(container, self.host.version):
                yield key, ports

    def _is_there(self, symbol: Symbol) -> bool:
        """Tell whether what a symbol is of is still there: a later request may have removed it."""
        if symbol.kind == SymbolKind.BRIDGE:
            return any(f"br-{key[:12]}" == symbol.example for key in self._state.networks)
        on_mesh = {str(port.port) for ports in self._state.mesh.values() for port in ports}
        return symbol.example in on_mesh or any(
            symbol.example.encode() in data for data in self._state.files().values()
        )


def _started(sent: Sent) -> str:
    """Return the container that a request starts, by its id or name."""
    named = sent.request.endpoint.split("/")
    return named[2] if len(named) == 4 and named[1] == "containers" and named[3] in ("start", "restart") else ""


def plan_requests(
    facts: Facts,
    requests: Iterable[EngineRequest],
    engine_version: str = "",
    images: Mapping[str, tuple[str, ...]] | None = None,
) -> PlannedInventory:
    """Return the facts of the host after requests.

    `engine_version` is the engine that would answer, the facts' own where it is empty. `images` maps references of
    images to the ports that they expose (`80/tcp`), as far as they are known.
    """
    engine = StandIn(facts, known_images(images or {}), engine_version)
    for request in requests:
        engine.handle(request)
    return engine.planned()
