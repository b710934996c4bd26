"""What a client asks of the planned engine, request by request."""

from typing import Any

from netaudit.model.engine_request import EngineRequest
from netaudit.plan.engine.plan import StandIn

BUSYBOX = {"Image": "busybox"}


def ask(engine: StandIn, method: str, path: str, body: Any = None, **query: str) -> tuple[int, Any]:
    """Send a request; gives the status and the body of the answer."""
    answer = engine.handle(EngineRequest(method, path, tuple(query.items()), body))
    return answer.status, answer.body


def make_network(engine: StandIn, name: str, **options: Any) -> tuple[int, Any]:
    """Create a network."""
    return ask(engine, "POST", "/networks/create", {"Name": name, **options})


def run(engine: StandIn, name: str, ports: dict[str, Any] | None = None, **host_config: Any) -> tuple[int, Any]:
    """Create and start a container; gives what refuses it first."""
    exposed = {port: {} for port in ports or {}}
    body = BUSYBOX | {"ExposedPorts": exposed, "HostConfig": {"PortBindings": ports or {}, **host_config}}
    status, answer = ask(engine, "POST", "/containers/create", body, name=name)
    return (status, answer) if status != 201 else ask(engine, "POST", f"/containers/{name}/start")
