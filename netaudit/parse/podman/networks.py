"""`podman network inspect` -> networks."""

import ipaddress

import msgspec

from netaudit.model.docker import Network
from netaudit.model.engines.kinds import Engine, Isolation

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
    """Return a network; of several subnets of a family the first counts."""
    options = raw.options or {}
    bridged = raw.driver == "bridge"
    ipv4, ipv6 = _first(raw, 4), _first(raw, 6)
    return Network(
        id=raw.id,
        name=raw.name,
        driver=raw.driver,
        bridge=raw.network_interface if bridged else "",
        parent="" if bridged else raw.network_interface,
        subnet=_masked(ipv4.subnet),
        subnet6=_masked(ipv6.subnet),
        gateway=ipv4.gateway,
        gateway6=ipv6.gateway,
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


def _masked(subnet: str) -> str:
    try:
        return str(ipaddress.ip_network(subnet, strict=False)) if subnet else ""
    except ValueError:
        return subnet
