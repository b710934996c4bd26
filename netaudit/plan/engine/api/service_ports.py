"""Ports that services of a swarm ask for: what the swarm refuses, and which tasks find their host port taken."""

from collections.abc import Iterable, Iterator

from netaudit.plan.engine.allocation.wanted import split_port
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, items, part, text
from netaudit.plan.engine.state import EngineState

HOST_MODE = "host"
_DIGITS = 5  # of a port
PortSpec = tuple[str, int]  # protocol, port
PORT_HELD = "no suitable node (host-mode port already in use on 1 node)"  # in the words of `docker service ps`


def ports_of(spec: Object) -> Iterator[Object]:
    """List the ports that a service publishes."""
    return items(part(spec, "EndpointSpec").get("Ports"))


def host_ports_of(spec: Object) -> list[Object]:
    """List the ports that a service publishes on the hosts of its tasks."""
    return [one for one in ports_of(spec) if one.get("PublishMode") == HOST_MODE]


def host_bindings(spec: Object) -> dict[str, list[Object]]:
    """Return the port bindings of a service's tasks; of several for one port of the container the last one counts."""
    return {
        f"{one.get('TargetPort')}/{text(one, 'Protocol') or 'tcp'}": [
            {"HostIp": "", "HostPort": str(one.get("PublishedPort") or "")}
        ]
        for one in host_ports_of(spec)
    }


def recorded_ports_of(container: Object) -> list[Object]:
    """Return the host-mode ports of the service that a recorded task is of."""
    found = []
    for named, bindings in part(container, "HostConfig", "PortBindings").items():
        target, protocol = split_port(named)
        for one in items(bindings):
            asked = text(one, "HostPort")
            port: Object = {"Protocol": protocol, "TargetPort": target, "PublishMode": HOST_MODE}
            found.append(port | ({"PublishedPort": int(asked)} if asked.isdecimal() and len(asked) <= _DIGITS else {}))
    return found


def check_ports(state: EngineState, spec: Object, own_id: str = "") -> None:
    """Refuse ports that are no numbers of ports, and ports that other services have. Raises EngineRefusal."""
    for one in ports_of(spec):
        for name in ("PublishedPort", "TargetPort"):
            port = one.get(name) or 0
            if not isinstance(port, int) or port not in range(1 << 16):
                raise EngineRefusal(400, f"invalid {name}: {port}")
    asked = [(one, _named(one)) for one in ports_of(spec) if one.get("PublishedPort")]
    for key, service in state.services.items():
        if key != own_id:
            _check_other(service, asked)


def is_host_port_held(tasks: Iterable[Object], spec: Object) -> bool:
    """Tell whether a task that runs here holds a host port of a service: then no other one is placed here."""
    asked = {_named(one) for one in host_ports_of(spec) if one.get("PublishedPort")}
    held = {_named(one) for task in tasks for one in recorded_ports_of(task) if one.get("PublishedPort")}
    return not asked.isdisjoint(held)


def _check_other(service: Object, asked: list[tuple[Object, PortSpec]]) -> None:
    """Source: swarmkit, manager/controlapi/service.go, checkPortConflicts."""
    other = part(service, "Spec")
    name = f"'{text(other, 'Name')}' ({text(service, 'ID')})"
    for theirs in ports_of(other):
        for own, named in asked:
            both_of_host = HOST_MODE == own.get("PublishMode") == theirs.get("PublishMode")
            if named == _named(theirs) and not both_of_host:
                how = "a host-published" if theirs.get("PublishMode") == HOST_MODE else "an ingress"
                why = f"port '{named[1]}' is already in use by service {name} as {how} port"
                raise EngineRefusal(400, f"rpc error: code = InvalidArgument desc = {why}")


def _named(port: Object) -> PortSpec:
    return text(port, "Protocol") or "tcp", int(port.get("PublishedPort") or 0)
