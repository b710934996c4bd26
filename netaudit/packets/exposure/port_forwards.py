"""Ports that NAT rules lead on although no container publishes them: an operator's, a routing mesh's, a stale rule's.

All that any zone sends and that gets a new destination is one set. What leads a published port to its container is in
the table already; the rest is cut by where it is led, until nothing is left. A tiny example:

    -A PREROUTING -p tcp --dport 8080 -j DNAT --to 172.17.0.2:80    web's own: -p 8080:80
    -A PREROUTING -p tcp --dport 2222 -j DNAT --to 172.17.0.2:22    an operator's

    led on, less what is web's     port 2222, to 172.17.0.2:22      one destination: web, by 0.0.0.0:2222
"""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from netaudit.model.docker import Inventory
from netaudit.model.exposure import Destination, DestinationKind, NatTarget
from netaudit.model.netfilter.match import Field
from netaudit.model.ranges import Ranges, contains, inside
from netaudit.packets.exposure.reachability import Reachability
from netaudit.packets.host.destinations import PORT_PROTOCOLS, WILDCARDS, is_wildcard
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.space import PacketSpace
from netaudit.packets.symbolic.encoding.host_sets import NEW_DADDR, NEW_DPORT

_SENT = (Field.PROTOCOL, Field.IIF, Field.SADDR, Field.DADDR, Field.SPORT, Field.DPORT)  # what a sender decides


class Owner(NamedTuple):
    """Whose an address is: a container's, or what else Docker gave it to."""

    id: str
    name: str
    network: str


NOBODY = Owner("", "", "")


def port_forwards(reach: Reachability, published: Iterable[Destination]) -> Iterator[Destination]:
    """List the destinations of one family that NAT rules lead to, but for published ports."""
    space = reach.world.space
    left = _led_on(reach) - space.union(_known(reach, published))
    owners = _owners(reach.inventory)
    while left:
        led = _leads(reach, left)
        group = left & reach.world.led_to(led)
        left -= group
        owner = owners.get(int(ip_address(led.addresses[0])), NOBODY)
        yield from (_destination(reach, part, owner, led) for part in _by_protocol(space, group))


def _leads(reach: Reachability, left: PacketSet) -> NatTarget:
    """Find where some packet of a set is led: to one place, or to one of several that the kernel chooses among."""
    space = reach.world.space
    example = space.values.example(left, (*_SENT, NEW_DADDR, NEW_DPORT)) or {}
    same = _same(space, left, example, _SENT)
    addresses = _around(space.values.ranges(same, NEW_DADDR), example[NEW_DADDR])
    if addresses == (example[Field.DADDR],) * 2:  # a rule that writes the port alone leads each address to itself
        others = [field for field in _SENT if field is not Field.DADDR]
        kept = _same(space, left & space.copied(Field.DADDR, NEW_DADDR), example, others)
        addresses = _around(space.values.ranges(kept, NEW_DADDR), example[NEW_DADDR])
    group = left & space.in_ranges(NEW_DADDR, (addresses,)) & reach.world.led
    ports = _around(space.values.ranges(same, NEW_DPORT), example[NEW_DPORT])
    first, last = (_written(number, reach.family) for number in addresses)
    return NatTarget((first, last), None if _keeps_ports(space, group) else ports)


def _same(space: PacketSpace, packets: PacketSet, example: Mapping[str, int], fields: Iterable[Field]) -> PacketSet:
    """Return the packets that are in some fields as one of them is."""
    for field in fields:
        packets = packets & space.equal(field, example[field])
    return packets


def _around(ranges: Ranges, number: int) -> tuple[int, int]:
    """Find the range that a number is in."""
    return next(one for one in ranges if contains((one,), number))


def _by_protocol(space: PacketSpace, packets: PacketSet) -> Iterator[PacketSet]:
    parts = (packets & space.equal(Field.PROTOCOL, number) for number in PORT_PROTOCOLS.values())
    yield from (part for part in parts if part)


def _led_on(reach: Reachability) -> PacketSet:
    """Return all packets of any zone that a NAT rule may lead elsewhere, whatever becomes of them."""
    ways = (reach.from_wire, reach.from_host)
    ends = [some.possible for way in ways for some in (way.forwarded, way.local, way.dropped)]
    return reach.world.space.union(ends) & reach.world.led


def _owners(inventory: Inventory) -> dict[int, Owner]:
    """Give, for each address that Docker gave out, whose it is."""
    members = [
        (address, Owner(one.container_id, one.name, network.name))
        for network in inventory.networks
        for one in network.members
        for address in (one.ipv4, one.ipv6)
    ]
    ends = [
        (address, Owner(one.id, one.name, end.network_name))
        for one in inventory.containers
        if one.running
        for end in one.endpoints
        for address in (end.ipv4, end.ipv6)
    ]
    return {int(ip_address(address.partition("/")[0])): whose for address, whose in (*members, *ends) if address}


def _keeps_ports(space: PacketSpace, group: PacketSet) -> bool:
    """Tell whether several ports are led on, each to the same."""
    ports = space.values.ranges(group, NEW_DPORT)
    return ports[0][0] != ports[-1][1] and not group - space.copied(Field.DPORT, NEW_DPORT)


def _known(reach: Reachability, published: Iterable[Destination]) -> Iterator[PacketSet]:
    """Yield what leads to each published port."""
    space = reach.world.space
    for one in published:
        if one.binding is not None and one.family == reach.family:
            asked = space.equal(Field.PROTOCOL, PORT_PROTOCOLS[one.protocol]) & space.in_ranges(Field.DPORT, one.ports)
            if not is_wildcard(one.address):
                asked &= space.equal(Field.DADDR, int(ip_address(one.address)))
            yield asked & reach.containers.at_port(one.container_id, one.binding.container_port)
    yield space.nothing


def _destination(reach: Reachability, group: PacketSet, owner: Owner, led: NatTarget) -> Destination:
    space = reach.world.space
    protocol = next(name for name, number in PORT_PROTOCOLS.items() if group & space.equal(Field.PROTOCOL, number))
    ports = led.ports or (0, 0)
    taking = reach.sockets.taking(protocol, led.addresses[0], ports[0]) if not owner.name else ()
    return Destination(
        kind=DestinationKind.FORWARDED_PORT,
        family=reach.family,
        protocol=protocol,
        address=_asked_address(space.values.ranges(group, Field.DADDR), reach),
        ports=space.values.ranges(group, Field.DPORT),
        container_id=owner.id,
        container_name=owner.name,
        network_name=owner.network,
        programs=tuple(dict.fromkeys(program for one in taking for program in one.programs)),
        led=led,
    )


def _asked_address(ranges: Ranges, reach: Reachability) -> str:
    """Name the address that packets are sent to; the wildcard where any of the host's will do."""
    first, last = ranges[0]
    if len(ranges) == 1 and first == last:
        return _written(first, reach.family)
    if inside(reach.zones.link_addresses, ranges):
        return WILDCARDS[reach.family]
    own = [number for number, _ in reach.zones.link_addresses] + list(reach.world.ranges.own_addresses)
    mine = [number for number in own if inside(((number, number),), ranges)]
    return _written((*mine, first)[0], reach.family)


def _written(number: int, family: str) -> str:
    return str(IPv4Address(number) if family == "ip" else IPv6Address(number))
