"""The tasks of a swarm's services on this node: each is a container, with addresses as the swarm gives them."""

import re
from collections.abc import Collection, Iterator

from netaudit.model.plan import AssumptionKind, MeshPort, Symbol, SymbolKind
from netaudit.plan.engine.allocation.host_ports import host_ports
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.api.creation import place_container
from netaudit.plan.engine.api.lifecycle import bring_down, bring_up
from netaudit.plan.engine.api.overlay import next_address
from netaudit.plan.engine.api.service_ports import HOST_MODE, PORT_HELD, host_bindings, is_host_port_held, ports_of
from netaudit.plan.engine.objects import Object, decimal, endpoints_of, is_running, items, name_of, part, text, texts
from netaudit.plan.engine.state import EngineState

# The name of a service, the task's number (of a global service: its node), and the task's id.
TASK_NAME = re.compile(r"(.+)\.(\d+|[0-9a-z]{25})\.[0-9a-z]{25}")
ON_MESH = "NetauditOnMesh"  # of a recorded service: its tasks are on the ingress network
_UNKNOWN_NODE = "0" * 25
# The ports that swarm gives where none is asked for. Source: swarmkit, manager/allocator/networkallocator.
_FIRST_GIVEN, _LAST_GIVEN = 30000, 32767


def node_of(state: EngineState) -> str:
    """Return the id of this node."""
    swarm = state.host.info.get("Swarm")
    return str(swarm.get("NodeID") or _UNKNOWN_NODE) if isinstance(swarm, dict) else _UNKNOWN_NODE


def tasks_of(state: EngineState, name: str) -> Iterator[Object]:
    """List the running containers of a service: their names begin with it."""
    return (one for one in all_tasks(state) if task_name(one)[0] == name)


def all_tasks(state: EngineState) -> Iterator[Object]:
    """List the running containers of all services."""
    return (one for one in state.containers.values() if is_running(one) and task_name(one)[0])


def task_name(container: Object) -> tuple[str, str]:
    """Return the service and the number of a task, empty for other containers."""
    found = TASK_NAME.fullmatch(name_of(container))
    return (found[1], found[2]) if found else ("", "")


def running_tasks(state: EngineState, service: Object) -> list[Object]:
    """Return the running containers of a service."""
    return list(tasks_of(state, text(part(service, "Spec"), "Name")))


def wanted_slots(state: EngineState, service: Object) -> list[str]:
    """Return the numbers of the tasks that a service wants: one per node, or as many as it says."""
    replicated = part(part(service, "Spec"), "Mode").get("Replicated")
    if not isinstance(replicated, dict):
        return [node_of(state)]
    return [str(number) for number in range(1, int(replicated.get("Replicas", 1)) + 1)]


def scale(state: EngineState, service: Object) -> None:
    """Start and end tasks until there are as many as are wanted; all are taken to run on this node."""
    spec = part(service, "Spec")
    wanted = wanted_slots(state, service)
    tasks = running_tasks(state, service)
    for container in tasks[len(wanted) :]:
        bring_down(state, container)
    slots = {task_name(one)[1] for one in tasks}
    for slot in wanted:
        if slot not in slots and len(slots) < len(wanted):
            slots.add(slot)
            _place_task(state, service, slot)
    state.assume(AssumptionKind.TASK_PLACEMENT, service=text(spec, "Name"))


def _place_task(state: EngineState, service: Object, slot: str) -> None:
    """Start a task, unless the swarm cannot place it, or its container fails: then it waits, and tries again."""
    spec = part(service, "Spec")
    why = PORT_HELD if is_host_port_held(all_tasks(state), spec) else ""
    try:
        if not why:
            _start_task(state, service, slot)
    except EngineRefusal as refusal:
        why = refusal.message
    if why:
        state.assume(AssumptionKind.TASK_WAITS, service=text(spec, "Name"), why=why)


def _start_task(state: EngineState, service: Object, slot: str) -> None:
    spec = part(service, "Spec")
    name = text(spec, "Name")
    bindings = host_bindings(spec)
    body: Object = {
        "Image": text(part(spec, "TaskTemplate", "ContainerSpec"), "Image").partition("@")[0],
        "Labels": texts(part(spec, "TaskTemplate", "ContainerSpec").get("Labels")),
        "ExposedPorts": {key: {} for key in bindings},
        "HostConfig": {"NetworkMode": "default", "PortBindings": bindings, "PublishAllPorts": False},
    }
    identity = state.example_id("task", f"{name}.{slot}")[:25]
    container = place_container(state, f"{name}.{slot}.{identity}", body, _networks(state, service))
    bring_up(state, container)
    state.started_tasks.append(text(container, "Id"))


