"""`docker inspect` of containers -> containers; what else it holds (environments, mounts) is skipped."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

import msgspec

from netaudit.model.docker import WAIVER_LABEL, Container, Endpoint, Link, PortBinding, RequestedPort, is_docker_socket
from netaudit.model.facts import Source
from netaudit.parse.reading.addresses import read_address
from netaudit.parse.reading.decode import decode_json

_ANY = "0.0.0.0"  # noqa: S104 (what Docker means by no address)


class _State(msgspec.Struct):
    running: bool = msgspec.field(name="Running", default=False)
    pid: int = msgspec.field(name="Pid", default=0)
    started_at: str = msgspec.field(name="StartedAt", default="")


class _Config(msgspec.Struct):
    image: str = msgspec.field(name="Image", default="")
    exposed: dict[str, object] | None = msgspec.field(name="ExposedPorts", default=None)
    labels: dict[str, str] | None = msgspec.field(name="Labels", default=None)


class _HostPort(msgspec.Struct):
    ip: str = msgspec.field(name="HostIp", default="")
    port: str = msgspec.field(name="HostPort", default="")


class _HostConfig(msgspec.Struct):
    ports: dict[str, list[_HostPort] | None] | None = msgspec.field(name="PortBindings", default=None)
    network_mode: str = msgspec.field(name="NetworkMode", default="")
    links: list[str] | None = msgspec.field(name="Links", default=None)
    publish_all: bool | None = msgspec.field(name="PublishAllPorts", default=None)
    privileged: bool | None = msgspec.field(name="Privileged", default=None)
    capabilities: list[str] | msgspec.UnsetType | None = msgspec.field(name="CapAdd", default=msgspec.UNSET)


class _Mount(msgspec.Struct):
    source: str = msgspec.field(name="Source", default="")


class _Endpoint(msgspec.Struct):
    network_id: str = msgspec.field(name="NetworkID", default="")
    ipv4: str = msgspec.field(name="IPAddress", default="")
    ipv6: str = msgspec.field(name="GlobalIPv6Address", default="")
    gateway: str = msgspec.field(name="Gateway", default="")
    gateway6: str = msgspec.field(name="IPv6Gateway", default="")
    priority: int = msgspec.field(name="GwPriority", default=0)


class _NetworkSettings(msgspec.Struct):
    sandbox: str = msgspec.field(name="SandboxKey", default="")
    ports: dict[str, list[_HostPort] | None] | None = msgspec.field(name="Ports", default=None)
    networks: dict[str, _Endpoint | None] | None = msgspec.field(name="Networks", default=None)


class _Container(msgspec.Struct):
    id: str = msgspec.field(name="Id")
    name: str = msgspec.field(name="Name", default="")
    state: _State = msgspec.field(name="State", default_factory=_State)
    config: _Config = msgspec.field(name="Config", default_factory=_Config)
    host_config: _HostConfig = msgspec.field(name="HostConfig", default_factory=_HostConfig)
    settings: _NetworkSettings = msgspec.field(name="NetworkSettings", default_factory=_NetworkSettings)
    mounts: list[_Mount] | None = msgspec.field(name="Mounts", default=None)


def known_container(data: bytes, known: dict[bytes, Container], source: Source = Source.DOCKER_CONTAINERS) -> Container:
    """Read a container of a file; the same JSON is read once. Raises ParseError."""
    container = known.get(data)
    if container is None:
        raw = decode_json(data, _Container, source=source, expected="what Docker prints")
        container = known[data] = _container(raw, source)
    return container


def _container(raw: _Container, source: Source) -> Container:
    settings, host_config = raw.settings, raw.host_config
    return Container(
        id=raw.id,
        name=raw.name.removeprefix("/"),
        running=raw.state.running,
        network_mode=host_config.network_mode,
        endpoints=tuple(_endpoints(settings.networks, source)) if settings.networks else (),
        bindings=tuple(_bindings(settings.ports, source)) if settings.ports else (),
        links=tuple(map(_link, host_config.links)) if host_config.links else (),
        exposed=tuple(map(_port, raw.config.exposed)) if raw.config.exposed else (),
        image=raw.config.image,
        pid=raw.state.pid,
        sandbox=settings.sandbox,
        started_at=raw.state.started_at,
        publish_all=host_config.publish_all,
        requested_ports=tuple(_requested(host_config, settings.ports)) if settings.ports else (),
        privileged=host_config.privileged,
        capabilities=_capabilities(host_config),
        docker_socket=None if raw.mounts is None else any(is_docker_socket(one.source) for one in raw.mounts),
        waivers=tuple(sorted(_waivers(raw.config.labels))) if raw.config.labels else (),
        labels=tuple(sorted(_other_labels(raw.config.labels))) if raw.config.labels else (),
    )


def _waivers(labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return (pair for pair in labels.items() if pair[0].startswith(WAIVER_LABEL))


def _other_labels(labels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return (pair for pair in labels.items() if not pair[0].startswith(WAIVER_LABEL))


def _capabilities(raw: _HostConfig) -> tuple[str, ...] | None:
    return None if isinstance(raw.capabilities, msgspec.UnsetType) else tuple(raw.capabilities or ())


def _endpoints(networks: Mapping[str, _Endpoint | None], source: Source) -> Iterator[Endpoint]:
    for name, raw in networks.items():
        if raw is not None:
            yield Endpoint(
                raw.network_id,
                name,
                read_address(raw.ipv4, source, 4),
                read_address(raw.ipv6, source, 6),
                read_address(raw.gateway, source, 4),
                read_address(raw.gateway6, source, 6),
                raw.priority,
            )


def _bindings(ports: Mapping[str, list[_HostPort] | None], source: Source) -> Iterator[PortBinding]:
    """List the live bindings; an exposed port that is not published has none, a routed one has host port 0.

    Where a host port has no address, it is published at all of them.
    """
    for port, hosts in ports.items():
        if hosts:
            number, protocol = _port(port)
            for host in hosts:
                host_port = parse_number(host.port)
                address = read_address(host.ip, source) or (_ANY if host_port else "")
                yield PortBinding(protocol, address, host_port, number)


def _requested(asked: _HostConfig, ports: Mapping[str, object]) -> Iterator[RequestedPort]:
    """List how the ports were asked for that the engine had a choice of."""
    for port in ports:
        number, protocol = _port(port)
        hosts = (asked.ports or {}).get(port) or []
        found = [RequestedPort(protocol, number, *_range(host.port)) for host in hosts]
        if asked.publish_all and not hosts:
            found = [RequestedPort(protocol, number)]
        if not all(one.is_exact for one in found):
            yield from found


def _range(text: str) -> tuple[int, int]:
    """Read `8080` or `8080-8090`."""
    first, dash, last = text.partition("-")
    return parse_number(first), parse_number(last if dash else first)


@lru_cache(maxsize=1024)
def _port(text: str) -> tuple[int, str]:
    """Read `80/tcp`; a range (`8000-8010/tcp`, image metadata) counts by its first port."""
    number, _, protocol = text.partition("/")
    return parse_number(number.partition("-")[0]), protocol or "tcp"


def parse_number(text: str) -> int:
    """Read a number, 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _link(text: str) -> Link:
    """Read `/child:/parent/alias`."""
    return Link(text.partition(":")[0].removeprefix("/"))
