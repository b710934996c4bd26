"""Networks are listed, inspected and removed."""

from netaudit.model.engine_request import EngineRequest
from netaudit.model.plan import EffectKind
from netaudit.model.version import Version
from netaudit.plan.engine.allocation.addresses import bridge_of
from netaudit.plan.engine.answer import Answer, EngineRefusal
from netaudit.plan.engine.api.filters import Test, filters_of, has_label, select
from netaudit.plan.engine.objects import Object, objects, part, text, texts
from netaudit.plan.engine.state import EngineState

PREDEFINED = ("bridge", "host", "none", "default")
_NAMES_MEMBERS = Version(28)


def list_networks(state: EngineState, request: EngineRequest) -> Answer:
    """List networks."""
    found = select(state.networks.values(), filters_of(request), _tests(state))
    return Answer(200, [one | {"Containers": {}, "Labels": one.get("Labels") or {}} for one in found])


def inspect(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Inspect a network."""
    del request
    network = state.network(reference)
    return Answer(200, network | {"Labels": network.get("Labels") or {}})


def remove(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Remove a network that nobody is on."""
    del request
    network = state.network(reference)
    name = text(network, "Name")
    if name in PREDEFINED:
        raise EngineRefusal(403, f"{name} is a pre-defined network and cannot be removed")
    if inside := _inside(network):
        raise EngineRefusal(403, _in_use(state, network, inside))
    if any(text(part(one, "ConfigFrom"), "Network") == name for one in state.networks.values()):
        raise EngineRefusal(403, f'error while removing network: configuration network "{name}" is in use')
    _forget(state, network)
    return Answer(204)


def prune(state: EngineState, request: EngineRequest) -> Answer:
    """Remove all networks that no running container is on."""
    filters = filters_of(request)
    tests = {name: test for name, test in _tests(state).items() if name.startswith("label")}
    wanted = {name: values for name, values in filters.items() if name not in ("dangling", "until")}
    unused = [one for one in select(state.networks.values(), wanted, tests) if _is_unused(one)]
    for network in unused:
        _forget(state, network)
    return Answer(200, {"NetworksDeleted": [text(one, "Name") for one in unused]})


def _is_unused(network: Object) -> bool:
    kept = network.get("Ingress") is True or network.get("ConfigOnly") is True
    return text(network, "Name") not in PREDEFINED and not kept and not _inside(network)


def _inside(network: Object) -> dict[str, Object]:
    """Return the members of a network; the balancer of an overlay network goes with it."""
    members = objects(network.get("Containers"))
    return {key: one for key, one in members if not key.startswith("lb-")}


def _forget(state: EngineState, network: Object) -> None:
    state.note(EffectKind.NETWORK_REMOVED, network)
    state.removed_bridges.add(bridge_of(network))
    del state.networks[text(network, "Id")]


def _in_use(state: EngineState, network: Object, inside: dict[str, Object]) -> str:
    what = (
        f"error while removing network: network {text(network, 'Name')} id {text(network, 'Id')} has active endpoints"
    )
    if state.host.version < _NAMES_MEMBERS:
        return what
    named = ", ".join(f'name:"{text(one, "Name")}" id:"{text(one, "EndpointID")[:12]}"' for one in inside.values())
    return f"{what} ({named})"


def _tests(state: EngineState) -> dict[str, Test]:
    del state
    return {
        "label": lambda one, wanted: has_label(texts(one.get("Labels")), wanted),
        "label!": lambda one, unwanted: not has_label(texts(one.get("Labels")), unwanted),
        "name": lambda one, wanted: wanted.strip("^$") in text(one, "Name"),
        "id": lambda one, wanted: text(one, "Id").startswith(wanted),
        "driver": lambda one, wanted: text(one, "Driver") == wanted,
        "scope": lambda one, wanted: text(one, "Scope") == wanted,
        "type": lambda one, wanted: (wanted == "builtin") == (text(one, "Name") in PREDEFINED),
        "dangling": lambda one, wanted: (wanted in ("1", "true")) == _is_unused(one),
    }
