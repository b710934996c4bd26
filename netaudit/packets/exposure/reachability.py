"""All ways of one family's packets through a host, computed once; then who reaches what is an intersection.

Three traversals hold everything: what comes in by wires, what the host sends, and what bridges pass on between their
ports. Each starts with all packets of all zones at once; a zone's are told apart by interface and sender afterwards.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache

from netaudit.errors import UsageError
from netaudit.model.docker import Inventory
from netaudit.model.exposure import Exposure, ZoneKind
from netaudit.model.host import Host, Listener
from netaudit.model.netfilter.bridges import has_bridge_chains
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import Program
from netaudit.model.ranges import Ranges, inside, single
from netaudit.model.reason import Reason, ReasonKind
from netaudit.packets.exposure.cells.examples import Liked
from netaudit.packets.exposure.cells.row import Row
from netaudit.packets.exposure.cells.unchosen import Unchosen
from netaudit.packets.exposure.container_sets import ContainerSets
from netaudit.packets.exposure.dispositions import Dispositions, dispositions_of
from netaudit.packets.exposure.inside import InsideSets
from netaudit.packets.exposure.zone_sets import OF_NETWORKS, ZoneSets
from netaudit.packets.host.container_routes import all_macs, container_routes, subnets
from netaudit.packets.host.containers.datagrams import answers_from_nearest, nearest_addresses
from netaudit.packets.host.members import Members
from netaudit.packets.host.sockets import Sockets
from netaudit.packets.host.zones import Origin, ZoneChoice, origins
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import exactly
from netaudit.packets.symbolic.encoders import Encoders
from netaudit.packets.symbolic.encoding.decision import Decision, by_no_rule
from netaudit.packets.symbolic.encoding.fields import asked_fields
from netaudit.packets.symbolic.encoding.host_sets import HostSets
from netaudit.packets.symbolic.neighbour_discovery import unanswered, undiscovered, unheard
from netaudit.packets.symbolic.pipeline import Traversal
from netaudit.packets.values.probe import PROTOCOLS
from netaudit.packets.values.solicitation import ADVERTISEMENT, SOLICITATION

_LINKS = "`ip link` lists them; what a bridge's port receives comes in by the bridge"


class Reachability:
    """Where the packets of a host's zones come, in one family."""

    def __init__(
        self, host: Host, inventory: Inventory | None, program: Program, family: Family, choice: ZoneChoice
    ) -> None:
        self.inventory, self.family = inventory or Inventory(), family
        asked = asked_fields(program, family, [rule.match for rule in host.policy or ()])
        self.world = HostSets(host, family, asked, subnets(self.inventory, family), all_macs(inventory, family))
        self._encoders, self._routes = Encoders(program, self.world), container_routes(inventory, family)
        self._refuse_unknown((*(choice.uplinks or ()), *(choice.links or ())))
        self.origins = origins(host, inventory, family, choice)
        self.zones, self.containers = ZoneSets(self.world, self.origins), ContainerSets(self.world, self.inventory)
        self.sockets, self.members = Sockets(host.listeners), Members(self.inventory, family)
        self.from_proxy: dict[tuple[str, str, int], Row] = {}  # what cells found of docker-proxy
        self.inside: dict[str, InsideSets] = {}  # by container, where the rules in its namespace are known
        self.behind: Mapping[tuple[str, str, str, int], Exposure] = {}  # what rootlesskit's child reaches
        self.unheard: Reason | None = None  # why nobody knows which programs listen
        remembered = lru_cache(maxsize=None)
        self.asked, self.came = remembered(self._asked), remembered(self._find_dispositions)
        self.unchosen = remembered(lambda kind: Unchosen(self.world.space, kind))
        self.liked = remembered(lambda address: Liked(self.world.space, address))

    def _refuse_unknown(self, chosen: Iterable[str]) -> None:
        """Raise UsageError for an interface of the operator's choice by which no packet comes in."""
        for name in chosen:
            if name not in self.world.number:
                raise UsageError(f"no packet comes in by an interface {name} of this host", hint=_LINKS)

    def traversal(self, origin: Origin, *, to: Ranges = ()) -> Traversal:
        """Return the traversal that holds what a zone sends to addresses."""
        if origin.zone.kind is ZoneKind.HOST:
            return self.from_host
        neighbours = self.world.ranges.neighbours.get(origin.interface, ())
        if origin.zone.kind in OF_NETWORKS and inside(to, neighbours):
            return self.between_ports
        return self.from_wire

    @cached_property
    def from_wire(self) -> Traversal:
        """Lead in what comes by interfaces, but for what bridges pass on themselves."""
        traversal = Traversal(self._encoders)
        packets = self.world.space.union(
            self.zones.sent(origin) - self.zones.on_its_bridge(origin)
            for origin in self.origins
            if origin.zone.kind is not ZoneKind.HOST
        )
        packets = self._found(traversal, packets)
        traversal.from_wire(packets)
        self._send(traversal)
        traversal.follow_answers(self.containers.answering, self._routes)
        return traversal

    @cached_property
    def from_host(self) -> Traversal:
        """Lead out what the host's programs send."""
        traversal = Traversal(self._encoders)
        for origin in self.origins:
            if origin.zone.kind is ZoneKind.HOST:
                traversal.from_host(self.zones.sent(origin))
        self._send(traversal)
        traversal.follow_answers(self.containers.answering, self._routes)
        return traversal

    def _found(self, traversal: Traversal, packets: PacketSet) -> PacketSet:
        """Leave out what comes by links on which nobody can find the host."""
        silent, decision = unheard(self._encoders, SOLICITATION)
        space = self.world.space
        return _without(traversal, packets, space.union(self.world.at(Field.IIF, one) for one in silent), decision)

    def _send(self, traversal: Traversal) -> None:
        """Drop what leaves for neighbours whom the host cannot find."""
        for packets, decision in self._unfound:
            traversal.lose(packets, decision)

    @cached_property
    def _unfound(self) -> list[tuple[PacketSet, Decision]]:
        """Return what leaves by links on which the host finds nobody, or not whom it is for, with what stops that."""
        if self.family == Family.IP:
            return []
        silent, decision = unheard(self._encoders, ADVERTISEMENT)
        links = self.world.space.union(self.world.at(Field.OIF, one) for one in silent)
        return [(links, decision), unanswered(self._encoders, self.members.on_bridges)]

    @cached_property
    def between_ports(self) -> Traversal:
        """Lead through what members of a network send to one another."""
        traversal = Traversal(self._encoders)
        members = [self.zones.on_its_bridge(origin) & self.zones.sent(origin) for origin in self.origins]
        packets, filtered = self.world.space.union(members), self.world.routing.sysctls.filters_bridged()
        for name in [one.name for one in self.world.ranges.known_interfaces if one.shut]:
            shut = by_no_rule(ReasonKind.BRIDGE_SHUT, bridge=name)
            packets = _without(traversal, packets, self.world.at(Field.IIF, name), shut)
        if self.family == "ip6" and (filtered or has_bridge_chains(self._encoders.program)):
            unable, decision = undiscovered(self._encoders, members)
            packets = _without(traversal, packets, unable, decision)
        traversal.between_ports(packets)
        traversal.follow_answers(self.containers.answering, self._routes)
        return traversal

    def answered_by(self, found: Iterable[Listener]) -> PacketSet:
        """Return the packets that docker-proxy answers from the address that they were sent to."""
        if not answers_from_nearest(found, self.inventory):
            return self.world.space.everything
        return self._to_nearest

    @cached_property
    def _to_nearest(self) -> PacketSet:
        """Return the packets to the address of the host from which the routes have their senders answered."""
        world, field = self.world, Field.SADDR
        return world.space.union(
            world.space.in_ranges(field, (senders,)) & world.destined(single(sorted(map(int, own))))
            for senders, own in nearest_addresses(world.routing)
        )

    def _asked(self, addresses: Ranges, protocol: str, ports: Ranges) -> PacketSet:
        """Return the packets that are sent to ports of addresses."""
        space = self.world.space
        packets = space.equal(Field.PROTOCOL, PROTOCOLS[protocol]) & space.in_ranges(Field.DADDR, addresses)
        return packets & space.in_ranges(Field.DPORT, ports)

    def _find_dispositions(self, origin: Origin, traversal: Traversal) -> Dispositions:
        """Tell apart what became of a zone's packets, with what decided it last."""
        return dispositions_of(traversal, self.zones.base(origin), self.world.led)


def _without(traversal: Traversal, packets: PacketSet, some: PacketSet, decision: Decision) -> PacketSet:
    """Take out packets that do not even begin, by a decision."""
    traversal.chains.drop(decision, exactly(packets & some))
    return packets - some
