"""All ways of one family's packets through a host, computed once; then who reaches what is an intersection.

Three traversals hold everything: what comes in by wires, what the host sends, and what bridges pass on between their
ports. Each starts with all packets of all zones at once; a zone's are told apart by interface and sender afterwards.
"""

from collections.abc import Iterable
from functools import cached_property, lru_cache
from ipaddress import ip_address

from netaudit.errors import UsageError
from netaudit.model.docker import Inventory, Network
from netaudit.model.exposure import Destination, DestinationKind, Outcome, ZoneKind
from netaudit.model.family import Family, family_of
from netaudit.model.host import Host
from netaudit.model.match import CtState, Field
from netaudit.model.program import Program
from netaudit.model.ranges import Ranges, inside, single
from netaudit.packets.exposure.dispositions import Dispositions, dispositions_of
from netaudit.packets.exposure.examples import readable
from netaudit.packets.host.container_routes import container_routes, subnets
from netaudit.packets.host.destinations import PORT_PROTOCOLS
from netaudit.packets.host.members import Members
from netaudit.packets.host.sockets import Sockets
from netaudit.packets.host.zones import CLIENT_PORTS, NOT_ROUTED, Origin, ZoneChoice, as_ranges, origins
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.symbolic.decision import Decision
from netaudit.packets.symbolic.encoders import Encoders
from netaudit.packets.symbolic.fields import asked_fields
from netaudit.packets.symbolic.host_sets import (
    DECISION,
    LOOPBACK,
    LOOPBACK_NET,
    NEW_DADDR,
    NEW_DPORT,
    TRANSLATED,
    HostSets,
    Translated,
)
from netaudit.packets.symbolic.neighbour_discovery import undiscovered
from netaudit.packets.symbolic.pipeline import Traversal
from netaudit.packets.values.probe import PROTOCOLS

_SYN = 2  # the flags of a TCP connection's first packet
_LINKS = "`ip link` lists them; what a bridge's port receives comes in by the bridge"
_OF_NETWORKS = frozenset({ZoneKind.NETWORK, ZoneKind.CONTAINER})


