"""Zones, where packets come from: derived from a host's interfaces, routes and inventory.

Internet       by the interface of the default route; senders are all addresses but private ones and neighbours
LAN            by each link of its own; senders are the neighbours on it, and a neighbour may send to any address,
               also to a container's or to 127.0.0.1, by routing it to this host
host           what programs of the host, and of containers in its network, send
network        by the network's bridge; senders are its addresses but the bridge's own
container      by the network's bridge; sender is the container
"""

from collections.abc import Iterable, Iterator
from functools import cache
from ipaddress import ip_address, ip_network
from typing import NamedTuple

import msgspec

from netaudit.model.docker import Container, Inventory, Network, is_docker_bridge
from netaudit.model.exposure import Zone, ZoneKind
from netaudit.model.host import Host, Interface, IpNetwork
from netaudit.model.netfilter.family import ADDRESS_BITS, Family
from netaudit.model.ranges import Ranges, common, contains, joined, without
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.policy.rules import PolicyRouting

# Addresses that the Internet does not route (RFC 1122, 1918, 3927, 6598, 4193, 4291), multicast and reserved ones.
_NOT_ROUTED = {
    "ip": (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3"),
    ),
    "ip6": ("::/3", "4000::/2", "8000::/1"),  # all but 2000::/3, of which IANA allocates what is routed
}
NOT_ROUTED = {family: tuple(ip_network(one) for one in networks) for family, networks in _NOT_ROUTED.items()}

CLIENT_PORTS = ((1024, 65535),)  # the ports that programs of the host send from; an attacker outside may send from any


class Senders(msgspec.Struct, frozen=True):
    """Addresses of one family that are zones of their own, called by a name.

    `beyond`: also where they are private ones behind an uplink, which no other zone has.
    """

    name: str
    family: Family
    addresses: Ranges
    beyond: bool = True


class ZoneChoice(msgspec.Struct, frozen=True):
    """What the operator says about the zones, in place of what is derived.

    `uplinks` and `links` name interfaces. None: uplinks by the default routes, and links of all interfaces that no
    container uses. `containers`: each container is a zone too, beside the zone of its network. The senders of each of
    `sources` are zones too, one for each place that they send from.
    """

    uplinks: tuple[str, ...] | None = None
    links: tuple[str, ...] | None = None
    containers: bool = False
    sources: tuple[Senders, ...] = ()


class Origin(msgspec.Struct, frozen=True):
    """A zone's packets of one family: the interface that they come in by ("" for the host's own), and their senders.

    `on_link`: its members have no route beyond their own network.
    """

    zone: Zone
    interface: str
    senders: Ranges
    on_link: bool = False


def origins(host: Host, inventory: Inventory | None, family: Family, choice: ZoneChoice) -> tuple[Origin, ...]:
    """Return the zones of a host that have packets of a family, in the order of the exposure table."""
    place = _HostPlaces(host, inventory or Inventory(partial=True), family, choice)
    found = (*place.internet(), *place.links(), place.host_itself(), *place.networks(), *place.sources())
    return tuple(one for one in found if one.senders)


def is_routed(address: int, family: Family) -> bool:
    """Tell whether the Internet routes an address."""
    return not contains(_not_routed(family), address)


@cache
def _not_routed(family: Family) -> Ranges:
    return as_ranges(NOT_ROUTED[family])


def as_ranges(networks: Iterable[IpNetwork]) -> Ranges:
    """Return networks as ranges of numbers, sorted and joined."""
    return joined((int(network.network_address), int(network.broadcast_address)) for network in networks)


def _machines(networks: Iterable[IpNetwork]) -> Ranges:
    """Return the addresses of machines in networks, as ranges: without network and broadcast addresses."""
    known = list(networks)
    ends = [(int(one.network_address), int(one.broadcast_address)) for one in known if one.num_addresses > 2]
    return without(as_ranges(known), joined((end, end) for pair in ends for end in pair))


def _bridges(host: Host, inventory: Inventory) -> set[str]:
    """Name the bridges of Docker's networks; where not all networks are known, also what is named like one."""
    named = {one.name for one in host.interfaces if inventory.partial and is_docker_bridge(one.name)}
    return named | {network.bridge for network in inventory.networks if network.bridge}


def _narrowed(origin: Origin, meant: Ranges, source: Senders) -> Origin:
    """Return a zone with no other senders than what is meant."""
    zone = msgspec.structs.replace(origin.zone, within=source.name)
    return msgspec.structs.replace(origin, zone=zone, senders=common(origin.senders, meant))


class _Member(NamedTuple):
    container: Container
    address: str
    gateway: str


def _members(inventory: Inventory, network: Network, family: Family) -> list[_Member]:
    """Return the running containers of a network that have an address of a family on it."""
    found = [
        _Member(container, end.address_of(family), end.gateway_of(family))
        for container in inventory.containers
        if container.running
        for end in container.endpoints
        if end.network_id == network.id
    ]
    return [member for member in found if member.address]


