"""The tasks of a swarm's services on this node: each is a container, with addresses as the swarm gives them."""

import re
from collections.abc import Collection, Iterator

from netaudit.model.plan import AssumptionKind, MeshPort, Symbol, SymbolKind
from netaudit.plan.engine.allocation.host_ports import host_ports
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.api.creation import place_container
from netaudit.plan.engine.api.lifecycle import bring_down, bring_up
from netaudit.plan.engine.api.overlay import highest_address
from netaudit.plan.engine.objects import Object, endpoints_of, is_running, items, name_of, part, text, texts
from netaudit.plan.engine.state import EngineState

TASK_NAME = re.compile(r"(.+)\.(\d+)\.[0-9a-z]{25}")
NODE = "0" * 25
# The ports that swarm gives where none is asked for. Source: swarmkit, manager/allocator/networkallocator.
_FIRST_GIVEN, _LAST_GIVEN = 30000, 32767


def tasks_of(state: EngineState, name: str) -> Iterator[Object]:
    """List the running containers of a service: their names begin with it."""
    for container in state.containers.values():
        found = TASK_NAME.fullmatch(name_of(container))
        if found and found[1] == name and is_running(container):
            yield container


def running_tasks(state: EngineState, service: Object) -> list[Object]:
    """Return the running containers of a service."""
    return list(tasks_of(state, text(part(service, "Spec"), "Name")))


def scale(state: EngineState, service: Object) -> None:
    """Start and end tasks until there are as many as are wanted; all are taken to run on this node."""
    spec = part(service, "Spec")
    name = text(spec, "Name")
    replicated = part(spec, "Mode").get("Replicated")
    wanted = replicated.get("Replicas", 1) if isinstance(replicated, dict) else 1
    tasks = running_tasks(state, service)
    for container in tasks[int(wanted) :]:
        bring_down(state, container)
    slots = {int(found[2]) for one in tasks if (found := TASK_NAME.fullmatch(name_of(one)))}
    for slot in range(1, int(wanted) + 1):
        if slot not in slots and len(slots) < int(wanted):
            slots.add(slot)
            _start_task(state, service, slot)
    state.assume(AssumptionKind.TASK_PLACEMENT, service=name)


def _start_task(state: EngineState, service: Object, slot: int) -> None:
    spec = part(service, "Spec")
    name = text(spec, "Name")
    ports = list(items(part(spec, "EndpointSpec").get("Ports")))
    of_host = [one for one in ports if one.get("PublishMode") == "host"]
    bindings: Object = {}
    for port in of_host:
        key = f"{port.get('TargetPort')}/{port.get('Protocol') or 'tcp'}"
        bindings.setdefault(key, []).append({"HostIp": "", "HostPort": str(port.get("PublishedPort") or "")})
    body: Object = {
        "Image": text(part(spec, "TaskTemplate", "ContainerSpec"), "Image").partition("@")[0],
        "Labels": texts(part(spec, "TaskTemplate", "ContainerSpec").get("Labels")),
        "ExposedPorts": {key: {} for key in bindings},
        "HostConfig": {"NetworkMode": "default", "PortBindings": bindings, "PublishAllPorts": False},
    }
    others = running_tasks(state, service)
    networks = _networks(state, spec, is_ingress=len(of_host) < len(ports))
    if of_host and networks != ["bridge"]:
        state.assume(AssumptionKind.GATEWAY_PORTS, service=name)
    networks = list(endpoints_of(others[0])) if others else networks
    identity = state.example_id("task", f"{name}.{slot}")[:25]
    container = place_container(state, f"{name}.{slot}.{identity}", body, networks)
    for network, end in endpoints_of(container).items():
        _serial_address(state, network, end)
    bring_up(state, container)


def _networks(state: EngineState, spec: Object, *, is_ingress: bool) -> list[str]:
    """Return the networks of a task: those that are asked for, and the ingress network of published ports."""
    attached = spec.get("Networks") or part(spec, "TaskTemplate").get("Networks")
    named = [text(state.network(text(one, "Target")), "Name") for one in items(attached)]
    ingress = [text(one, "Name") for one in state.networks.values() if one.get("Ingress") is True]
    return [*(ingress if is_ingress else ()), *named] or ["bridge"]


def _serial_address(state: EngineState, name: str, end: Object) -> None:
    """Choose an address as swarm does: the next one after the highest, which services have too."""
    network = state.network(name)
    pool = highest_address(state, network) if text(network, "Driver") == "overlay" else None
    if pool is not None:
        pool.taken.update(state.service_addresses)
        end["IPAMConfig"] = {"IPv4Address": str(pool.lowest_free())}


def take_address(state: EngineState, service: Object) -> None:
    """Take the virtual address of a service, on each overlay network that it is on."""
    spec = part(service, "Spec")
    published = any(one.get("PublishMode") != "host" for one in items(part(spec, "EndpointSpec").get("Ports")))
    for name in _networks(state, spec, is_ingress=published):
        pool = highest_address(state, state.network(name)) if name != "bridge" else None
        free = pool.lowest_free() if pool is not None else None
        if free is not None:
            state.service_addresses.add(free)


def publish_on_mesh(state: EngineState, service: Object) -> None:
    """Note the ports of a service that the routing mesh takes; one that nobody asked for is a symbol."""
    spec = part(service, "Spec")
    name, found = text(spec, "Name"), list[MeshPort]()
    for one in items(part(spec, "EndpointSpec").get("Ports")):
        if one.get("PublishMode") == "host":
            continue
        protocol, port = text(one, "Protocol") or "tcp", one.get("PublishedPort")
        if port:
            state.asked_ports.add(int(port))
        else:
            port = _given_port(state, f"port of {name} {one.get('TargetPort')}/{protocol}", found)
        found.append(MeshPort(protocol, int(port)))
        state.assume(AssumptionKind.ROUTING_MESH, service=name, port=f"{port}/{protocol}")
    state.mesh[text(service, "ID")] = tuple(found)


def check_ports(spec: Object) -> None:
    """Refuse ports that are no numbers of ports. Raises EngineRefusal."""
    for one in items(part(spec, "EndpointSpec").get("Ports")):
        for name in ("PublishedPort", "TargetPort"):
            port = one.get(name) or 0
            if not isinstance(port, int) or port not in range(1 << 16):
                raise EngineRefusal(400, f"invalid {name}: {port}")


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


def shown_task(service: Object, container: Object) -> Object:
    """Return a task as the API shows it."""
    found = TASK_NAME.fullmatch(name_of(container))
    return {
        "ID": text(container, "Id")[:25],
        "ServiceID": text(service, "ID"),
        "NodeID": NODE,
        "Slot": int(found[2]) if found else 1,
        "Version": {"Index": 1},
        "Spec": part(service, "Spec").get("TaskTemplate"),
        "Status": {"State": "running", "ContainerStatus": {"ContainerID": text(container, "Id")}},
        "DesiredState": "running",
    }


def attached_networks(state: EngineState, container: Object) -> list[Object]:
    """Return the overlay networks that a task was put on, the ingress network aside."""
    networks = (state.find_network(name) for name in endpoints_of(container))
    overlays = (one for one in networks if one is not None and text(one, "Driver") == "overlay")
    return [{"Target": text(one, "Id")} for one in overlays if one.get("Ingress") is not True]
