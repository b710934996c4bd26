"""Which port of a bridge leads to which container, and which packets pass between two ports.

The kernel shows the ports of a bridge and, as a number, the namespace of the other end of each veth pair. Docker does
not show the number of a container's namespace. But a namespace has ports on exactly the bridges of its container's
networks: the ports whose namespace fits are returned, and all ports of the bridge where none fits.
"""

from collections.abc import Mapping
from ipaddress import ip_address

from netaudit.model.docker import Container, Inventory
from netaudit.model.host import Host, Interface
from netaudit.model.netfilter.match import Field
from netaudit.packets.host.fib import Routing
from netaudit.packets.values.packet import SOME_PORT, Packet


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


def turned_back(packet: Packet, routing: Routing, inventory: Inventory | None) -> Packet | None:
    """Return a packet with a new destination on the bridge that it came by as FORWARD sees it; None for any other.

    Where br_netfilter shows bridged packets to IP's hooks, the bridge hands it to its new receiver itself, and rules
    see both ports (br_nf_pre_routing_finish() in the kernel's net/bridge/br_netfilter_hooks.c).
    """
    bridge, filtered = routing.interfaces.get(packet.name(Field.OIF)), routing.sysctls.filters_bridged()
    own = bridge is not None and bridge.kind == "bridge" and packet.name(Field.IIF) == bridge.name
    if not own or filtered is False:
        return None
    if filtered is None:
        return packet.changed({Field.PHYSOUT: None, Field.TTL: None})
    return packet.changed({Field.PHYSOUT: _port_to(packet, routing, inventory)})


def _port_to(packet: Packet, routing: Routing, inventory: Inventory | None) -> str:
    """Name the port behind which the receiver is; `SOME_PORT` where it may be behind several."""
    number = packet.number(Field.DADDR)
    if inventory is None or number is None:
        return SOME_PORT
    address = str(ip_address(number))
    found = (one for one in inventory.containers if one.running and _has(one, address, routing))
    container = next(found, None)
    ports = ports_of(routing.host, inventory, container, packet.name(Field.OIF)) if container else ()
    return ports[0].name if len(ports) == 1 else SOME_PORT


def _has(container: Container, address: str, routing: Routing) -> bool:
    return any(end.address_of(routing.family) == address for end in container.endpoints)