class _HostPlaces:
    """One host and family."""

    def __init__(self, host: Host, inventory: Inventory, family: Family, choice: ZoneChoice) -> None:
        self._routing, self._family, self._choice = Routing(host, family), family, choice
        self._routes = PolicyRouting(self._routing).routes
        self._inventory, self._host = inventory, host
        self._bridges = _bridges(host, inventory)
        own = (int(ip) for one in host.interfaces for ip in self._routing.addresses(one))
        self._own = joined((number, number) for number in own)

    def internet(self) -> Iterator[Origin]:
        """Return one zone for all uplinks; without a choice these are the interfaces of the default routes."""
        everything = ((0, (1 << ADDRESS_BITS[self._family]) - 1),)
        senders = without(without(without(everything, as_ranges(NOT_ROUTED[self._family])), self._near()), self._own)
        for name in self._uplinks():
            yield Origin(Zone(ZoneKind.INTERNET), name, senders)

    def sources(self) -> Iterator[Origin]:
        """Return the zones of the senders in each source: neighbours, members of networks, and those beyond an uplink.

        Private addresses beyond an uplink are no part of the Internet: they send as neighbours do, by their router.
        """
        places = (*self.links(), *self.networks())
        for source in self._choice.sources:
            if source.family != self._family:
                continue
            meant = without(source.addresses, self._own)
            for one in places:
                if one.zone.kind is not ZoneKind.CONTAINER:
                    yield _narrowed(one, meant, source)
            private, beyond = as_ranges(NOT_ROUTED[self._family]), without(meant, self._near())
            for name in self._uplinks():
                yield _narrowed(Origin(Zone(ZoneKind.INTERNET), name, without(beyond, private)), meant, source)
                if source.beyond:
                    yield _narrowed(Origin(Zone(ZoneKind.LAN, name), name, common(beyond, private)), meant, source)

    def _uplinks(self) -> tuple[str, ...]:
        if self._choice.uplinks is not None:
            return self._choice.uplinks
        known = {one.name for one in self._candidates()}
        return tuple(dict.fromkeys(name for name in self._default_interfaces() if name in known))

    def _near(self) -> Ranges:
        return as_ranges(subnet for one in self._routing.interfaces.values() for subnet in self._subnets(one))

    def links(self) -> Iterator[Origin]:
        """Return a zone for each link."""
        for one in self._candidates():
            if self._choice.links is None or one.name in self._choice.links:
                senders = without(_machines(self._subnets(one)), self._own)
                yield Origin(Zone(ZoneKind.LAN, one.name), one.name, senders)

    def host_itself(self) -> Origin:
        """Return the zone of the host's own packets."""
        return Origin(Zone(ZoneKind.HOST), "", self._own)

    def networks(self) -> Iterator[Origin]:
        """Return a zone for each network with members, and for each member where the operator wants it."""
        for network in self._inventory.networks:
            members = _members(self._inventory, network, self._family)
            if network.bridge not in self._routing.interfaces or not members:
                continue
            on_link = not any(member.gateway for member in members)
            senders = self._inside(network, members)
            yield Origin(Zone(ZoneKind.NETWORK, network.name), network.bridge, senders, on_link)
            for member in members if self._choice.containers else ():
                number = int(ip_address(member.address))
                zone = Zone(ZoneKind.CONTAINER, member.container.name)
                yield Origin(zone, network.bridge, ((number, number),), not member.gateway)

    def _inside(self, network: Network, members: list[_Member]) -> Ranges:
        subnet = network.subnet_of(self._family)
        inside = [ip_network(subnet)] if subnet else [ip_network(member.address) for member in members]
        return without(_machines(inside), self._own)

    def _candidates(self) -> list[Interface]:
        """Return the interfaces that lead to neighbours: up, and neither loopback, a bridge's port nor a container's.

        An interface with only a link-local address leads to no network: it may be the left-over end of a veth pair of
        a removed container.
        """
        return [
            one
            for one in self._routing.interfaces.values()
            if one.up and one.name != "lo" and not one.master and one.name not in self._bridges and self._leads(one)
        ]

    def _leads(self, interface: Interface) -> bool:
        """Tell whether an interface has an address or a route of more than the link."""
        if any(not address.ip.is_link_local for address in interface.addresses):
            return True
        routes = [route for route in self._host.routes if not route.network.is_link_local and route.kind == "unicast"]
        return any(hop.interface == interface.name for route in routes for hop in route.hops)

    def _default_interfaces(self) -> Iterator[str]:
        for route in self._routes:
            if route.network.prefixlen == 0 and route.kind == "unicast":
                own = route in self._routing.routes  # of a further table, a tunnel is no uplink
                yield from (hop.interface for hop in route.hops if own or hop.gateway)

    def _subnets(self, interface: Interface) -> Iterator[IpNetwork]:
        """Return where an interface's neighbours are: its routes without a gateway, and its gateways."""
        for route in self._routes:
            for hop in route.hops:
                if hop.interface != interface.name or route.kind != "unicast":
                    continue
                if hop.gateway and (":" in hop.gateway) == (self._family == "ip6"):
                    yield ip_network(hop.gateway)
                elif not hop.gateway and route.network.prefixlen:
                    yield route.network
