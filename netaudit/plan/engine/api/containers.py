"""Containers are listed, inspected, renamed, updated and removed."""

from typing import Any

from netaudit.model.engine_request import EngineRequest
from netaudit.model.version import Version
from netaudit.plan.engine.answer import Answer, EngineRefusal
from netaudit.plan.engine.api.creation import check_name
from netaudit.plan.engine.api.filters import Test, filters_of, has_label, select
from netaudit.plan.engine.api.lifecycle import bring_down
from netaudit.plan.engine.objects import Object, endpoints_of, is_running, items, name_of, objects, part, text, texts
from netaudit.plan.engine.state import EngineState

_SHORT_REFUSAL = Version(26)


def list_containers(state: EngineState, request: EngineRequest) -> Answer:
    """List containers, those that run unless all are asked for."""
    filters = filters_of(request)
    every = request.parameter("all") in ("1", "true", "True") or "status" in filters
    newest_first = sorted(state.containers.values(), key=_created)[::-1]
    found = (one for one in newest_first if every or is_running(one))
    return Answer(200, [_summary(one) for one in select(found, filters, _tests(state))])


def _created(container: Object) -> tuple[str, str]:
    """Return when a container was made, so that it can be compared: engines leave zeros at the end away."""
    seconds, _, fraction = text(container, "Created").removesuffix("Z").partition(".")
    return seconds, fraction.ljust(9, "0")


def inspect(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Inspect a container."""
    del request
    container = state.container(reference)
    config = part(container, "Config")
    health = {"Health": {"Status": "healthy", "FailingStreak": 0, "Log": []}} if config.get("Healthcheck") else {}
    shown_state = {"Restarting": False, "OOMKilled": False, "Dead": False, "Error": ""} | container["State"] | health
    return Answer(200, {"RestartCount": 0, "Platform": "linux", **container, "State": shown_state})


def rename(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Give a container another name; members of networks are listed by it."""
    container = state.container(reference)
    name = request.parameter("name")
    if not name:
        raise EngineRefusal(400, "Neither old nor new names may be empty")
    check_name(state, name)
    container["Name"] = "/" + name.removeprefix("/")
    for network in state.networks.values():
        member = part(network, "Containers").get(text(container, "Id"))
        if isinstance(member, dict):
            member["Name"] = name_of(container)
    return Answer(204)


def update(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Update limits and the restart policy, which no rule of the network shows."""
    container = state.container(reference)
    policy = request.fields().get("RestartPolicy")
    if isinstance(policy, dict) and policy.get("Name"):
        part(container, "HostConfig")["RestartPolicy"] = policy
    return Answer(200, {"Warnings": None})


def remove(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Remove a container, or only a link of it."""
    container = state.container(reference)
    if request.parameter("link") in ("1", "true"):
        raise EngineRefusal(501, "removing a link is not planned")
    if is_running(container):
        if request.parameter("force") not in ("1", "true"):
            raise EngineRefusal(409, _still_running(state, container))
        bring_down(state, container)
    state.containers.pop(text(container, "Id"), None)
    return Answer(204)


def _still_running(state: EngineState, container: Object) -> str:
    if state.host.version >= _SHORT_REFUSAL:
        paused = part(container, "State").get("Paused") is True
        what = "is paused and must be unpaused first" if paused else "is running: stop the container before removing"
        what += "" if paused else " or force remove"
        return f'cannot remove container "{container["Name"]}": container {what}'
    how = "Stop the container before attempting removal or force remove"
    return f"You cannot remove a running container {text(container, 'Id')}. {how}"


def _tests(state: EngineState) -> dict[str, Test]:
    def on_network(one: Object, wanted: str) -> bool:
        network = state.find_network(wanted)
        return network is not None and text(network, "Name") in endpoints_of(one)

    return {
        "label": lambda one, wanted: has_label(texts(part(one, "Config").get("Labels")), wanted),
        "name": lambda one, wanted: wanted.strip("^/$") in name_of(one),
        "id": lambda one, wanted: text(one, "Id").startswith(wanted),
        "status": lambda one, wanted: text(part(one, "State"), "Status") == wanted,
        "network": on_network,
        "ancestor": lambda one, wanted: text(part(one, "Config"), "Image") == wanted,
        "is-task": lambda one, wanted: (wanted in ("1", "true")) == ("com.docker.swarm.task" in _labels(one)),
        "publish": lambda one, wanted: wanted in part(one, "HostConfig", "PortBindings"),
    }


def _labels(container: Object) -> dict[str, str]:
    return texts(part(container, "Config").get("Labels"))


def _summary(container: Object) -> dict[str, Any]:
    config, status = part(container, "Config"), part(container, "State")
    return {
        "Id": text(container, "Id"),
        "Names": [f"/{name_of(container)}"],
        "Image": text(config, "Image"),
        "ImageID": text(container, "Image"),
        "Command": "",
        "Created": 0,
        "Ports": [port for named, bindings in _ports(container) for port in _summed(named, bindings)],
        "Labels": texts(config.get("Labels")),
        "State": text(status, "Status"),
        "Status": "Up 1 second" if is_running(container) else f"Exited ({status.get('ExitCode', 0)}) 1 second ago",
        "HostConfig": {"NetworkMode": text(part(container, "HostConfig"), "NetworkMode")},
        "NetworkSettings": {"Networks": dict(objects(part(container, "NetworkSettings").get("Networks")))},
        "Mounts": list(items(container.get("Mounts"))),
    }


def _ports(container: Object) -> list[tuple[str, Any]]:
    return list(part(container, "NetworkSettings", "Ports").items())


def _summed(named: str, bindings: object) -> list[dict[str, Any]]:
    number, _, protocol = named.partition("/")
    plain = {"PrivatePort": int(number), "Type": protocol}
    published = [
        {"IP": text(one, "HostIp"), "PublicPort": int(text(one, "HostPort") or 0), **plain} for one in items(bindings)
    ]
    return published or [plain]
