"""Requests of libpod's API -> answers, and the facts afterwards. What is not listed here is refused by its name."""

import re

import msgspec

from netaudit.model.engine_request import EngineRequest
from netaudit.model.facts import Facts
from netaudit.model.plan import AssumptionKind, PlannedInventory, Refusal
from netaudit.parse.engines import parse_engines
from netaudit.plan.engine.answer import Answer, EngineRefusal
from netaudit.plan.engine.routes import ID, Endpoint, Routes
from netaudit.plan.engine.state import ExposedPorts
from netaudit.plan.podman import containers, networks
from netaudit.plan.podman.state import PodmanState

_VERSION = re.compile(r"/v\d[\d.]*(?=/)")
_ABSENT = 404
_ASSUMED = "5.4.2"
_API = "1.41"  # Docker's, which Podman names beside its own


def _ping(state: PodmanState, request: EngineRequest) -> Answer:
    del state, request
    return Answer(200, "OK")


def _pull(state: PodmanState, request: EngineRequest) -> Answer:
    image = request.parameter("reference")
    if state.exposed_ports(image) is None:
        state.assume(AssumptionKind.IMAGE_UNKNOWN, image=image)
    return Answer(200, {"images": [_image_id(image)], "id": _image_id(image)})


def _image(state: PodmanState, request: EngineRequest, image: str) -> Answer:
    del request
    exposed: dict[str, object] = {port: {} for port in state.exposed_ports(image) or ()}
    return Answer(200, {"Id": _image_id(image), "RepoTags": [image], "Config": {"ExposedPorts": exposed}})


def _image_exists(state: PodmanState, request: EngineRequest, image: str) -> Answer:
    del state, request, image
    return Answer(204)


def _image_id(image: str) -> str:
    return f"{image.encode().hex():0<64.64}"


_ENDPOINTS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/_ping", _ping),
    ("HEAD", "/_ping", _ping),
    ("POST", "/images/pull", _pull),
    ("GET", "/images/(.+)/json", _image),
    ("GET", "/images/(.+)/exists", _image_exists),
    ("GET", "/containers/json", containers.list_all),
    ("POST", "/containers/create", containers.create),
    ("GET", f"/containers/{ID}/json", containers.show),
    ("GET", f"/containers/{ID}/exists", containers.exists),
    ("POST", f"/containers/{ID}/start", containers.start),
    ("POST", f"/containers/{ID}/stop", containers.stop),
    ("POST", f"/containers/{ID}/kill", containers.stop),
    ("POST", f"/containers/{ID}/restart", containers.restart),
    ("POST", f"/containers/{ID}/wait", containers.wait),
    ("POST", f"/containers/{ID}/attach", containers.attach),
    ("DELETE", f"/containers/{ID}", containers.remove),
    ("GET", "/networks/json", networks.list_all),
    ("POST", "/networks/create", networks.create),
    ("GET", f"/networks/{ID}/json", networks.show),
    ("GET", f"/networks/{ID}/exists", networks.exists),
    ("DELETE", f"/networks/{ID}", networks.remove),
    ("POST", f"/networks/{ID}/connect", containers.connect),
    ("POST", f"/networks/{ID}/disconnect", containers.disconnect),
)
_ROUTES = Routes((method, f"/libpod{path}", answer) for method, path, answer in _ENDPOINTS)


class PodmanStandIn:
    """Podman's service with an inventory of its own; nothing runs."""

    def __init__(self, facts: Facts, exposed_ports: ExposedPorts) -> None:
        self._facts = facts
        self._state = PodmanState(facts, exposed_ports)
        self._sent: list[EngineRequest] = []
        self._refused: list[Refusal] = []
        inventory = parse_engines(facts)[0]
        self._version = (inventory.podman.version if inventory and inventory.podman else "") or _ASSUMED

    @property
    def requests(self) -> tuple[EngineRequest, ...]:
        """Return the requests so far."""
        return tuple(self._sent)

    def headers(self) -> dict[str, str]:
        """Return how the engine names itself in each answer."""
        libpod = f"Libpod/{self._version} (linux)"
        return {"Server": libpod, "Libpod-Api-Version": self._version, "Api-Version": _API}

    def handle(self, request: EngineRequest) -> Answer:
        """Answer a request, and change the inventory as Podman would."""
        self._sent.append(request)
        self._state.requests += 1
        try:
            return _ROUTES.answer(self._state, request, _VERSION.sub("", request.path, count=1))
        except EngineRefusal as refusal:
            if not request.only_asks or refusal.status != _ABSENT:
                self._refused.append(Refusal(request, refusal.status, refusal.message))
            said = {"cause": refusal.message, "message": refusal.message, "response": refusal.status}
            return Answer(refusal.status, said)

    def planned(self) -> PlannedInventory:
        """Return the facts after the requests."""
        facts = msgspec.structs.replace(self._facts, files={**self._facts.files, **self._state.files()}, digest="")
        return PlannedInventory(
            facts_after=facts,
            symbols=tuple(self._state.symbols.values()),
            requests=self.requests,
            assumptions=tuple(sorted(self._state.assumptions)),
            refused=tuple(self._refused),
        )
