"""Containers start, stop, pause and are waited for."""

from netaudit.model.engine_request import EngineRequest
from netaudit.model.plan import AssumptionKind
from netaudit.model.version import Version
from netaudit.plan.engine.allocation.publishing import publish, withdraw
from netaudit.plan.engine.answer import Answer, Delivery, EngineRefusal
from netaudit.plan.engine.api.endpoints import join, leave
from netaudit.plan.engine.api.links import check_links
from netaudit.plan.engine.api.overlay import leave_gateway, settle_gateway
from netaudit.plan.engine.objects import Object, endpoints_of, is_running, mode_of, name_of, part, text, texts
from netaudit.plan.engine.state import EngineState

_SAYS_NETWORKING = Version(28)
_ENDING = ("KILL", "TERM", "INT", "QUIT", "9", "15", "2", "3")
_SHARES = "container:"
_DEPENDS_ON = "com.docker.compose.depends_on"


def start(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Start a container."""
    del request
    container = state.container(reference)
    if is_running(container):
        return Answer(304)
    bring_up(state, container)
    return Answer(204)


def stop(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Stop or kill a container."""
    container = state.container(reference)
    if not is_running(container):
        if request.endpoint.endswith("/kill"):
            what = f"container {text(container, 'Id')} is not running"
            name = reference if state.host.version >= Version(24) else text(container, "Id")
            raise EngineRefusal(409, f"cannot kill container: {name}: {what}")
        return Answer(304)
    if not _ends(request):
        return Answer(204)
    if request.endpoint.endswith("/kill") and _signal(request) not in ("KILL", "9"):
        state.assume(AssumptionKind.ENDS, container=name_of(container))
    bring_down(state, container)
    if part(container, "HostConfig").get("AutoRemove") is True:
        del state.containers[text(container, "Id")]
    return Answer(204)


def restart(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Restart a container: it leaves its networks and joins them again."""
    del request
    container = state.container(reference)
    if is_running(container):
        bring_down(state, container)
    bring_up(state, container)
    return Answer(204)


def pause(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Pause a container, or let it go on; its networks stay as they are."""
    container = state.container(reference)
    if not is_running(container):
        raise EngineRefusal(409, f"container {text(container, 'Id')} is not running")
    is_pause = request.endpoint.endswith("/pause")
    part(container, "State").update(Paused=is_pause, Status="paused" if is_pause else "running")
    return Answer(204)


def wait(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Answer at once that the container ended: the plan does not wait for what it does."""
    del request
    state.container(reference)
    return Answer(200, {"StatusCode": 0, "Error": None})


def attach(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Attach to a container that says nothing."""
    del request
    state.container(reference)
    return Answer(200, None, Delivery.HIJACKED)


def resize(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Resize a terminal that is not there."""
    del request
    state.container(reference)
    return Answer(200)


def copy_into(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Take the files that Compose writes into a container that it has made: configs and secrets of the project."""
    del request
    state.container(reference)
    return Answer(200)


def bring_up(state: EngineState, container: Object) -> None:
    """Start a container; where its networks refuse it, it has none of them. Raises EngineRefusal."""
    _check_namespace(state, container)
    _check_sysctls(state, container)
    _name_sandbox(state, container)
    try:
        if not mode_of(container).startswith(_SHARES):
            _note_order(state, container)
            for name in list(endpoints_of(container)):
                _join(state, container, name)
            settle_gateway(state, container)
            publish(state, container)
            check_links(state, container)
    except EngineRefusal:
        _leave_all(state, container)
        part(container, "State").update(ExitCode=128, Error="failed to start")
        raise
    if _ends_by_itself(state, container):
        _leave_all(state, container)
        state.assume(AssumptionKind.ENDS, container=name_of(container))
        part(container, "State").update(Status="exited", Running=False, ExitCode=0, Pid=0, StartedAt=state.moment)
        return
    state.assume(AssumptionKind.STAYS_UP, container=name_of(container))
    part(container, "State").update(
        Status="running", Running=True, Paused=False, Restarting=False, ExitCode=0, Pid=0, StartedAt=state.moment
    )


def bring_down(state: EngineState, container: Object) -> None:
    """Stop a container: its endpoints and its ports are free again."""
    _leave_all(state, container)
    part(container, "State").update(Status="exited", Running=False, Paused=False, Pid=0)


def _note_order(state: EngineState, container: Object) -> None:
    """Note that a container joins several networks in any order; the default one comes first."""
    names = [name for name in endpoints_of(container) if name != "bridge"]
    if len(names) > 1:
        state.assume(AssumptionKind.JOIN_ORDER, container=name_of(container), networks=", ".join(names))


def _join(state: EngineState, container: Object, name: str) -> None:
    try:
        join(state, container, name)
    except EngineRefusal as refusal:
        before = "failed to set up container networking: " if state.host.version >= _SAYS_NETWORKING else ""
        raise EngineRefusal(refusal.status, before + refusal.message) from refusal


def _name_sandbox(state: EngineState, container: Object) -> None:
    identity = state.example_id("sandbox", name_of(container))
    part(container, "NetworkSettings").update(SandboxID=identity, SandboxKey=f"/var/run/docker/netns/{identity[:12]}")


def _leave_all(state: EngineState, container: Object) -> None:
    leave_gateway(state, container)
    for name in list(endpoints_of(container)):
        leave(state, container, name)
    withdraw(container)
    part(container, "NetworkSettings").update(SandboxID="", SandboxKey="")


def _check_namespace(state: EngineState, container: Object) -> None:
    """Refuse a container whose network namespace is that of a container which is not there or does not run."""
    kind, _, owner = mode_of(container).partition(":")
    if kind != "container":
        return
    found = state.find_container(owner)
    if found is None:
        raise EngineRefusal(500, f"joining network namespace of container: No such container: {owner}")
    if not is_running(found):
        status = text(part(found, "State"), "Status")
        why = f"cannot join network namespace of a non running container: container {name_of(found)} is {status}"
        raise EngineRefusal(409, why)


def _check_sysctls(state: EngineState, container: Object) -> None:
    """Refuse a container that would set a switch of the host's own network, also through another one: runc does."""
    mode = mode_of(container)
    for _ in state.containers:  # as long as one shares another one's; a recording may say that they do so in a circle
        owner = state.find_container(mode.removeprefix(_SHARES)) if mode.startswith(_SHARES) else None
        mode = mode if owner is None else mode_of(owner)
    if mode != "host":
        return
    for name in texts(part(container, "HostConfig").get("Sysctls")):
        if name.startswith("net."):
            raise EngineRefusal(400, f'runc create failed: sysctl "{name}" not allowed in host network namespace')


def _ends(request: EngineRequest) -> bool:
    """Tell whether a signal ends a container: other signals of `docker kill` are messages to it."""
    return not request.endpoint.endswith("/kill") or _signal(request) in _ENDING


def _signal(request: EngineRequest) -> str:
    return request.parameter("signal", "KILL").upper().removeprefix("SIG")


def _ends_by_itself(state: EngineState, container: Object) -> bool:
    """Tell whether a service waits for this container to complete: then it does."""
    labels = texts(part(container, "Config").get("Labels"))
    service, project = (labels.get(f"com.docker.compose.{name}", "") for name in ("service", "project"))
    return bool(service) and any(
        f"{service}:service_completed_successfully" in other.get(_DEPENDS_ON, "").split(",")
        or any(
            one.startswith(f"{service}:service_completed_successfully:")
            for one in other.get(_DEPENDS_ON, "").split(",")
        )
        for other in (texts(part(one, "Config").get("Labels")) for one in state.containers.values())
        if other.get("com.docker.compose.project") == project
    )
