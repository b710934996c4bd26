"""Which of a container's endpoints carries its published ports."""

from collections.abc import Callable, Mapping, Sequence

from netaudit.model.docker import Container, Endpoint, Network
from netaudit.model.version import Version

Order = tuple[int, bool, bool, bool, str]
_SPLIT_FAMILIES = Version(28)  # from here on IPv4 and IPv6 choose for themselves, and a priority can be set


GATEWAY_BRIDGE = "docker_gwbridge"


def gateway_name(container: Container) -> str:
    """Name a container's endpoint on docker_gwbridge, as the engine does."""
    return "gateway_" + container.sandbox.rpartition("/")[2][:12]


def carrier(
    container: Container, placed: Sequence[Endpoint], networks: Mapping[str, Network], family: str, version: Version
) -> Endpoint | None:
    """Choose the endpoint that carries the bindings; `placed` are those on bridges.

    One on macvlan or ipvlan may carry them too: then no rule is written. A network without a gateway cannot.
    """
    if len(placed) == len(container.endpoints) == 1:
        return placed[0]
    others = (end for end in container.endpoints if end not in placed and (end.gateway or end.gateway6))
    return gateway_endpoint([*placed, *others], networks, family, version)


def gateway_endpoint(
    endpoints: Sequence[Endpoint], networks: Mapping[str, Network], family: str, version: Version
) -> Endpoint | None:
    """Choose as the engine does: highest priority, not docker_gwbridge, not internal, both families, lowest name.

    Source: the order of endpoints in moby's libnetwork sandbox; tests/recordings have each rule but the first.
    """
    split = is_split(version)
    address = _IPV6 if family == "ip6" and split else _IPV4
    candidates = [end for end in endpoints if end.network_id in networks and (getattr(end, address) or not split)]
    return min(candidates, key=order_of(networks, version), default=None)


def is_split(version: Version) -> bool:
    """Tell whether IPv4 and IPv6 choose for themselves."""
    return not version or version >= _SPLIT_FAMILIES


def order_of(networks: Mapping[str, Network], version: Version) -> Callable[[Endpoint], Order]:
    """Make the order in which an engine prefers endpoints; engines before 28 tell no priority, redaction may."""
    split = is_split(version)

    def order(end: Endpoint) -> Order:
        network = networks[end.network_id]
        both = bool(end.ipv4 and end.ipv6) if split else bool(end.gateway6 or end.ipv6)
        return (-end.priority, network.name == GATEWAY_BRIDGE, network.internal, not both, network.name)

    return order


_IPV4, _IPV6 = "ipv4", "ipv6"
