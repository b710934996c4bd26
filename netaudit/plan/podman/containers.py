"""Podman's containers: made, started, stopped, connected and removed."""

from netaudit.model.engine_request import EngineRequest
from netaudit.model.plan import AssumptionKind
from netaudit.plan.engine.answer import Answer, Delivery, EngineRefusal
from netaudit.plan.engine.objects import Object, part, text
from netaudit.plan.podman.addresses import join, leave
from netaudit.plan.podman.ports import published, refuse_taken
from netaudit.plan.podman.state import PodmanState

_DEFAULT = "podman"
_MODES = {"": "bridge", "default": "bridge", "bridge": "bridge", "host": "host", "none": "none", "no": "none"}


def create(state: PodmanState, request: EngineRequest) -> Answer:
    """Make a container of a `podman run` or `create`."""
    body = dict(request.fields())
    if text(body, "pod"):
        raise EngineRefusal(501, "netaudit plan does not follow pods")
    name = text(body, "name") or _name(state)
    if any(text(one, "Name") == name for one in state.containers.values()):
        raise EngineRefusal(500, f'creating container storage: the container name "{name}" is already in use')
    mode = _mode(state, part(body, "netns"))
    wished = {_DEFAULT if one == "default" else one: wish for one, wish in part(body, "Networks").items()}
    networks = list(wished) or ([_DEFAULT] if mode == "bridge" else [])
    ends = {text(state.network(one), "name"): wished.get(one) or {} for one in networks}
    identity = state.new_id("container", name)
    state.containers[identity] = _inspected(state, identity, name, mode, body)
    state.listed[identity] = {
        "Id": identity,
        "Names": [name],
        "Ports": published(state, name, body),
        "State": "created",
    }
    shown = part(state.containers[identity], "NetworkSettings", "Networks")
    for network, wanted in ends.items():
        shown[network] = {"NetworkID": text(state.network(network), "id"), "Wanted": wanted}
    return Answer(201, {"Id": identity, "Warnings": []})


def start(state: PodmanState, request: EngineRequest, reference: str) -> Answer:
    """Start a container: it gets its addresses, and netavark writes its rules."""
    del request
    container = state.container(reference)
    if part(container, "State").get("Running") is True:
        return Answer(304)
    refuse_taken(state, container)
    _join_all(state, container)
    _set(state, container, "running")
    if text(part(container, "HostConfig"), "NetworkMode") == "host":
        state.assume(AssumptionKind.LISTENS_UNKNOWN, container=text(container, "Name"))
    return Answer(204)


def _join_all(state: PodmanState, container: Object) -> None:
    """Give a container its addresses; where one cannot be had it gets none, and does not run."""
    networks = list(part(container, "NetworkSettings", "Networks"))
    try:
        for network in networks:
            join(state, container, network)
    except EngineRefusal:
        for network in networks:
            leave(container, network)
        raise


def stop(state: PodmanState, request: EngineRequest, reference: str) -> Answer:
    """Stop a container."""
    del request
    container = state.container(reference)
    if part(container, "State").get("Running") is not True:
        return Answer(304)
    _set(state, container, "exited")
    for network in part(container, "NetworkSettings", "Networks"):
        leave(container, network)
    return Answer(204)


def restart(state: PodmanState, request: EngineRequest, reference: str) -> Answer:
    """Stop a container and start it."""
    stop(state, request, reference)
    start(state, request, reference)
    return Answer(204)


def remove(state: PodmanState, request: EngineRequest, reference: str) -> Answer:
    """Remove a container; one that runs only by force, one that is not there where that is to be ignored."""
    try:
        container = state.container(reference)
    except EngineRefusal:
        if request.parameter("ignore") == "true":
            return Answer(200, [])
        raise
    identity = text(container, "Id")
    if part(container, "State").get("Running") is True and request.parameter("force") != "true":
        why = f"cannot remove container {identity} as it is running - running or paused containers cannot be removed"
        raise EngineRefusal(500, f"{why} without force: container state improper")
    del state.containers[identity]
    state.listed.pop(identity, None)
    return Answer(200, [{"Id": identity, "Err": None, "RawInput": reference}])


