"""`podman network inspect` -> networks."""

import msgspec

from netaudit.model.docker import Network
from netaudit.model.engines.kinds import Engine, Isolation
from netaudit.model.facts import Source
from netaudit.parse.reading.addresses import read_address, read_subnet

_DEFAULT = "podman"
_TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})


class _Subnet(msgspec.Struct):
    subnet: str = ""
    gateway: str = ""


class RawNetwork(msgspec.Struct):
    """What netaudit reads of a network."""

    id: str
    name: str = ""
    driver: str = ""
    network_interface: str = ""
    subnets: list[_Subnet] | None = None
    ipv6_enabled: bool = False
    internal: bool = False
    dns_enabled: bool = False
    options: dict[str, str] | None = None


def read_network(raw: RawNetwork) -> Network:
    """Return a network; of several subnets of a family the first counts. Raises ParseError."""
    options = raw.options or {}
    bridged = raw.driver == "bridge"
    ipv4, ipv6 = _first(raw, 4), _first(raw, 6)
    return Network(
        id=raw.id,
        name=raw.name,
        driver=raw.driver,
        bridge=raw.network_interface if bridged else "",
        parent="" if bridged else raw.network_interface,
        subnet=read_subnet(ipv4.subnet, Source.PODMAN_NETWORKS),
        subnet6=read_subnet(ipv6.subnet, Source.PODMAN_NETWORKS),
        gateway=read_address(ipv4.gateway, Source.PODMAN_NETWORKS, 4),
        gateway6=read_address(ipv6.gateway, Source.PODMAN_NETWORKS, 6),
        internal=raw.internal,
        ipv6=raw.ipv6_enabled,
        default=raw.name == _DEFAULT,
        host_ipv4=options.get("outbound_addr4", ""),
        host_ipv6=options.get("outbound_addr6", ""),
        engine=Engine.PODMAN,
        isolation=_isolation(options.get("isolate", "")),
        dns=raw.dns_enabled,
    )


def _isolation(option: str) -> Isolation:
    if option == Isolation.STRICT:
        return Isolation.STRICT
    return Isolation.NORMAL if option in _TRUE else Isolation.NONE


def _first(raw: RawNetwork, version: int) -> _Subnet:
    return next((one for one in raw.subnets or () if (":" in one.subnet) == (version == 6)), _Subnet())
