"""By which bridge a container answers: its own routes decide, not those of the host.

web is on front and back, its default route leads through front. What a neighbour sends to its address on back comes in
by back's bridge, and its answer leaves by front's; what a member of back sends is answered by back's.
"""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import NamedTuple

from netaudit.model.docker import Container, Endpoint, Inventory, Network
from netaudit.model.host import Ip
from netaudit.packets.host.fib import Routing
from netaudit.packets.values.probe import parse_ip
from netaudit.packets.values.ranges import Ranges


class ContainerRoutes(NamedTuple):
    """The bridges of a container's networks, with the addresses on each, and the one of its default route.

    `default` is "" for a network without a bridge, None where there is no default route.
    """

    near: tuple[tuple[tuple[int, int], str], ...]
    default: str | None

    def way(self, address: int) -> str | None:
        """Name the bridge that answers to an address leave by."""
        found = (bridge for (first, last), bridge in self.near if first <= address <= last)
        return next(found, self.default)


def container_routes(inventory: Inventory | None, family: str) -> dict[ContainerRoutes, Ranges]:
    """Give the addresses of containers whose answers may not leave as what they answer came: by their home."""
    if inventory is None:
        return {}
    networks = {one.id: one for one in inventory.networks}
    found: dict[ContainerRoutes, list[tuple[int, int]]] = {}
    for container in inventory.containers:
        ends = _ends(container, networks, family) if container.running else []
        home = _home(ends, family) if len(ends) > 1 or not all(_gateway(end, family) for end, _ in ends) else None
        if home is not None:
            numbers = [int(address) for end, _ in ends if (address := parse_ip(_address(end, family)))]
            found.setdefault(home, []).extend((number, number) for number in numbers)
    return {home: tuple(sorted(ranges)) for home, ranges in found.items()}


def subnets(inventory: Inventory, family: str) -> dict[str, Ranges]:
    """Give the subnets of Docker's bridges: they are theirs also where the host has no address there, and no route."""
    known = {one.bridge: _span(one, family) for one in inventory.networks if one.bridge}
    return {bridge: (span,) for bridge, span in known.items() if span is not None}


def is_on_link(routing: Routing, inventory: Inventory | None, interface: str, address: Ip) -> bool:
    """Tell whether an address is on the link of an interface: reached without a gateway, or in its bridge's subnet."""
    route = routing.route(address)
    own = any(one.ip == address for other in routing.interfaces.values() for one in other.addresses)
    if own or (route is not None and route.kind != "unicast"):
        return False
    if route is not None and any(hop.interface == interface and not hop.gateway for hop in route.hops):
        return True
    known = subnets(inventory, routing.family) if inventory else {}
    return any(first <= int(address) <= last for first, last in known.get(interface, ()))


def routes_of(known: Mapping[ContainerRoutes, Ranges], address: int) -> ContainerRoutes | None:
    """Find the home of an address; None where answers leave as what they answer came."""
    return next((home for home, ranges in known.items() if (address, address) in ranges), None)


def _ends(container: Container, networks: Mapping[str, Network], family: str) -> list[tuple[Endpoint, Network]]:
    found = [(end, networks[end.network_id]) for end in container.endpoints if end.network_id in networks]
    return [(end, network) for end, network in found if _address(end, family)]


def _home(ends: list[tuple[Endpoint, Network]], family: str) -> ContainerRoutes | None:
    near = [(_span(network, family), network.bridge) for _, network in ends]
    known = tuple((span, bridge) for span, bridge in near if span is not None)
    ways = sorted(
        (network.internal, -end.priority, network.name, network.bridge)
        for end, network in ends
        if _gateway(end, family)
    )
    return ContainerRoutes(known, ways[0][-1] if ways else None)


def _span(network: Network, family: str) -> tuple[int, int] | None:
    subnet = network.subnet if family == "ip" else network.subnet6
    if not subnet:
        return None
    known = ip_network(subnet)
    return int(known.network_address), int(known.broadcast_address)


def _address(end: Endpoint, family: str) -> str:
    return (end.ipv4 if family == "ip" else end.ipv6).partition("/")[0]


def _gateway(end: Endpoint, family: str) -> str:
    return end.gateway if family == "ip" else end.gateway6
