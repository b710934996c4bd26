"""Which of a container's networks carries its default route, and with it its published ports.

The engine sorts the endpoints of a container (`Endpoint.Less` in moby's libnetwork/sandbox.go):

    1. the higher priority (`--network name=…,gw-priority=…`, since 28.0)
    2. any other network before docker_gwbridge
    3. any other network before an internal one
    4. the one with more gateways: IPv4 and IPv6, before one of them
    5. the lower name of the network

The first endpoint with a gateway has the default route. Since 28.0 each family chooses for itself; before, the first
endpoint with an IPv4 gateway decides for both.
"""

from collections.abc import Callable, Iterable, Mapping

from netaudit.model.docker import Endpoint, Network
from netaudit.model.netfilter.family import Family
from netaudit.model.version import Version

GATEWAY_BRIDGE = "docker_gwbridge"
GatewayOrder = tuple[int, bool, bool, int, str]
_CHOOSE_BY_FAMILY = Version(28)


def default_route_endpoint(
    endpoints: Iterable[Endpoint], networks: Mapping[str, Network], family: str, version: Version
) -> Endpoint | None:
    """Return the endpoint that has the default route of a family; None for a container without one."""
    deciding = family if chooses_by_family(version) else Family.IP
    able = [end for end in endpoints if end.network_id in networks and end.gateway_of(deciding)]
    first = min(able, key=gateway_order(networks, version), default=None)
    return first if first and first.gateway_of(family) else None


def chooses_by_family(version: Version) -> bool:
    """Tell whether IPv4 and IPv6 may have their default routes on different networks; an unknown engine may."""
    return not version or version >= _CHOOSE_BY_FAMILY


def gateway_order(networks: Mapping[str, Network], version: Version) -> Callable[[Endpoint], GatewayOrder]:
    """Return the sort key of endpoints: see the top of this file. Engines before 28 have no priorities."""
    by_family = chooses_by_family(version)

    def order(end: Endpoint) -> GatewayOrder:
        network = networks[end.network_id]
        gateways = bool(end.gateway) + bool(end.gateway6) if by_family else int(bool(end.gateway6 or end.ipv6))
        return (-end.priority, network.name == GATEWAY_BRIDGE, network.internal, -gateways, network.name)

    return order
