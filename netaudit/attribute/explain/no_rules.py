"""Why a container, or a binding of it, has no rule, and what that means."""

from collections.abc import Iterator

import msgspec

from netaudit.model.address_text import with_port
from netaudit.model.docker import Container, Endpoint, GatewayMode, Inventory, Network, PortBinding
from netaudit.model.host import Host
from netaudit.model.version import Version

SHARED = "container:"
_DIRECT_DROP = Version(28, 2)


class RulesWritten(msgspec.Struct, frozen=True):
    """The address families in which there are rules: because of the container, and of Docker's at all."""

    for_it: frozenset[str]
    at_all: frozenset[str]


class _Placed(msgspec.Struct, frozen=True):
    """An endpoint on a network that is there, with the gateway modes of the families that it uses."""

    endpoint: Endpoint
    network: Network

    @property
    def modes(self) -> frozenset[GatewayMode]:
        network, end = self.network, self.endpoint
        return frozenset(mode for mode, address in ((network.mode4, end.ipv4), (network.mode6, end.ipv6)) if address)


def explain_no_rules(container: Container, inventory: Inventory, host: Host, written: RulesWritten) -> Iterator[str]:
    """Say why a container, or a binding of it, has no rule, and what that means."""
    if not container.running:
        yield "It has no rule, for Docker writes rules for running containers only."
        return
    mode = container.network_mode
    if mode == "host":
        yield from _host(host)
    elif mode.startswith(SHARED):
        yield from _guest(mode, inventory, host)
    elif mode == "none":
        yield "It has no rule and needs none: it has a loopback interface only."
    else:
        yield from _on_networks(container, inventory, written)


def host_container(mode: str, inventory: Inventory) -> Container | None:
    """Find the container whose network another one shares."""
    wanted = mode.removeprefix(SHARED)
    those = (one for one in inventory.containers if wanted == one.name or (wanted and one.id.startswith(wanted)))
    return next(those, None)


def _guest(mode: str, inventory: Inventory, host: Host) -> Iterator[str]:
    owner = host_container(mode, inventory)
    name = owner.name if owner else mode.removeprefix(SHARED)
    if owner and owner.network_mode == "host":
        yield from _host(host)
    else:
        yield f"It has no rule of its own: whatever {name} publishes leads to its ports too; explain {name} for those."


def _host(host: Host) -> Iterator[str]:
    yield "It has no rule: every port it listens on is a port of the host, and only the host's INPUT rules protect it."
    listeners = [one for one in host.listeners if "docker-proxy" not in one.programs]
    for one in listeners:
        programs = ", ".join(dict.fromkeys(one.programs)) or "a program that could not be seen"
        yield f"The host listens on {with_port(one.address, one.port)}/{one.protocol} ({programs})."


def _on_networks(container: Container, inventory: Inventory, written: RulesWritten) -> Iterator[str]:
    networks = {network.id: network for network in inventory.networks}
    placed = [_Placed(end, networks[end.network_id]) for end in container.endpoints if end.network_id in networks]
    for one in placed:
        yield from _on_network(one)
    has_ipv6 = any(end.ipv6 for end in container.endpoints)
    yield from (_proxy_only(one) for one in container.bindings if ":" in one.host_ip and not has_ipv6)
    bridges = [one for one in placed if one.network.driver == "bridge"]
    if "ip" in written.at_all and "ip6" not in written.at_all:
        yield from (_no_ipv6(one) for one in bridges if one.endpoint.ipv6 and not one.network.internal)
    if not written.for_it and bridges and len(bridges) == len(placed):
        yield _no_rule(container, bridges, Version.parse(inventory.version), written)


def _on_network(one: _Placed) -> Iterator[str]:
    """Say what a network does that rules do not show."""
    network, name = one.network, one.network.name
    match network.driver:
        case "macvlan" | "ipvlan":
            yield (
                f"On {name} ({network.driver}) its packets pass the parent interface and no rule of this host:"
                " every port it listens on is open to that network."
            )
        case "overlay":
            yield (
                f"On {name} (overlay) its packets travel between the hosts of the swarm: rules are written for an"
                " encrypted network only, and what the swarm publishes enters by its routing mesh."
            )
        case "bridge":
            yield from _on_bridge(one)
        case _:
            yield f"On {name} its packets are left to the driver {network.driver}: its rules are not Docker's."


def _on_bridge(one: _Placed) -> Iterator[str]:
    if GatewayMode.NAT_UNPROTECTED in one.modes:
        yield (
            f"{one.network.name} is in gateway mode nat-unprotected: every port it listens on, published or not, is"
            " open to whoever can route to its address."
        )
    if GatewayMode.ROUTED in one.modes:
        yield (
            f"{one.network.name} is in gateway mode routed: its published ports have no host port, whoever can route"
            " to its address reaches them there."
        )


def _proxy_only(binding: PortBinding) -> str:
    return (
        f"The binding {binding} has no rule: the container has no IPv6 address, so docker-proxy alone serves it,"
        " past every FORWARD rule; INPUT rules decide."
    )


def _no_ipv6(one: _Placed) -> str:
    return (
        f"Nothing of Docker's filters IPv6 here (ip6tables is off, as it is before 27.0 unless switched on): every port"
        f" it listens on at {one.endpoint.ipv6} is open to whoever can route to it, and docker-proxy alone serves"
        " its IPv6 bindings."
    )


def _no_rule(container: Container, bridges: list[_Placed], version: Version, written: RulesWritten) -> str:
    if all(one.network.internal for one in bridges):
        return "It has no rule of its own: an internal network publishes nothing; the network's rules keep it closed."
    if not written.at_all:
        return (
            "No rule of Docker's is here: they were flushed, the engine was told --iptables=false, or it is rootless"
            " and writes them in a network namespace of its own. Unless it is, docker-proxy alone serves what it"
            " publishes, and its ports are open to whoever can route to its address."
        )
    if version >= _DIRECT_DROP and any(GatewayMode.NAT in one.modes for one in bridges if not one.network.internal):
        return (
            "It has no rule of its own, though this engine writes one for every endpoint in gateway mode nat, unless"
            " it was told --allow-direct-routing: its ports are open to whoever can route to its address."
        )
    if any(binding.host_port for binding in container.bindings if ":" not in binding.host_ip):
        return "It publishes ports, yet has no rule: docker-proxy alone serves them."
    return (
        "It publishes nothing, so this engine writes no rule for it: its network's rules let it out, and its ports"
        " are reachable from the host, and from whoever can route to its address unless FORWARD drops that."
    )
