"""The ports that a container publishes, as Podman hands them to netavark: what follows each other is one range."""

from collections.abc import Iterator

from netaudit.model.docker import PortBinding
from netaudit.model.engines.kinds import PortMapping
from netaudit.model.plan import AssumptionKind, Symbol, SymbolKind
from netaudit.parse.podman.mappings import merge_bindings
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, decimal, is_running, items, part, text
from netaudit.plan.podman.state import PodmanState

_RANDOM = "32768-60999"  # the kernel's own default
_FIRST, _LAST, _ALL = 40000, 65535, 1 << 16


def published(state: PodmanState, name: str, body: Object) -> list[Object]:
    """List the mappings of a new container, as `podman ps` shows them."""
    return [_shown(one) for one in merge_bindings(_singles(state, name, body))]


def refuse_taken(state: PodmanState, container: Object) -> None:
    """Refuse a container that starts and whose ports the host, or another container, holds."""
    own = _held(state, text(container, "Id"))
    others = {key for key, one in state.containers.items() if one is not container and is_running(one)}
    taken = {place for key in others for place in _held(state, key)}
    free = {(one.protocol, one.port) for one in state.host.listeners if "conmon" in one.programs}
    listening = {(one.protocol, one.port) for one in state.host.listeners} - free
    for protocol, port in sorted(own & (taken | listening)):
        raise EngineRefusal(500, f"cannot expose port {port}/{protocol}: address already in use")


def _held(state: PodmanState, identity: str) -> set[tuple[str, int]]:
    """Name the ports of the host that a container publishes while it runs."""
    return {
        (text(one, "protocol"), _number(one, "host_port") + at)
        for one in items(state.listed.get(identity, {}).get("Ports"))
        for at in range(_count(one))
    }


def _count(mapping: Object) -> int:
    """Return how many ports a mapping has: no more than there are."""
    return min(max(_number(mapping, "range"), 1), _ALL)


def _singles(state: PodmanState, name: str, body: Object) -> Iterator[PortBinding]:
    for wanted in items(body.get("portmappings")):
        for protocol in (text(wanted, "protocol") or "tcp").split(","):
            for at in range(_count(wanted)):
                inner, outer = _number(wanted, "container_port") + at, _number(wanted, "host_port")
                outer = outer + at if outer else _random(state, name, f"{inner}/{protocol}")
                yield PortBinding(protocol, text(wanted, "host_ip"), outer, inner)
    if body.get("publish_image_ports") is True:
        for port, protocol in _exposed(state, name, body):
            yield PortBinding(protocol, "", _random(state, name, f"{port}/{protocol}"), port)


def _exposed(state: PodmanState, name: str, body: Object) -> Iterator[tuple[int, str]]:
    image = text(body, "image")
    ports = state.exposed_ports(image)
    if ports is None:
        state.assume(AssumptionKind.EXPOSED_UNKNOWN, container=name, image=image)
    said = [one.partition("/") for one in ports or ()]
    found = {(decimal(port), protocol or "tcp") for port, _, protocol in said}
    found |= {(decimal(str(port)), str(protocol)) for port, protocol in part(body, "expose").items()}
    yield from sorted((port, protocol) for port, protocol in found if port is not None)


def _random(state: PodmanState, name: str, port: str) -> int:
    """Return a host port that stands for one that nobody asked for."""
    given = dict(state.host.sysctls).get("net.ipv4.ip_local_port_range", "").split()
    used = set(state.symbols)
    example = next(one for one in range(_FIRST, _LAST) if str(one) not in used)
    shown = "-".join(given) or _RANDOM
    state.note(Symbol(f"port of {name} {port}", SymbolKind.HOST_PORT, shown, str(example)))
    return example


def _shown(one: PortMapping) -> Object:
    return {
        "host_ip": one.host_ip,
        "container_port": one.container_port,
        "host_port": one.host_port,
        "range": one.count,
        "protocol": one.protocol,
    }


def _number(whole: Object, name: str) -> int:
    value = whole.get(name)
    return value if isinstance(value, int) else 0
