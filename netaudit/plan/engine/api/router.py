"""Requests -> the endpoint that answers them. What is not listed here is refused by its name."""

from netaudit.model.engine_request import EngineRequest
from netaudit.plan.engine.answer import Answer, EngineRefusal
from netaudit.plan.engine.api import (
    containers,
    creation,
    endpoints,
    lifecycle,
    network_creation,
    networks,
    services,
    system,
)
from netaudit.plan.engine.host import api_of
from netaudit.plan.engine.routes import ID, Endpoint, Routes
from netaudit.plan.engine.state import EngineState

_ENDPOINTS: tuple[tuple[str, str, Endpoint], ...] = (
    ("GET", "/_ping", system.ping),
    ("HEAD", "/_ping", system.ping),
    ("GET", "/version", system.version),
    ("GET", "/info", system.info),
    ("GET", "/events", system.events),
    ("GET", "/containers/json", containers.list_containers),
    ("POST", "/containers/create", creation.create),
    ("GET", f"/containers/{ID}/json", containers.inspect),
    ("POST", f"/containers/{ID}/start", lifecycle.start),
    ("POST", f"/containers/{ID}/stop", lifecycle.stop),
    ("POST", f"/containers/{ID}/kill", lifecycle.stop),
    ("POST", f"/containers/{ID}/restart", lifecycle.restart),
    ("POST", f"/containers/{ID}/(?:un)?pause", lifecycle.pause),
    ("POST", f"/containers/{ID}/wait", lifecycle.wait),
    ("POST", f"/containers/{ID}/attach", lifecycle.attach),
    ("POST", f"/containers/{ID}/resize", lifecycle.resize),
    ("PUT", f"/containers/{ID}/archive", lifecycle.copy_into),
    ("POST", f"/containers/{ID}/rename", containers.rename),
    ("POST", f"/containers/{ID}/update", containers.update),
    ("DELETE", f"/containers/{ID}", containers.remove),
    ("GET", "/networks", networks.list_networks),
    ("POST", "/networks/create", network_creation.create),
    ("POST", "/networks/prune", networks.prune),
    ("GET", f"/networks/{ID}", networks.inspect),
    ("DELETE", f"/networks/{ID}", networks.remove),
    ("POST", f"/networks/{ID}/connect", endpoints.connect),
    ("POST", f"/networks/{ID}/disconnect", endpoints.disconnect),
    ("GET", "/services", services.list_services),
    ("POST", "/services/create", services.create),
    ("GET", f"/services/{ID}", services.inspect),
    ("POST", f"/services/{ID}/update", services.update),
    ("DELETE", f"/services/{ID}", services.remove),
    ("GET", "/tasks", services.list_tasks),
    ("GET", "/nodes", services.list_nodes),
    ("GET", "/secrets", services.list_none),
    ("GET", "/configs", services.list_none),
    ("GET", "/distribution/(.+)/json", system.inspect_remote_image),
    ("GET", "/images/json", system.list_images),
    ("GET", "/images/(.+)/json", system.inspect_image),
    ("POST", "/images/create", system.pull),
    ("GET", "/volumes", system.list_volumes),
    ("POST", "/volumes/create", system.create_volume),
    ("GET", f"/volumes/{ID}", system.inspect_volume),
    ("DELETE", f"/volumes/{ID}", system.remove_volume),
)
_ROUTES = Routes(_ENDPOINTS)


def route(state: EngineState, request: EngineRequest) -> Answer:
    """Answer a request. Raises EngineRefusal."""
    _check_version(state, request)
    return _ROUTES.answer(state, request, request.endpoint)


def _check_version(state: EngineState, request: EngineRequest) -> None:
    """Refuse a client that speaks an API which this engine does not."""
    spoken = request.api_version
    if spoken is None:
        return
    shown = f"{spoken[0]}.{spoken[1]}"
    newest, oldest = api_of(state.host), state.host.minimum_api
    if spoken > _number(newest):
        raise EngineRefusal(400, f"client version {shown} is too new. Maximum supported API version is {newest}")
    if spoken < _number(oldest):
        why = f"Minimum supported API version is {oldest}, please upgrade your client to a newer version"
        raise EngineRefusal(400, f"client version {shown} is too old. {why}")


def _number(api: str) -> tuple[int, int]:
    major, _, minor = api.partition(".")
    return int(major), int(minor or 0)
