"""Requests x facts -> the inventory afterwards."""

from collections.abc import Iterable, Mapping

import msgspec

from netaudit.model.engine_request import EngineRequest
from netaudit.model.facts import Facts
from netaudit.model.plan import PlannedInventory, Refusal, Symbol, SymbolKind
from netaudit.plan.engine.allocation.host_ports import recorded_ports
from netaudit.plan.engine.answer import Answer, EngineRefusal
from netaudit.plan.engine.api.router import route
from netaudit.plan.engine.host import EngineHost, read_host
from netaudit.plan.engine.state import EngineState, ExposedPorts, known_images

_ABSENT = 404  # clients ask whether something is there before they make it


class StandIn:
    """An engine that keeps an inventory and answers requests about it; nothing runs."""

    def __init__(self, facts: Facts, exposed_ports: ExposedPorts, engine_version: str = "") -> None:
        self._facts = facts
        self._state = EngineState(facts, read_host(facts, engine_version), exposed_ports)
        self._state.recorded_ports = recorded_ports(self._state)
        self._requests: list[EngineRequest] = []
        self._refused: list[Refusal] = []

    @property
    def host(self) -> EngineHost:
        """Return the engine and its host."""
        return self._state.host

    @property
    def requests(self) -> tuple[EngineRequest, ...]:
        """Return the requests so far, in the order in which they were answered."""
        return tuple(self._requests)

    def handle(self, request: EngineRequest) -> Answer:
        """Answer a request, and change the inventory as dockerd would."""
        self._requests.append(request)
        self._state.requests += 1
        try:
            return route(self._state, request)
        except EngineRefusal as refusal:
            if request.method not in ("GET", "HEAD") or refusal.status != _ABSENT:
                self._refused.append(Refusal(request, refusal.status, refusal.message))
            return Answer(refusal.status, {"message": refusal.message})

    def planned(self) -> PlannedInventory:
        """Return the inventory as it is now."""
        files = self._state.files()
        return PlannedInventory(
            facts_after=msgspec.structs.replace(self._facts, files={**self._facts.files, **files}, digest=""),
            symbols=tuple(symbol for symbol in self._state.symbols.values() if self._is_there(symbol)),
            assumptions=tuple(sorted(self._state.assumptions)),
            refused=tuple(self._refused),
            effects=tuple(self._state.effects),
        )

    def _is_there(self, symbol: Symbol) -> bool:
        """Tell whether what a symbol is of is still there: a later request may have removed it."""
        if symbol.kind == SymbolKind.BRIDGE:
            return any(f"br-{key[:12]}" == symbol.example for key in self._state.networks)
        return any(symbol.example.encode() in data for data in self._state.files().values())


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