def show(state: PodmanState, request: EngineRequest, reference: str) -> Answer:
    """Show a container."""
    del request
    return Answer(200, state.container(reference))


def exists(state: PodmanState, request: EngineRequest, reference: str) -> Answer:
    """Say whether a container is there."""
    show(state, request, reference)
    return Answer(204)


def list_all(state: PodmanState, request: EngineRequest) -> Answer:
    """List the containers: clients look for names and ids themselves."""
    del request
    return Answer(200, [_listed(state, one) for one in state.containers.values()])


def connect(state: PodmanState, request: EngineRequest, reference: str) -> Answer:
    """Put a container on a network."""
    name = text(state.network(reference), "name")
    container = state.container(text(dict(request.fields()), "container"))
    ends = part(container, "NetworkSettings", "Networks")
    if name in ends:
        raise EngineRefusal(500, f'container {text(container, "Id")} is already connected to network "{name}"')
    ends[name] = {"NetworkID": text(state.network(name), "id"), "Wanted": dict(request.fields())}
    if part(container, "State").get("Running") is True:
        try:
            join(state, container, name)
        except EngineRefusal:
            del ends[name]
            raise
    return Answer(200, "OK")


def disconnect(state: PodmanState, request: EngineRequest, reference: str) -> Answer:
    """Take a container off a network."""
    name = text(state.network(reference), "name")
    container = state.container(text(dict(request.fields()), "Container") or text(dict(request.fields()), "container"))
    ends = part(container, "NetworkSettings", "Networks")
    if name not in ends:
        raise EngineRefusal(500, f'container {text(container, "Id")} is not connected to network "{name}"')
    del ends[name]
    return Answer(200, "OK")


def wait(state: PodmanState, request: EngineRequest, reference: str) -> Answer:
    """Say that a container has done what is waited for."""
    del request
    state.container(reference)
    return Answer(200, 0)


def attach(state: PodmanState, request: EngineRequest, reference: str) -> Answer:
    """Give a container's input and output, which end at once."""
    del request
    state.container(reference)
    return Answer(200, None, Delivery.HIJACKED)


def _set(state: PodmanState, container: Object, status: str) -> None:
    shown = part(container, "State")
    shown["Status"], shown["Running"], shown["Pid"] = status, status == "running", 0
    state.listed.setdefault(text(container, "Id"), {"Id": text(container, "Id")})["State"] = status


def _name(state: PodmanState) -> str:
    """Return a name for a container that Podman would give one of its own."""
    names = {text(one, "Name") for one in state.containers.values()}
    return next(f"unnamed_{number}" for number in range(1, len(names) + 2) if f"unnamed_{number}" not in names)


def _mode(state: PodmanState, wanted: Object) -> str:
    """Return the network mode, as inspection shows it. Raises EngineRefusal for one that is not followed."""
    kind = text(wanted, "nsmode")
    if kind == "container":
        return f"container:{text(state.container(text(wanted, 'value')), 'Id')}"
    if kind not in _MODES:
        raise EngineRefusal(501, f"netaudit plan does not follow --network {kind}: no rule of the host sees it")
    return _MODES[kind]


def _inspected(state: PodmanState, identity: str, name: str, mode: str, body: Object) -> Object:
    image = text(body, "image")
    return {
        "Id": identity,
        "Name": name,
        "Created": f"2999-01-01T00:00:00.{state.requests:09}Z",
        "Image": image,
        "State": {"Status": "created", "Running": False, "Pid": 0},
        "Config": {"Image": image, "Labels": body.get("labels")},
        "HostConfig": {
            "NetworkMode": mode,
            "Privileged": body.get("privileged") is True,
            "CapAdd": body.get("cap_add") or [],
        },
        "NetworkSettings": {"SandboxKey": f"/run/netns/{identity[:12]}", "Ports": {}, "Networks": {}},
        "Mounts": [],
    }


def _listed(state: PodmanState, container: Object) -> Object:
    key = text(container, "Id")
    status = text(part(container, "State"), "Status")
    shown = {"Id": key, "Names": [text(container, "Name")], "State": status, "Status": status, "Command": []}
    return {**shown, **{name: value for name, value in state.listed.get(key, {}).items() if name in ("Ports", "Pod")}}