class Reachability:
    """Where the packets of a host's zones come, in one family."""

    def __init__(
        self, host: Host, inventory: Inventory | None, program: Program, family: Family, choice: ZoneChoice
    ) -> None:
        self.host, self.inventory, self.family = host, inventory or Inventory(), family
        self.world = HostSets(host, family, asked_fields(program, family), subnets(self.inventory, family))
        self._encoders, self._homes = Encoders(program, self.world), container_routes(inventory, family)
        self._refuse_unknown((*(choice.uplinks or ()), *(choice.links or ())))
        self.origins = origins(host, inventory, family, choice)
        remembered = lru_cache(maxsize=None)
        self.from_proxy: dict[tuple[str, str, int], tuple[Outcome, Decision]] = {}  # what cells found of docker-proxy
        self.sent, self.base = remembered(self._sent), remembered(self._base)
        self.asked, self.came = remembered(self._asked), remembered(self._came_from)
        self.container_at = remembered(self._container_at)
        self.leaving_to = remembered(self._leaving_to)
        self.addresses_for, self.addresses_of = remembered(self._addresses_for), remembered(self._addresses_of)
        self.readable = remembered(lambda origin: readable(self.world.space, origin.senders, family))
        self.sockets = Sockets(host.listeners)
        self.members = Members(self.inventory, family)
        self.sent_by = remembered(self._sent_by)
        self._networks = {one.name: one for one in self.inventory.networks}
        self._containers = {one.id: one for one in self.inventory.containers}

    def _refuse_unknown(self, chosen: Iterable[str]) -> None:
        """Raise UsageError for an interface of the operator's choice by which no packet comes in."""
        for name in chosen:
            if name not in self.world.number:
                raise UsageError(f"no packet comes in by an interface {name} of this host", hint=_LINKS)

    def traversal(self, origin: Origin, *, to: Ranges = ()) -> Traversal:
        """Give the traversal that holds what a zone sends to addresses."""
        if origin.zone.kind is ZoneKind.HOST:
            return self.from_host
        neighbours = self.world.neighbours.get(origin.interface, ())
        if origin.zone.kind in _OF_NETWORKS and inside(to, neighbours):
            return self.between_ports
        return self.from_wire

    @cached_property
    def from_wire(self) -> Traversal:
        """Lead in what comes by interfaces, but for what bridges pass on themselves."""
        traversal = Traversal(self._encoders)
        packets = self.world.space.union(
            self.sent(origin) - self._on_its_bridge(origin)
            for origin in self.origins
            if origin.zone.kind is not ZoneKind.HOST
        )
        traversal.from_wire(packets)
        traversal.follow_answers(self._asked_about, self._homes)
        return traversal

    @cached_property
    def from_host(self) -> Traversal:
        """Lead out what the host's programs send."""
        traversal = Traversal(self._encoders)
        for origin in self.origins:
            if origin.zone.kind is ZoneKind.HOST:
                traversal.from_host(self.sent(origin))
        traversal.follow_answers(self._asked_about, self._homes)
        return traversal

    @cached_property
    def between_ports(self) -> Traversal:
        """Lead through what members of a network send to one another."""
        traversal = Traversal(self._encoders)
        members = [self._on_its_bridge(origin) & self.sent(origin) for origin in self.origins]
        packets, filtered = self.world.space.union(members), self.world.routing.sysctls.filters_bridged()
        if self.family == "ip6" and filtered:
            unable, decision = undiscovered(self._encoders, members)
            packets = traversal.without(packets, unable, decision)
        match filtered:
            case True:
                traversal.between_ports(packets)
            case False:
                traversal.past_ip(packets)
            case None:
                traversal.between_ports_perhaps(packets)
        traversal.follow_answers(self._asked_about, self._homes)
        return traversal

    @cached_property
    def _asked_about(self) -> PacketSet:
        """Return the packets that are on their way to containers, or led by NAT: no others are asked about."""
        found = {number for known in self.inventory.containers for number, _ in self._own(known.id)}
        return self.world.destined(single(sorted(found))) | self.world.led

    def _own(self, container_id: str) -> Ranges:
        """Return a container's addresses of this family."""
        own = (one for one in self.addresses_of(container_id) if family_of(one) == self.family)
        return single(sorted(int(ip_address(one)) for one in own))

    def _sent(self, origin: Origin) -> PacketSet:
        """Return the first packets of all connections that a zone may open."""
        space, world = self.world.space, self.world
        packets = space.in_ranges(Field.SADDR, origin.senders) & world.at(Field.IIF, origin.interface)
        packets &= space.in_ranges(Field.PROTOCOL, single(sorted(PORT_PROTOCOLS.values())))
        if origin.zone.kind is ZoneKind.INTERNET:
            packets &= self._reached_by_internet(origin)
        if origin.zone.kind is ZoneKind.HOST:
            packets &= self.world.from_home & space.in_ranges(Field.SPORT, CLIENT_PORTS)
        if origin.zone.kind in _OF_NETWORKS:  # a container's loopback is its own
            packets -= space.in_ranges(Field.DADDR, (LOOPBACK_NET[self.family],))
        if origin.on_link:
            packets &= space.in_ranges(
                Field.DADDR, self.world.neighbours.get(origin.interface, ()) + self.addresses(origin.interface)
            )
        for field, value in self._constants(origin):
            packets &= space.equal(field, value)
        if Field.TCP_FLAGS in space.widths:
            tcp = space.equal(Field.PROTOCOL, PROTOCOLS["tcp"])
            packets = packets - tcp | packets & tcp & space.equal(Field.TCP_FLAGS, _SYN)
        return packets

    def _constants(self, origin: Origin) -> list[tuple[str, int]]:
        """List what is the same in all packets of a zone."""
        fields = {
            TRANSLATED: 0,
            Field.OIF: 0,
            Field.CT_STATE: int(CtState.INVALID),  # until connection tracking sees it
            DECISION: 0,
            Field.MARK: 0,
            Field.CT_MARK: 0,
            Field.SOCKET: int(origin.zone.kind is ZoneKind.HOST),
        }
        return [(field, value) for field, value in fields.items() if field in self.world.space.widths]

    def _reached_by_internet(self, origin: Origin) -> PacketSet:
        """Return what routers lead here: what is addressed to the uplink itself, and to addresses that are routed."""
        space = self.world.space
        private = space.in_ranges(Field.DADDR, as_ranges(NOT_ROUTED[self.family]))
        return space.everything - private | space.in_ranges(Field.DADDR, self.addresses(origin.interface))

    def addresses(self, interface: str) -> Ranges:
        """Return an interface's addresses, without those of the link alone."""
        known = self.world.routing.interfaces.get(interface)
        found = [ip for ip in self.world.routing.addresses(known) if not ip.is_link_local] if known else []
        return single(sorted(map(int, found)))

    def _addresses_for(self, origin: Origin) -> Ranges:
        """Return the host's addresses that a zone would use for a port that is open on all of them."""
        if origin.zone.kind in (ZoneKind.INTERNET, ZoneKind.LAN):
            return self.addresses(origin.interface)
        return self.link_addresses or self.addresses(origin.interface or LOOPBACK)

    @cached_property
    def link_addresses(self) -> Ranges:
        """Return the host's addresses on its links."""
        links = {one.interface for one in self.origins if one.zone.kind is ZoneKind.LAN}
        return tuple(range_ for link in sorted(links) for range_ in self.addresses(link))

    def _asked(self, addresses: Ranges, protocol: str, ports: Ranges) -> PacketSet:
        """Return the packets that are sent to ports of addresses."""
        space = self.world.space
        packets = space.equal(Field.PROTOCOL, PROTOCOLS[protocol]) & space.in_ranges(Field.DADDR, addresses)
        return packets & space.in_ranges(Field.DPORT, ports)

    def _addresses_of(self, container_id: str) -> tuple[str, ...]:
        """List a container's addresses, those of this family first."""
        container = self._containers.get(container_id)
        ends = container.endpoints if container else ()
        found = [address for end in ends for address in (end.ipv4, end.ipv6) if address]
        return tuple(sorted(found, key=lambda address: family_of(address) != self.family))

    def _sent_by(self, container_id: str) -> PacketSet:
        """Return the packets that a container sends."""
        return self.world.space.in_ranges(Field.SADDR, self._own(container_id))

    def network(self, to: Destination) -> Network | None:
        """Find the network of a container's own address; None for another destination."""
        if to.kind is not DestinationKind.CONTAINER_PORTS:
            return None
        return self._networks.get(to.network_name)

    def _container_at(self, container_id: str, port: int) -> PacketSet:
        """Return the packets whose new destination is a port of a container."""
        space = self.world.space
        there = space.in_ranges(NEW_DADDR, self._own(container_id)) & space.equal(NEW_DPORT, port)
        return there & self.world.translated(Translated.DESTINATION)

    def _leaving_to(self, container_id: str) -> PacketSet:
        """Return the packets that leave by the bridges of a container's networks: by others they come to others."""
        container = self._containers.get(container_id)
        networks = [self._networks.get(end.network_name) for end in container.endpoints] if container else []
        bridges = {one.bridge for one in networks if one and one.bridge} & self.world.number.keys()
        return self.world.named(Field.OIF, bridges) if bridges else self.world.space.everything

    def _came_from(self, origin: Origin, traversal: Traversal) -> Dispositions:
        """Tell apart what became of a zone's packets, with what decided it last."""
        return dispositions_of(traversal, self.base(origin), self.world.led)

    def _base(self, origin: Origin) -> PacketSet:
        """Return what tells a zone's packets from others in a traversal."""
        senders = self.world.space.in_ranges(Field.SADDR, origin.senders)
        return senders if origin.zone.kind is ZoneKind.HOST else senders & self.world.at(Field.IIF, origin.interface)

    def _on_its_bridge(self, origin: Origin) -> PacketSet:
        """Return what a network's member sends to another: it does not leave the bridge."""
        if origin.zone.kind not in _OF_NETWORKS:
            return self.world.space.nothing
        return self.world.space.in_ranges(Field.DADDR, self.world.neighbours.get(origin.interface, ()))
