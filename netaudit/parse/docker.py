"""Docker's JSON and its daemon's arguments -> the inventory.

Only the fields named here are read; whatever else a raw `docker inspect` holds (environments, labels) is skipped
by the decoder.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeVar

import msgspec

from netaudit.model.docker import (
    Container,
    Endpoint,
    GatewayMode,
    Inventory,
    Link,
    Network,
    NetworkMember,
    PortBinding,
)
from netaudit.model.facts import Facts, Source
from netaudit.parse.daemon import VXLAN_PORT, Info, parse_options, parse_version
from netaudit.parse.decode import decode_json

T = TypeVar("T")
_BRIDGE = "com.docker.network.bridge."
_VXLAN_IDS = "com.docker.network.driver.overlay.vxlanid_list"


class _State(msgspec.Struct):
    running: bool = msgspec.field(name="Running", default=False)
    pid: int = msgspec.field(name="Pid", default=0)


class _Config(msgspec.Struct):
    image: str = msgspec.field(name="Image", default="")
    exposed: dict[str, object] | None = msgspec.field(name="ExposedPorts", default=None)


class _HostConfig(msgspec.Struct):
    network_mode: str = msgspec.field(name="NetworkMode", default="")
    links: list[str] | None = msgspec.field(name="Links", default=None)


class _Endpoint(msgspec.Struct):
    network_id: str = msgspec.field(name="NetworkID", default="")
    ipv4: str = msgspec.field(name="IPAddress", default="")
    ipv6: str = msgspec.field(name="GlobalIPv6Address", default="")
    gateway: str = msgspec.field(name="Gateway", default="")
    gateway6: str = msgspec.field(name="IPv6Gateway", default="")
    priority: int = msgspec.field(name="GwPriority", default=0)


class _HostPort(msgspec.Struct):
    ip: str = msgspec.field(name="HostIp", default="")
    port: str = msgspec.field(name="HostPort", default="")


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


class _Pool(msgspec.Struct):
    subnet: str = msgspec.field(name="Subnet", default="")


class _Ipam(msgspec.Struct):
    config: list[_Pool] | None = msgspec.field(name="Config", default=None)


class _Member(msgspec.Struct):
    name: str = msgspec.field(name="Name", default="")
    ipv4: str = msgspec.field(name="IPv4Address", default="")
    ipv6: str = msgspec.field(name="IPv6Address", default="")


class _Network(msgspec.Struct):
    id: str = msgspec.field(name="Id")
    name: str = msgspec.field(name="Name", default="")
    driver: str = msgspec.field(name="Driver", default="")
    ipv4: bool = msgspec.field(name="EnableIPv4", default=True)
    ipv6: bool = msgspec.field(name="EnableIPv6", default=False)
    ipam: _Ipam = msgspec.field(name="IPAM", default_factory=_Ipam)
    internal: bool = msgspec.field(name="Internal", default=False)
    config_only: bool = msgspec.field(name="ConfigOnly", default=False)
    options: dict[str, str] | None = msgspec.field(name="Options", default=None)
    containers: dict[str, _Member] | None = msgspec.field(name="Containers", default=None)


def parse_inventory(facts: Facts, known: dict[bytes, Container] | None = None) -> Inventory | None:
    """Read the inventory; None where networks or containers are not among the facts: then a gap says why.

    `known` maps the JSON of containers to what was read from it before, and is added to.
    """
    files = facts.files
    if Source.DOCKER_NETWORKS not in files or Source.DOCKER_CONTAINERS not in files:
        return None
    version = parse_version(facts)
    info = _decode(files, Source.DOCKER_INFO, Info) or Info()
    networks = _decode(files, Source.DOCKER_NETWORKS, list[_Network]) or []
    containers = (
        [] if _says_none(files, networks) else _decode(files, Source.DOCKER_CONTAINERS, list[msgspec.Raw]) or []
    )
    there = (bytes(raw) for raw in containers if bytes(raw) != b"null")
    return Inventory(
        version=version or info.version,
        options=parse_options(facts, info, version or info.version),
        networks=tuple(_network(network) for network in networks),
        containers=tuple(_known_container(data, known if known is not None else {}) for data in there),
        swarm=info.swarm.state == "active" if info.swarm.state else any(net.driver == "overlay" for net in networks),
        vxlan_port=info.swarm.cluster.data_path_port or VXLAN_PORT,
    )


def _says_none(files: Mapping[str, bytes], networks: list[_Network]) -> bool:
    """Tell whether an empty file means no containers: `docker inspect` of none prints nothing."""
    return (
        not files[Source.DOCKER_CONTAINERS].strip() and bool(networks) and not any(net.containers for net in networks)
    )


def _decode(files: Mapping[str, bytes], source: Source, kind: type[T]) -> T | None:
    data = files.get(source)
    return None if data is None else decode_json(data, kind, source=source, expected="what Docker prints")


def _network(raw: _Network) -> Network:
    options = raw.options or {}

    def option(name: str, default: str = "") -> str:
        return options.get(_BRIDGE + name, default)

    subnets = [_masked(pool.subnet) for pool in raw.ipam.config or [] if pool.subnet]
    return Network(
        id=raw.id,
        name=raw.name,
        driver=raw.driver,
        bridge=(option("name") or f"br-{raw.id[:12]}") if raw.driver == "bridge" else "",
        subnet=next((subnet for subnet in subnets if ":" not in subnet), "") if raw.ipv4 else "",
        subnet6=next((subnet for subnet in subnets if ":" in subnet), "") if raw.ipv6 else "",
        internal=raw.internal,
        icc=_is_true(option("enable_icc", "true")),
        masquerade=_is_true(option("enable_ip_masquerade", "true")),
        host_ipv4=options.get("com.docker.network.host_ipv4", ""),
        host_ipv6=options.get("com.docker.network.host_ipv6", ""),
        mode4=_mode(option("gateway_mode_ipv4")),
        mode6=_mode(option("gateway_mode_ipv6")),
        trusted_interfaces=tuple(filter(None, option("trusted_host_interfaces").split(":"))),
        default=_is_true(option("default_bridge", "false")),
        ipv6=raw.ipv6,
        config_only=raw.config_only,
        encrypted="encrypted" in options and options["encrypted"] != "false",
        vxlan_ids=tuple(filter(None, map(_number, options.get(_VXLAN_IDS, "").split(",")))),
        members=tuple(_member(key, member) for key, member in (raw.containers or {}).items()),
    )


def _member(container_id: str, raw: _Member) -> NetworkMember:
    return NetworkMember(container_id, raw.name, raw.ipv4.partition("/")[0], raw.ipv6.partition("/")[0])


def _masked(subnet: str) -> str:
    try:
        return str(ipaddress.ip_network(subnet, strict=False))
    except ValueError:
        return subnet


def _is_true(text: str) -> bool:
    """Read a driver option as Docker does (strconv.ParseBool)."""
    return text in ("1", "t", "T", "true", "TRUE", "True")


def _mode(text: str) -> GatewayMode:
    return next((mode for mode in GatewayMode if mode == text), GatewayMode.NAT)


def _known_container(data: bytes, known: dict[bytes, Container]) -> Container:
    container = known.get(data)
    if container is None:
        raw = decode_json(data, _Container, source=Source.DOCKER_CONTAINERS, expected="what Docker prints")
        container = known[data] = _container(raw)
    return container


def _container(raw: _Container) -> Container:
    settings, host_config = raw.settings, raw.host_config
    return Container(
        id=raw.id,
        name=raw.name.removeprefix("/"),
        running=raw.state.running,
        network_mode=host_config.network_mode,
        endpoints=tuple([_endpoint(name, end) for name, end in (settings.networks or {}).items() if end is not None]),
        bindings=tuple(_bindings(settings.ports)) if settings.ports else (),
        links=tuple(map(_link, host_config.links)) if host_config.links else (),
        exposed=tuple(map(_port, raw.config.exposed)) if raw.config.exposed else (),
        image=raw.config.image,
        pid=raw.state.pid,
        sandbox=settings.sandbox,
    )


def _endpoint(name: str, raw: _Endpoint) -> Endpoint:
    return Endpoint(raw.network_id, name, raw.ipv4, raw.ipv6, raw.gateway, raw.gateway6, raw.priority)


def _bindings(ports: Mapping[str, list[_HostPort] | None]) -> Iterator[PortBinding]:
    """List the live bindings; an exposed port that is not published has none, a routed one has host port 0."""
    for port, hosts in ports.items():
        if hosts:
            number, protocol = _port(port)
            for host in hosts:
                yield PortBinding(protocol, host.ip, _number(host.port), number)


@lru_cache(maxsize=1024)
def _port(text: str) -> tuple[int, str]:
    """Read `80/tcp`; a range (`8000-8010/tcp`, image metadata) counts by its first port."""
    number, _, protocol = text.partition("/")
    return _number(number.partition("-")[0]), protocol or "tcp"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _link(text: str) -> Link:
    """Read `/child:/parent/alias`."""
    return Link(text.partition(":")[0].removeprefix("/"))
