"""Services of a swarm, as far as this node runs their tasks: each task is a container."""

from netaudit.model.engine_request import EngineRequest
from netaudit.model.plan import AssumptionKind
from netaudit.plan.engine.answer import Answer, EngineRefusal
from netaudit.plan.engine.api.filters import filters_of, has_label, select
from netaudit.plan.engine.api.lifecycle import bring_down
from netaudit.plan.engine.api.service_ports import HOST_MODE, check_ports, host_bindings, ports_of, recorded_ports_of
from netaudit.plan.engine.api.tasks import (
    ON_MESH,
    all_tasks,
    attached_networks,
    node_of,
    publish_on_mesh,
    scale,
    shown_tasks,
    take_address,
    task_name,
    tasks_of,
)
from netaudit.plan.engine.objects import Object, endpoints_of, items, part, text, texts
from netaudit.plan.engine.state import EngineState

_NOT_A_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" '
    "to connect this node to swarm and try again."
)
_UNIMPORTANT_MONITOR = 1  # nanoseconds that a client watches a service which is up: nothing will happen


def create(state: EngineState, request: EngineRequest) -> Answer:
    """Create a service, and its tasks on this node."""
    _check_manager(state)
    spec = _with_replicas(request)
    name = text(spec, "Name")
    found = _find(state, name)
    check_ports(state, spec)
    if found is not None:
        why = "rpc error: code = AlreadyExists desc = name conflicts with an existing object"
        raise EngineRefusal(409, f"{why}: {name}")
    service = _service(state, name, spec)
    state.services[text(service, "ID")] = service
    take_address(state, service)
    publish_on_mesh(state, service)
    scale(state, service)
    return Answer(201, {"ID": text(service, "ID"), "Warnings": None})


