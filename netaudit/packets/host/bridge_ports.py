"""Which port of a bridge leads to which container.

The kernel shows the ports of a bridge and, as a number, the namespace of the other end of each veth pair. Docker does
not show the number of a container's namespace. But a namespace has ports on exactly the bridges of its container's
networks: the ports whose namespace fits are returned, and all ports of the bridge where none fits.
"""

from collections.abc import Mapping

from netaudit.model.docker import Container, Inventory
from netaudit.model.host import Host, Interface


def ports_of(host: Host, inventory: Inventory, container: Container, bridge: str) -> tuple[Interface, ...]:
    """Return the ports of a bridge that may lead to a container: one where that is certain."""
    places = _bridges_of_namespaces(host)
    own = _bridges_of(inventory, container)
    ports = [one for one in host.interfaces if one.master == bridge and one.peer_elsewhere]
    fitting = tuple(one for one in ports if places.get(one.namespace, frozenset()) == own)
    return fitting or tuple(ports)


def _bridges_of_namespaces(host: Host) -> Mapping[int | None, frozenset[str]]:
    found: dict[int | None, set[str]] = {}
    for one in host.interfaces:
        if one.master and one.peer_elsewhere:
            found.setdefault(one.namespace, set()).add(one.master)
    return {namespace: frozenset(bridges) for namespace, bridges in found.items()}


def _bridges_of(inventory: Inventory, container: Container) -> frozenset[str]:
    bridges = {network.id: network.bridge for network in inventory.networks}
    return frozenset(bridges.get(one.network_id, "") for one in container.endpoints) - {""}
