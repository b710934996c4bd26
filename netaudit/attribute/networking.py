"""What kind of networking a container has, which rules that brings, and what it means when there are none."""

from collections.abc import Iterator

from netaudit.model.docker import Container, Endpoint, GatewayMode, Inventory, Network, PortBinding
from netaudit.model.host import Host
from netaudit.model.version import Version

_SHARED = "container:"
_DIRECT_DROP = Version(28, 2)


def describe_networking(container: Container, inventory: Inventory) -> Iterator[str]:
    """Say which kind of networking a container has, network by network, and what it publishes."""
    mode = container.network_mode
    if mode == "host":
        yield "uses the host's network"
    elif mode.startswith(_SHARED):
        yield f"shares the network of container {_host_container(mode, inventory)}"
    elif mode == "none":
        yield "has no network"
    else:
        networks = {network.id: network for network in inventory.networks}
        for endpoint in container.endpoints:
            yield _endpoint(endpoint, networks.get(endpoint.network_id))
    for binding in container.bindings:
        yield f"publishes {binding}"
    if not container.running:
        yield "is not running"


def describe_silence(container: Container, inventory: Inventory, host: Host, *, has_rules: bool) -> Iterator[str]:
    """Say why a container, or a binding of it, has no rule, and what that means."""
    if not container.running:
        yield "It has no rule, for Docker writes rules for running containers only."
        return
    mode = container.network_mode
    if mode == "host":
        yield from _host_silence(host)
    elif mode.startswith(_SHARED):
        name = _host_container(mode, inventory)
        yield f"It has no rule of its own: whatever {name} publishes leads to its ports too; explain {name} for those."
    elif mode == "none":
        yield "It has no rule and needs none: it has a loopback interface only."
    else:
        yield from _bridge_silence(container, inventory, has_rules=has_rules)


def _bridge_silence(container: Container, inventory: Inventory, *, has_rules: bool) -> Iterator[str]:
    networks = {network.id: network for network in inventory.networks}
    own = [networks[end.network_id] for end in container.endpoints if end.network_id in networks]
    for network in own:
        if network.driver in ("macvlan", "ipvlan"):
            yield (
                f"On {network.name} ({network.driver}) its packets pass the parent interface and no rule of this host:"
                " every port it listens on is open to that network."
            )
    for binding in container.bindings:
        if ":" in binding.host_ip and not any(end.ipv6 for end in container.endpoints):
            yield _proxy_only(binding)
    if not has_rules and own and all(network.driver == "bridge" for network in own):
        yield _no_rule(own, Version.parse(inventory.version))


def _proxy_only(binding: PortBinding) -> str:
    return (
        f"The binding {binding} has no rule: the container has no IPv6 address, so docker-proxy alone serves it,"
        " past every FORWARD rule; INPUT rules decide."
    )


def _no_rule(networks: list[Network], version: Version) -> str:
    if all(network.internal for network in networks):
        return "It has no rule of its own: an internal network publishes nothing; the network's rules keep it closed."
    if version and version >= _DIRECT_DROP:
        return "It has no rule of its own, though this engine writes one for every endpoint in gateway mode nat."
    return (
        "It publishes nothing, so this engine writes no rule for it: its network's rules let it out, and its ports"
        " are reachable from the host, and from whoever can route to its address unless FORWARD drops that."
    )


def _host_silence(host: Host) -> Iterator[str]:
    yield "It has no rule: every port it listens on is a port of the host, and only the host's INPUT rules protect it."
    listeners = [one for one in host.listeners if "docker-proxy" not in one.programs]
    for one in listeners:
        address = f"[{one.address}]" if ":" in one.address else one.address
        programs = ", ".join(dict.fromkeys(one.programs)) or "a program that could not be seen"
        yield f"The host listens on {address}:{one.port}/{one.protocol} ({programs})."


def _host_container(mode: str, inventory: Inventory) -> str:
    wanted = mode.removeprefix(_SHARED)
    names = (one.name for one in inventory.containers if wanted == one.name or one.id.startswith(wanted))
    return next(names, wanted)


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