def _networks(state: EngineState, service: Object) -> list[str]:
    """Return the networks of a task: those that are asked for, and the ingress network of published ports."""
    spec = part(service, "Spec")
    attached = spec.get("Networks") or part(spec, "TaskTemplate").get("Networks")
    named = [text(state.network(text(one, "Target")), "Name") for one in items(attached)]
    on_mesh = service.get(ON_MESH) is True or any(one.get("PublishMode") != HOST_MODE for one in ports_of(spec))
    ingress = [text(one, "Name") for one in state.networks.values() if on_mesh and one.get("Ingress") is True]
    return [*ingress, *named] or ["bridge"]


def take_address(state: EngineState, service: Object) -> None:
    """Take the virtual address of a service on each overlay network that it is on: no container shows it."""
    for name in _networks(state, service):
        if text(state.network(name), "Driver") == "overlay":
            next_address(state, state.network(name))


def publish_on_mesh(state: EngineState, service: Object) -> None:
    """Note the ports of a service that the routing mesh takes; one that nobody asked for is a symbol."""
    spec = part(service, "Spec")
    name, found = text(spec, "Name"), list[MeshPort]()
    for one in ports_of(spec):
        if one.get("PublishMode") == HOST_MODE:
            continue
        protocol, port = text(one, "Protocol") or "tcp", one.get("PublishedPort")
        if port:
            state.asked_ports.add(int(port))
        else:
            port = _given_port(state, f"port of {name} {one.get('TargetPort')}/{protocol}", found)
        found.append(MeshPort(protocol, int(port)))
        state.assume(AssumptionKind.ROUTING_MESH, service=name, port=f"{port}/{protocol}")
    state.mesh[text(service, "ID")] = tuple(found)


def _given_port(state: EngineState, wanted: str, own: Collection[MeshPort]) -> int:
    """Return the port that stands for one that swarm gives, the same after an update."""
    taken = {one.port for one in own}
    for symbol in state.symbols.values():
        if symbol.name == wanted and int(symbol.example) not in taken:
            return int(symbol.example)
    ports = host_ports(state)
    taken |= {one.port for mesh in state.mesh.values() for one in mesh} | state.asked_ports
    taken |= {number for _, _, number in ports.given} | {one.port for one in ports.listeners}
    turn = range(_FIRST_GIVEN, _LAST_GIVEN + 1)
    port = next((one for one in turn if one not in taken and str(one) not in state.symbols), None)
    if port is None:
        raise EngineRefusal(500, "rpc error: code = Unknown desc = no port of swarm's range is free")
    state.symbols[str(port)] = Symbol(wanted, SymbolKind.HOST_PORT, f"{_FIRST_GIVEN}-{_LAST_GIVEN}", str(port))
    return port


def shown_tasks(state: EngineState, service: Object) -> Iterator[Object]:
    """Return the tasks of a service as the API shows them; those that wait too, for clients wait for all of them."""
    running = {task_name(one)[1]: text(one, "Id") for one in running_tasks(state, service)}
    waiting = (slot for slot in wanted_slots(state, service) if slot not in running)
    left = [*running, *waiting][: len(wanted_slots(state, service))]
    for slot in left:
        container = running.get(slot, "")
        yield {
            "ID": container[:25] or state.example_id("waiting task", slot)[:25],
            "ServiceID": text(service, "ID"),
            "NodeID": node_of(state),
            "Slot": decimal(slot) or 0,
            "Version": {"Index": 1},
            "Spec": part(service, "Spec").get("TaskTemplate"),
            "Status": {"State": "running", "ContainerStatus": {"ContainerID": container}},
            "DesiredState": "running",
        }


def attached_networks(state: EngineState, container: Object) -> list[Object]:
    """Return the overlay networks that a task was put on, the ingress network aside."""
    networks = (state.find_network(name) for name in endpoints_of(container))
    overlays = (one for one in networks if one is not None and text(one, "Driver") == "overlay")
    return [{"Target": text(one, "Id")} for one in overlays if one.get("Ingress") is not True]
