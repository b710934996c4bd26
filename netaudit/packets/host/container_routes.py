"""By which bridge a container answers: the container's own routes decide, not the routes of the host.

web is on front and back, and its default route leads through front. A packet from a neighbour of the host to web's
address on back comes in by the bridge of back; the answer leaves by the bridge of front. A packet from a member of back
is answered by the bridge of back.
"""

import re
from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from typing import NamedTuple

from netaudit.model.default_route import default_route_endpoint
from netaudit.model.docker import Container, Endpoint, Inventory, Network
from netaudit.model.host import Ip
from netaudit.model.netfilter.family import Family
from netaudit.model.ranges import Range, Ranges, contains, single
from netaudit.model.version import Version
from netaudit.packets.host.destinations import number_of
from netaudit.packets.host.fib import Routing
from netaudit.packets.values.probe import parse_ip

ON_A_LINK = frozenset({"macvlan", "ipvlan"})
_MAC = re.compile("(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", re.IGNORECASE)


class ContainerRoutes(NamedTuple):
    """The bridges of a container's networks, with the addresses on each, and the bridge of its default route.

    The bridge of a network on a link of the host's (macvlan, ipvlan) is "". `default` is "" where the gateway is not
    this host, None where there is no default route.
    """

    near: tuple[tuple[Range, str], ...]
    default: str | None

    def way(self, address: int) -> str | None:
        """Return the bridge by which answers to an address leave."""
        found = (bridge for (first, last), bridge in self.near if first <= address <= last)
        return next(found, self.default)

    def is_beside(self, address: int) -> bool:
        """Tell whether an address is on a link that the container shares with the host."""
        return any(first <= address <= last and not bridge for (first, last), bridge in self.near)


def container_routes(inventory: Inventory | None, family: Family) -> dict[ContainerRoutes, Ranges]:
    """Return the routes of containers whose answers may leave by another bridge, with the addresses of each."""
    if inventory is None:
        return {}
    networks = {one.id: one for one in inventory.networks}
    version = Version.parse(inventory.version)
    found: dict[ContainerRoutes, list[int]] = {}
    for container in inventory.containers:
        ends = _endpoints(container, networks, family) if container.running else []
        default = default_route_endpoint(container.endpoints, networks, family, version)
        beside = any(networks[end.network_id].driver in ON_A_LINK for end in ends)
        if len(ends) > 1 or beside or any(end != default for end in ends):
            routes = _routes(ends, default, networks, family)
            numbers = [int(address) for end in ends if (address := parse_ip(_address(end, family)))]
            found.setdefault(routes, []).extend(numbers)
    return {routes: single(sorted(numbers)) for routes, numbers in found.items()}


def macs(inventory: Inventory | None, family: Family) -> dict[int, int]:
    """Return the hardware address of each container's address; none for one on several networks, or without one."""
    return {address: min(some) for address, some in all_macs(inventory, family).items() if len(some) == 1}


def all_macs(inventory: Inventory | None, family: Family) -> dict[int, frozenset[int]]:
    """Return for each container's address the hardware addresses from which it may answer: one for each network."""
    members = [one for network in inventory.networks for one in network.members] if inventory else []
    own: dict[str, list[str]] = {}
    for one in members:
        own.setdefault(one.container_id, []).append(one.mac)
    known = [one for one in members if all(map(_MAC.fullmatch, own[one.container_id]))]
    found = ((parse_ip((one.ipv4 if family == "ip" else one.ipv6).partition("/")[0]), one) for one in known)
    return {
        int(address): frozenset(int(mac.replace(":", ""), 16) for mac in own[one.container_id])
        for address, one in found
        if address
    }


def subnets(inventory: Inventory, family: Family) -> dict[str, Ranges]:
    """Return the subnets of Docker's bridges, also where the host has no address and no route there."""
    known = {one.bridge: _span(one, family) for one in inventory.networks if one.bridge}
    return {bridge: (span,) for bridge, span in known.items() if span is not None}


def bridges_of(inventory: Inventory) -> dict[object, str]:
    """Give the bridge that leads to each address of a running container, by the address's number."""
    return _by_address(inventory, {one.id: one.bridge for one in inventory.networks if one.bridge})


def parents_of(inventory: Inventory) -> dict[object, str]:
    """Give the interface on whose link a container without a bridge is, by the container's addresses."""
    return _by_address(inventory, {one.id: one.parent for one in inventory.networks if one.parent and not one.bridge})


def _by_address(inventory: Inventory, networks: Mapping[str, str]) -> dict[object, str]:
    if not networks:
        return {}
    return {
        number_of(address.partition("/")[0]): networks[end.network_id]
        for container in inventory.containers
        if container.running
        for end in container.endpoints
        if end.network_id in networks
        for address in (end.ipv4, end.ipv6)
        if address
    }


def is_on_link(routing: Routing, inventory: Inventory | None, interface: str, address: Ip) -> bool:
    """Tell whether an address is on the link of an interface: reached without a gateway, or in its bridge's subnet."""
    route = routing.route(address)
    own = any(one.ip == address for other in routing.interfaces.values() for one in other.addresses)
    if own or (route is not None and route.kind != "unicast"):
        return False
    if route is not None and any(hop.interface == interface and not hop.gateway for hop in route.hops):
        return True
    known = subnets(inventory, routing.family) if inventory else {}
    return contains(known.get(interface, ()), int(address))


def routes_of(known: Mapping[ContainerRoutes, Ranges], address: int) -> ContainerRoutes | None:
    """Return the routes of the container with an address; None where answers leave by the bridge of the question."""
    return next((routes for routes, ranges in known.items() if (address, address) in ranges), None)


def _endpoints(container: Container, networks: Mapping[str, Network], family: Family) -> list[Endpoint]:
    return [end for end in container.endpoints if end.network_id in networks and _address(end, family)]


def _routes(
    ends: Sequence[Endpoint], default: Endpoint | None, networks: Mapping[str, Network], family: Family
) -> ContainerRoutes:
    on = [networks[end.network_id] for end in ends]
    near = tuple((span, network.bridge) for network in on if (span := _span(network, family)) is not None)
    return ContainerRoutes(near, _gateway_bridge(networks[default.network_id], family) if default else None)


def _gateway_bridge(network: Network, family: Family) -> str:
    """Return the bridge at which the host is a network's gateway; "" where it has no address there."""
    return "" if network.inhibit_ipv4 and family is Family.IP else network.bridge


def _span(network: Network, family: Family) -> Range | None:
    subnet = network.subnet_of(family)
    if not subnet:
        return None
    known = ip_network(subnet)
    return int(known.network_address), int(known.broadcast_address)


def _address(end: Endpoint, family: Family) -> str:
    return end.address_of(family).partition("/")[0]
