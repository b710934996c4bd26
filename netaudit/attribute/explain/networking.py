"""What kind of networking a container has. netaudit.report.text.networking puts it into words."""

from enum import StrEnum

import msgspec

from netaudit.model.docker import Container, Endpoint, Inventory, Network, PortBinding

SHARED = "container:"


class NetworkingKind(StrEnum):
    """Whose network a container uses."""

    HOST = "host"
    SHARED = "shared"  # another container's
    NONE = "none"
    OWN = "own"


class Networking(msgspec.Struct, frozen=True):
    """A container's networking: `shared_with` names the container whose network it shares.

    The network of an endpoint is None where it is gone.
    """

    kind: NetworkingKind
    running: bool
    shared_with: str = ""
    endpoints: tuple[tuple[Endpoint, Network | None], ...] = ()
    bindings: tuple[PortBinding, ...] = ()


def find_networking(container: Container, inventory: Inventory) -> Networking:
    """Return what kind of networking a container has, network by network, and what it publishes."""
    mode, running, bindings = container.network_mode, container.running, container.bindings
    if mode == "host":
        return Networking(NetworkingKind.HOST, running, bindings=bindings)
    if mode.startswith(SHARED):
        owner = host_container(mode, inventory)
        name = owner.name if owner else mode.removeprefix(SHARED)
        return Networking(NetworkingKind.SHARED, running, name, bindings=bindings)
    if mode == "none":
        return Networking(NetworkingKind.NONE, running, bindings=bindings)
    networks = {network.id: network for network in inventory.networks}
    endpoints = tuple((one, networks.get(one.network_id)) for one in container.endpoints)
    return Networking(NetworkingKind.OWN, running, endpoints=endpoints, bindings=bindings)


def host_container(mode: str, inventory: Inventory) -> Container | None:
    """Return the container whose network another one shares, None where it is gone."""
    wanted = mode.removeprefix(SHARED)
    named = (one for one in inventory.containers if wanted == one.name or (wanted and one.id.startswith(wanted)))
    return next(named, None)
