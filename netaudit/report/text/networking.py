"""A container's or network's networking in words."""

from collections.abc import Iterator

from netaudit.attribute.explain.networking import Networking, NetworkingKind
from netaudit.model.docker import Endpoint, GatewayMode, Network, PortBinding


def describe_networking(networking: Networking) -> Iterator[str]:
    """Say which kind of networking a container has, network by network, and what it publishes."""
    match networking.kind:
        case NetworkingKind.HOST:
            yield "uses the host's network"
        case NetworkingKind.SHARED:
            yield f"shares the network of container {networking.shared_with}"
        case NetworkingKind.NONE:
            yield "has no network"
        case NetworkingKind.OWN:
            yield from (_endpoint(*one) for one in networking.endpoints)
    yield from map(_publishes, networking.bindings)
    if not networking.running:
        yield "is not running"


def describe_network(network: Network) -> str:
    """Say what a network is: its driver, interface and subnets."""
    words = [f"{network.driver} network" + (f" on the interface {network.bridge}" if network.bridge else "")]
    words += [subnet for subnet in (network.subnet, network.subnet6) if subnet]
    return ", ".join([*words, *(["internal"] if network.internal else [])])


def _publishes(binding: PortBinding) -> str:
    if binding.host_port:
        return f"publishes {binding}"
    family = "IPv6" if ":" in binding.host_ip else "IPv4"
    return f"publishes {binding.container_port}/{binding.protocol} on its own {family} address, without a host port"


def _endpoint(endpoint: Endpoint, network: Network | None) -> str:
    addresses = " and ".join(filter(None, (endpoint.ipv4, endpoint.ipv6))) or "no address"
    if network is None:
        return f"on network {endpoint.network_name}, which is gone, as {addresses}"
    return f"on {_kind(network)} {network.name} as {addresses}"


def _kind(network: Network) -> str:
    if network.driver != "bridge":
        return f"{network.driver} network"
    kind = "default bridge" if network.default else "user-defined bridge"
    modes = {mode for mode, used in ((network.mode4, network.subnet), (network.mode6, network.subnet6)) if used}
    notable = sorted(mode for mode in modes if mode is not GatewayMode.NAT)
    words = (["internal"] if network.internal else []) + [f"gateway mode {mode}" for mode in notable]
    return f"{kind} ({', '.join(words)})" if words else kind
