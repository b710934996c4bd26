"""Docker's JSON and its daemon's arguments -> the inventory.

Only the fields named here are read; what else a raw `docker inspect` holds (environments, labels) the decoder skips.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from netaudit.model.docker import (
    BRIDGE_OPTION,
    Container,
    GatewayMode,
    Inventory,
    Network,
    NetworkMember,
)
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.model.version import Version
from netaudit.parse.docker.containers import known_container, parse_number
from netaudit.parse.docker.derived_networks import derive_networks
from netaudit.parse.docker.options import VXLAN_PORT, Info, parse_options, parse_version
from netaudit.parse.reading.addresses import read_address, read_subnet
from netaudit.parse.reading.decode import decode_json

T = TypeVar("T")
_KNOWS_MODES = Version(27)
_VXLAN_IDS = "com.docker.network.driver.overlay.vxlanid_list"


class _Pool(msgspec.Struct):
    subnet: str = msgspec.field(name="Subnet", default="")
    gateway: str = msgspec.field(name="Gateway", default="")


class _Ipam(msgspec.Struct):
    config: list[_Pool] | None = msgspec.field(name="Config", default=None)


class _Member(msgspec.Struct):
    name: str = msgspec.field(name="Name", default="")
    ipv4: str = msgspec.field(name="IPv4Address", default="")
    ipv6: str = msgspec.field(name="IPv6Address", default="")
    mac: str = msgspec.field(name="MacAddress", default="")


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
    """Read the inventory; None where the containers are not among the facts: then a gap says why.

    `known` maps the JSON of containers to what was read from it before, and is added to.
    """
    files = facts.files
    if Source.DOCKER_CONTAINERS not in files:
        return None
    version = parse_version(facts)
    info = _decode(files, Source.DOCKER_INFO, Info) or Info()
    networks = _as_obeyed(_networks(files), version or info.version)
    containers = (
        [] if _says_none(files, networks) else _decode(files, Source.DOCKER_CONTAINERS, list[msgspec.Raw]) or []
    )
    there = [data for raw in containers if (data := bytes(raw)) != b"null"]
    return Inventory(
        version=version or info.version,
        options=parse_options(facts, info, version or info.version),
        networks=networks,
        containers=tuple(known_container(data, known if known is not None else {}) for data in there),
        swarm=info.swarm.state == "active" if info.swarm.state else any(net.driver == "overlay" for net in networks),
        vxlan_port=info.swarm.cluster.data_path_port or VXLAN_PORT,
        partial=_is_partial(facts) or _counts_more(info, len(there)),
    )


def find_unlisted(facts: Facts, inventory: Inventory | None) -> tuple[Gap, ...]:
    """Return the gap where fewer containers are listed than the engine counts; nothing where a gap says so already."""
    if inventory is None or any(gap.source == Source.DOCKER_CONTAINERS for gap in facts.gaps):
        return ()
    info, listed = _decode(facts.files, Source.DOCKER_INFO, Info) or Info(), len(inventory.containers)
    if not _counts_more(info, listed):
        return ()
    there = {0: "none is", 1: "1 is"}.get(listed, f"{listed} are")
    said = f"{there} listed, and docker info counts {info.containers}"
    todo = "record again, or keep `docker inspect` of them all"
    return (Gap(Source.DOCKER_CONTAINERS, GapReason.PARTIAL, f"{said}: {todo}"),)


def _counts_more(info: Info, listed: int) -> bool:
    """Tell whether the engine counts more containers than are listed; fewer may have ended before it counted."""
    return (info.containers or 0) > listed


def _says_none(files: Mapping[str, bytes], networks: tuple[Network, ...]) -> bool:
    """Return whether an empty file means no containers: `docker inspect` of none prints nothing."""
    empty = not files[Source.DOCKER_CONTAINERS].strip()
    return empty and bool(networks) and not any(network.members for network in networks)


def _is_partial(facts: Facts) -> bool:
    """Return whether networks or containers are there that the facts do not hold."""
    asked = (Source.DOCKER_CONTAINERS, Source.DOCKER_NETWORKS)
    return Source.DOCKER_NETWORKS not in facts.files or any(gap.source in asked for gap in facts.gaps)


def _networks(files: Mapping[str, bytes]) -> tuple[Network, ...]:
    """Read the networks; where they were not inspected, take what the containers say about them."""
    if Source.DOCKER_NETWORKS not in files:
        return derive_networks(files[Source.DOCKER_CONTAINERS])
    return tuple(_network(network) for network in _decode(files, Source.DOCKER_NETWORKS, list[_Network]) or [])


def _as_obeyed(networks: tuple[Network, ...], version: str) -> tuple[Network, ...]:
    """Return networks without gateway modes where the engine does not know them: it keeps options that it ignores."""
    if not version or Version.parse(version) >= _KNOWS_MODES:
        return networks
    return tuple(msgspec.structs.replace(one, mode4=GatewayMode.NAT, mode6=GatewayMode.NAT) for one in networks)


def _decode(files: Mapping[str, bytes], source: Source, kind: type[T]) -> T | None:
    data = files.get(source)
    return None if data is None else decode_json(data, kind, source=source, expected="what Docker prints")


def _network(raw: _Network) -> Network:
    options = raw.options or {}
    subnet, subnet6 = _subnets(raw)
    return Network(
        id=raw.id,
        name=raw.name,
        driver=raw.driver,
        bridge=(options.get(f"{BRIDGE_OPTION}name") or f"br-{raw.id[:12]}") if raw.driver == "bridge" else "",
        subnet=subnet,
        subnet6=subnet6,
        internal=raw.internal,
        icc=_is_true(options.get(f"{BRIDGE_OPTION}enable_icc", "true")),
        masquerade=_is_true(options.get(f"{BRIDGE_OPTION}enable_ip_masquerade", "true")),
        host_ipv4=options.get("com.docker.network.host_ipv4", ""),
        host_ipv6=options.get("com.docker.network.host_ipv6", ""),
        mode4=_mode(options.get(f"{BRIDGE_OPTION}gateway_mode_ipv4", "")),
        mode6=_mode(options.get(f"{BRIDGE_OPTION}gateway_mode_ipv6", "")),
        trusted_interfaces=tuple(filter(None, options.get(f"{BRIDGE_OPTION}trusted_host_interfaces", "").split(":"))),
        default=_is_true(options.get(f"{BRIDGE_OPTION}default_bridge", "false")),
        ipv6=raw.ipv6,
        config_only=raw.config_only,
        encrypted="encrypted" in options and options["encrypted"] != "false",
        vxlan_ids=tuple(filter(None, map(parse_number, options.get(_VXLAN_IDS, "").split(",")))),
        gateway=_gateway(raw, subnet),
        gateway6=_gateway(raw, subnet6),
        inhibit_ipv4=_is_true(options.get(f"{BRIDGE_OPTION}inhibit_ipv4", "false")),
        parent=options.get("parent", ""),
        members=tuple(_member(key, member) for key, member in (raw.containers or {}).items()),
    )


def _subnets(raw: _Network) -> tuple[str, str]:
    """Return a network's IPv4 and IPv6 subnets, "" for a family that it does not have."""
    subnets = [read_subnet(pool.subnet, Source.DOCKER_NETWORKS) for pool in raw.ipam.config or [] if pool.subnet]
    ipv4 = next((subnet for subnet in subnets if ":" not in subnet), "") if raw.ipv4 else ""
    ipv6 = next((subnet for subnet in subnets if ":" in subnet), "") if raw.ipv6 else ""
    return ipv4, ipv6


def _gateway(raw: _Network, subnet: str) -> str:
    """Return the gateway of a subnet; some engines write it with the prefix."""
    read, version = Source.DOCKER_NETWORKS, 6 if ":" in subnet else 4
    pools = (pool for pool in raw.ipam.config or [] if subnet and read_subnet(pool.subnet, read) == subnet)
    return next((read_address(pool.gateway.partition("/")[0], read, version) for pool in pools), "")


def _member(container_id: str, raw: _Member) -> NetworkMember:
    ipv4 = read_address(raw.ipv4.partition("/")[0], Source.DOCKER_NETWORKS, 4)
    ipv6 = read_address(raw.ipv6.partition("/")[0], Source.DOCKER_NETWORKS, 6)
    return NetworkMember(container_id, raw.name, ipv4, ipv6, raw.mac)


def _is_true(text: str) -> bool:
    """Read a driver option as Docker does (strconv.ParseBool)."""
    return text in ("1", "t", "T", "true", "TRUE", "True")


def _mode(text: str) -> GatewayMode:
    return GatewayMode(text) if text in set(GatewayMode) else GatewayMode.NAT
