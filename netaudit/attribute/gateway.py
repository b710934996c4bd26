"""Which of a container's endpoints carries its published ports."""

from collections.abc import Mapping, Sequence

from netaudit.model.docker import Endpoint, Network
from netaudit.model.version import Version

_SPLIT_FAMILIES = Version(28)  # from here on IPv4 and IPv6 choose for themselves, and a priority can be set


def gateway_endpoint(
    endpoints: Sequence[Endpoint], networks: Mapping[str, Network], family: str, version: Version
) -> Endpoint | None:
    """Choose as the engine does: highest priority, not docker_gwbridge, not internal, both families, lowest name.

    Source: the order of endpoints in moby's libnetwork sandbox; tests/recordings have each rule but the first.
    """
    split = not version or version >= _SPLIT_FAMILIES
    address = _IPV6 if family == "ip6" and split else _IPV4
    candidates = [end for end in endpoints if end.network_id in networks and (getattr(end, address) or not split)]

    def order(end: Endpoint) -> tuple[int, bool, bool, bool, str]:
        network = networks[end.network_id]
        both = bool(end.ipv4 and end.ipv6) if split else bool(end.gateway6 or end.ipv6)
        return (
            -end.priority if split else 0,
            network.name == "docker_gwbridge",
            network.internal,
            not both,
            network.name,
        )

    return min(candidates, key=order, default=None)


_IPV4, _IPV6 = "ipv4", "ipv6"