def update(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Update a service: its tasks end, and begin again where more than their number changed."""
    service = _service_of(state, reference)
    before = part(service, "Spec")
    spec = _with_replicas(request)
    check_ports(state, spec, text(service, "ID"))
    is_kept = _tasks(state, before, service.get(ON_MESH)) == _tasks(state, spec, service.get(ON_MESH))
    if is_kept and ON_MESH in service and _template(before) != _template(spec):
        state.assume(AssumptionKind.SERVICE_KEPT, service=text(spec, "Name"))
    service["Spec"] = spec
    publish_on_mesh(state, service)
    if not is_kept:
        for container in list(tasks_of(state, text(spec, "Name"))):
            bring_down(state, container)
    scale(state, service)
    return Answer(200, {"Warnings": None})


def _with_replicas(request: EngineRequest) -> Object:
    """Return what is asked for; a service of which nobody says how many it is has one task."""
    spec = dict(request.fields())
    mode = dict(part(dict(spec), "Mode"))
    if "Global" not in mode:
        mode["Replicated"] = {"Replicas": 1} | dict(part(dict(mode), "Replicated"))
    return spec | {"Mode": mode}


def remove(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Remove a service: its tasks end."""
    del request
    service = _service_of(state, reference)
    for container in list(tasks_of(state, text(part(service, "Spec"), "Name"))):
        bring_down(state, container)
    state.services.pop(text(service, "ID"), None)
    state.mesh.pop(text(service, "ID"), None)
    return Answer(200)


def inspect(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Inspect a service."""
    del request
    return Answer(200, _shown(_service_of(state, reference)))


def list_services(state: EngineState, request: EngineRequest) -> Answer:
    """List services."""
    _check_manager(state)
    _adopt(state)
    tests = {
        "name": lambda one, wanted: text(part(one, "Spec"), "Name").startswith(wanted),
        "id": lambda one, wanted: text(one, "ID").startswith(wanted),
        "label": lambda one, wanted: has_label(texts(part(one, "Spec").get("Labels")), wanted),
    }
    return Answer(200, [_shown(one) for one in select(state.services.values(), filters_of(request), tests)])


def list_tasks(state: EngineState, request: EngineRequest) -> Answer:
    """List the tasks that run."""
    _check_manager(state)
    wanted = filters_of(request).get("service", ())
    services = [one for one in (_find(state, name) for name in wanted) if one is not None]
    return Answer(200, [one for service in services for one in shown_tasks(state, service)])


def list_nodes(state: EngineState, request: EngineRequest) -> Answer:
    """List this node."""
    del request
    _check_manager(state)
    node = {"ID": node_of(state), "Spec": {"Availability": "active", "Role": "manager"}, "Status": {"State": "ready"}}
    return Answer(200, [node | {"Description": {"Hostname": "node"}}])


def list_none(state: EngineState, request: EngineRequest) -> Answer:
    """List no secrets and no configs."""
    del request
    _check_manager(state)
    return Answer(200, [])


def _check_manager(state: EngineState) -> None:
    if not state.host.swarm:
        raise EngineRefusal(503, _NOT_A_MANAGER)


def _service(state: EngineState, name: str, spec: Object) -> Object:
    identity = state.example_id("service", name)[:25]
    return {"ID": identity, "Version": {"Index": 1}, "Spec": spec, "Endpoint": {"Spec": spec.get("EndpointSpec") or {}}}


def _shown(service: Object) -> Object:
    spec = part(service, "Spec")
    return service | {"Spec": spec | {"UpdateConfig": {"Parallelism": 1, "Monitor": _UNIMPORTANT_MONITOR}}}


def _find(state: EngineState, reference: str) -> Object | None:
    """Return a service by its name or id."""
    _adopt(state)
    services = state.services.values()
    named = (one for one in services if reference == text(part(one, "Spec"), "Name"))
    return next(named, next((one for one in services if text(one, "ID").startswith(reference)), None))


def _adopt(state: EngineState) -> None:
    """Take up services that were made before: recordings do not hold them, but their containers tell."""
    known = {text(part(one, "Spec"), "Name") for one in state.services.values()}
    for container in list(all_tasks(state)):
        name, slot = task_name(container)
        if name not in known:
            known.add(name)
            service = _service(state, name, _recorded_spec(state, container, is_global=not slot.isdecimal()))
            service[ON_MESH] = any(
                one.get("Ingress") is True for one in map(state.find_network, endpoints_of(container)) if one
            )
            state.services[text(service, "ID")] = service


def _recorded_spec(state: EngineState, container: Object, *, is_global: bool) -> Object:
    name = task_name(container)[0]
    labels = texts(part(container, "Config").get("Labels"))
    template: Object = {
        "ContainerSpec": {"Image": text(part(container, "Config"), "Image"), "Labels": labels},
        "Networks": attached_networks(state, container),
    }
    mode: Object = {"Global": {}} if is_global else {"Replicated": {"Replicas": len(list(tasks_of(state, name)))}}
    ports = {"Mode": "vip", "Ports": recorded_ports_of(container)}
    return {"Name": name, "Labels": labels, "TaskTemplate": template, "Mode": mode, "EndpointSpec": ports}


def _service_of(state: EngineState, reference: str) -> Object:
    _check_manager(state)
    found = _find(state, reference)
    if found is None:
        raise EngineRefusal(404, f"service {reference} not found")
    return found


def _tasks(state: EngineState, spec: Object, on_mesh: object) -> Object:
    """Return what of a service makes its tasks begin again, as far as a recorded task shows it."""
    template = part(spec, "TaskTemplate")
    networks = items(spec.get("Networks") or template.get("Networks"))
    meshed = [one for one in ports_of(spec) if one.get("PublishMode") != HOST_MODE]
    return {
        "image": text(part(template, "ContainerSpec"), "Image").partition("@")[0],
        "networks": sorted(text(state.network(text(one, "Target")), "Id") for one in networks),
        "bindings": host_bindings(spec),
        "mesh": bool(meshed or on_mesh) if on_mesh is not None else meshed,
        "forced": template.get("ForceUpdate") or 0,
    }


def _template(spec: Object) -> Object:
    return {key: one for key, one in part(spec, "TaskTemplate").items() if one}
