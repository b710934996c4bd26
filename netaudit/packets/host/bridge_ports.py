"""Which port of a bridge is whose: a container's end of a veth pair is in a namespace that Docker does not number.

What is known: the ports of a bridge, the namespace that each port's other end is in (a number), and the members of
the network. A namespace is a container's, so it has a port on the bridges of that container's networks and on no
other: where only one container fits, the port is its. Else every port that may be its is named.
"""

from collections.abc import Mapping

from netaudit.model.docker import Container, Inventory
from netaudit.model.host import Host, Interface


def ports_of(host: Host, inventory: Inventory, container: Container, bridge: str) -> tuple[Interface, ...]:
    """Find the ports of a bridge that may be a container's: one where that is certain."""
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
