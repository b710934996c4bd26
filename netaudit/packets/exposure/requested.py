"""The part of a host that is asked about, and all packets that may get there: no others have to be led through rules.

    asked about: db, 172.17.0.3      what is sent to 172.17.0.3, and what is sent to port 8080, wherever it is sent
    -A DOCKER -p tcp --dport 8080 -j DNAT --to 172.17.0.3:5432

A superset is enough: what a packet meets on its way does not depend on which others are looked at.
"""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address

import msgspec

from netaudit.model.docker import Inventory
from netaudit.model.exposure import Destination, DestinationKind
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import Program
from netaudit.model.netfilter.statement import Nat, NatKind
from netaudit.model.ranges import Range, Ranges, overlaps, single
from netaudit.packets.exposure.openings import leaves
from netaudit.packets.exposure.reachability import Reachability
from netaudit.packets.host.destinations import PORT_PROTOCOLS, is_wildcard, number_of
from netaudit.packets.sets.bdd import PacketSet


class Requested(msgspec.Struct, frozen=True):
    """Containers, by their ids, and whether what listens on the host itself is asked about too."""

    containers: frozenset[str]
    listeners: bool = False

    def wants(self, to: Destination) -> bool:
        """Tell whether a destination is of what is asked about."""
        return to.container_id in self.containers or (self.listeners and to.kind is DestinationKind.HOST_LISTENER)


def sent_there(reach: Reachability, program: Program, requested: Requested, known: Iterable[Destination]) -> PacketSet:
    """Return all packets that are sent to destinations that are asked about, and all that NAT may lead to containers.

    Rules that lead to one of its addresses are taken as if nothing but protocol and port stood before them.
    """
    space = reach.world.space
    parts = [_sent_to(reach, one) for one in known if one.family == reach.family and requested.wants(one)]
    for protocols, ports in _nat_to(program, reach, _addresses(reach.inventory, requested)):
        part = space.in_ranges(Field.DPORT, ports) if ports else space.everything
        parts.append(part & space.in_ranges(Field.PROTOCOL, protocols) if protocols else part)
    return space.union(parts)


def _sent_to(reach: Reachability, to: Destination) -> PacketSet:
    space = reach.world.space
    there = space.equal(Field.PROTOCOL, PORT_PROTOCOLS[to.protocol]) & space.in_ranges(Field.DPORT, to.ports)
    if is_wildcard(to.address):
        return there
    return there & space.equal(Field.DADDR, number_of(to.address))


def _addresses(inventory: Inventory, requested: Requested) -> Ranges:
    """List the addresses of containers that are asked about, as their endpoints or their networks give them."""
    ends = [
        (end.ipv4, end.ipv6) for one in inventory.containers if one.id in requested.containers for end in one.endpoints
    ]
    members = [
        one for network in inventory.networks for one in network.members if one.container_id in requested.containers
    ]
    written = (address for pair in (*ends, *((one.ipv4, one.ipv6) for one in members)) for address in pair)
    return single(sorted({int(ip_address(one.partition("/")[0])) for one in written if one}))


def _nat_to(program: Program, reach: Reachability, to: Ranges) -> Iterator[tuple[Ranges | None, Ranges | None]]:
    """Yield protocols and ports of each rule that leads to one of some addresses; None for all of them."""
    for table in program.tables if to else ():
        for chain in table.chains.values() if table.family in (reach.family, "inet") else ():
            for rule in chain.rules:
                for leaf in leaves(rule.meaning):
                    if any(isinstance(one, Nat) and _leads(one, to) for one in leaf.statements):
                        yield leaf.ranges(Field.PROTOCOL), leaf.ranges(Field.DPORT)


def _leads(nat: Nat, to: Ranges) -> bool:
    where: Range | None = nat.addresses if nat.kind is NatKind.DNAT else None
    return where is not None and overlaps(to, where)
