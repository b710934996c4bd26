"""What kind of networking a container has, network by network."""

from collections.abc import Iterator

from netaudit.attribute.explain.no_rules import SHARED, host_container
from netaudit.model.docker import Container, Endpoint, GatewayMode, Inventory, Network, PortBinding


def describe_networking(container: Container, inventory: Inventory) -> Iterator[str]:
    """Say which kind of networking a container has, network by network, and what it publishes."""
    mode = container.network_mode
    if mode == "host":
        yield "uses the host's network"
    elif mode.startswith(SHARED):
        owner = host_container(mode, inventory)
        yield f"shares the network of container {owner.name if owner else mode.removeprefix(SHARED)}"
    elif mode == "none":
        yield "has no network"
    else:
        networks = {network.id: network for network in inventory.networks}
        for endpoint in container.endpoints:
            yield _endpoint(endpoint, networks.get(endpoint.network_id))
    for binding in container.bindings:
        yield _publishes(binding)
    if not container.running:
        yield "is not running"


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
