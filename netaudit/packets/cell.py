"""One zone against one destination.

A cell's packets are the zone's, addressed to the destination. Ports of which a packet surely arrives are allowed; of
the rest, those of which one may arrive are `may`; the others are blocked. Ports with one outcome by one decision are
one row.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from ipaddress import ip_address

import msgspec

from netaudit.model.exposure import Destination, DestinationKind, Outcome, Way, ZoneKind
from netaudit.model.host import Listener
from netaudit.model.match import Field
from netaudit.packets.bounds import Bounds
from netaudit.packets.decision import Decision
from netaudit.packets.destinations import PROTOCOLS, family_of, is_wildcard
from netaudit.packets.packet_set import PacketSet
from netaudit.packets.proxied import is_proxied, listeners_at
from netaudit.packets.reach import Reach
from netaudit.packets.witness import describe, pick
from netaudit.packets.zones import Origin, Ranges, is_routed

NOWHERE = Decision(None, "the container has no address")


class Row(msgspec.Struct, frozen=True):
    """Ports with one outcome by one decision."""

    ports: Ranges
    outcome: Outcome
    way: Way
    decision: Decision
    witness: str = ""


class Arrival(msgspec.Struct, frozen=True):
    """A way, and the packets that arrive by it; `stopped` where it ends before the container after all."""

    way: Way
    packets: Bounds
    stopped: Decision | None = None


class Cell:
    """One zone and one destination of a family; `reaches` has the other family's too, for proxies."""

    def __init__(self, reaches: Mapping[str, Reach], origin: Origin, destination: Destination) -> None:
        self._reaches, self._origin, self._destination = reaches, origin, destination
        self._reach = reaches[destination.family]
        self._world = self._reach.world
        self._space = self._world.space
        self._traversal = self._reach.traversal(origin, to=self._addresses)
        self._drops = self._reach.dropped(origin, self._traversal)

    def rows(self) -> Iterator[Row]:
        """Compute the rows: by the best way first, each port once."""
        left = self._space.in_ranges(Field.DPORT, self._destination.ports)
        for arrival in self._arrivals():
            for outcome, packets in ((Outcome.ALLOWED, arrival.packets.sure), (Outcome.MAY, arrival.packets.possible)):
                ports = self._reach.only_ports(packets) & left
                if ports:
                    yield from self._split(packets, ports, outcome, arrival)
                    left -= ports
        if left:
            yield from self._blocked(left)

    @cached_property
    def _addresses(self) -> Ranges:
        """Return the addresses that the zone would send to."""
        if is_wildcard(self._destination.address):
            return self._reach.addresses_for(self._origin)
        number = int(ip_address(self._destination.address))
        return ((number, number),)

    @cached_property
    def _asked(self) -> PacketSet:
        space = self._space
        packets = space.in_ranges(Field.DADDR, self._addresses)
        packets &= space.equal(Field.PROTOCOL, PROTOCOLS[self._destination.protocol])
        return packets & space.in_ranges(Field.DPORT, self._destination.ports)

    def _arrivals(self) -> Iterator[Arrival]:
        match self._destination.kind:
            case DestinationKind.PUBLISHED_PORT:
                yield from self._to_published()
            case DestinationKind.CONTAINER_PORTS:
                yield Arrival(Way.DIRECT, self._forwarded - self._reach.translated)
            case DestinationKind.HOST_LISTENER:
                yield Arrival(Way.LOCAL, self._local - self._reach.translated)

    def _to_published(self) -> Iterator[Arrival]:
        """By a NAT rule to the container, or to the host's own socket and docker-proxy behind it."""
        binding = self._destination.binding
        if binding is None:
            return
        inside = self._reach.container_at(self._destination.container_id, binding.container_port)
        yield Arrival(Way.DNAT, self._forwarded.changed(lambda some: some & inside))
        found = listeners_at(self._reach.host.listeners, binding.protocol, binding.host_ip, binding.host_port)
        if found:
            yield self._by_proxy(found)

    def _by_proxy(self, found: tuple[Listener, ...]) -> Arrival:
        """Go on from docker-proxy, which is a program of the host, to the container."""
        here = self._local - self._reach.translated
        if not is_proxied(found):
            names = ", ".join(sorted({name for one in found for name in one.programs}))
            return Arrival(Way.PROXY, here, Decision(None, f"{names} holds the port, and leads to no container"))
        onwards = [row for one in self._onwards() for row in one]
        outcomes = {row.outcome: row for row in reversed(onwards)}
        if Outcome.ALLOWED in outcomes:
            return Arrival(Way.PROXY, here)
        if Outcome.MAY in outcomes:
            return Arrival(Way.PROXY, here.doubted(), outcomes[Outcome.MAY].decision)
        return Arrival(Way.PROXY, here, outcomes[Outcome.BLOCKED].decision if outcomes else NOWHERE)

    def _onwards(self) -> Iterator[list[Row]]:
        """Compute the ways from the host to the container's own port, by each of its addresses."""
        binding = self._destination.binding
        for address in self._reach.addresses_of(self._destination.container_id) if binding else ():
            reach = self._reaches[family_of(address)]
            target = Destination(
                kind=DestinationKind.CONTAINER_PORTS,
                family=reach.family,
                protocol=self._destination.protocol,
                address=address,
                ports=((binding.container_port, binding.container_port),) if binding else (),
            )
            yield from (
                list(Cell(self._reaches, origin, target).rows())
                for origin in reach.origins
                if origin.zone.kind is ZoneKind.HOST
            )

    def _split(self, packets: PacketSet, ports: PacketSet, outcome: Outcome, arrival: Arrival) -> Iterator[Row]:
        """Make a row of the ports that share a decision, until none is left."""
        if arrival.stopped and outcome is Outcome.ALLOWED:
            yield Row(self._ranges(ports), Outcome.BLOCKED, arrival.way, arrival.stopped)
            return
        decisions = self._traversal.chains.decisions
        while ports:
            here = packets & ports
            decision = decisions.of(here)
            mine = decisions.deciding(here, decision)
            shared = self._reach.only_ports(mine) & ports
            yield self._row(mine & shared, shared, outcome, (arrival, decision))
            ports -= shared

    def _row(self, packets: PacketSet, ports: PacketSet, outcome: Outcome, by: tuple[Arrival, Decision]) -> Row:
        arrival, decision = by
        if outcome is Outcome.MAY:
            decision = arrival.stopped or self._traversal.chains.reason_for(packets) or decision
        if outcome is Outcome.ALLOWED:
            decision = Decision(decision.rule, self._exception(ports))
        return Row(self._ranges(ports), outcome, arrival.way, decision, self._witness(packets))

    def _exception(self, ports: PacketSet) -> str:
        """Name a packet to the same ports that does not arrive, where there is one."""
        stopped = self._drops.possible & self._asked & ports
        example = pick(self._space, stopped, self._reach.family)
        if example is None:
            return ""
        decision = self._traversal.chains.decisions.of(stopped)
        by = decision.rule.where if decision.rule else decision.reason
        return f"not for all: {describe(example, self._reach.family)} is stopped ({by})"

    def _blocked(self, ports: PacketSet) -> Iterator[Row]:
        """Make rows of what arrives nowhere: by what dropped it, and for the rest by what is lacking."""
        stopped = self._drops.possible & self._asked
        dropped = self._reach.only_ports(stopped) & ports
        if dropped:
            yield from self._split(stopped, dropped, Outcome.BLOCKED, Arrival(Way.NONE, self._drops))
        rest = ports - dropped
        if rest:
            yield Row(self._ranges(rest), Outcome.BLOCKED, Way.NONE, Decision(None, self._lacking()))

    def _lacking(self) -> str:
        internet = self._origin.zone.kind is ZoneKind.INTERNET
        if internet and not any(is_routed(first, self._reach.family) for first, _ in self._addresses):
            return "the Internet does not route this address"
        if not self._addresses:
            return "the zone has no address of the host to send to"
        if self._destination.kind is DestinationKind.CONTAINER_PORTS:
            return "no packet of the zone leads there"
        return "no rule leads on, and nobody listens"

    def _ranges(self, ports: PacketSet) -> Ranges:
        return self._space.ranges(ports, Field.DPORT)

    def _witness(self, packets: PacketSet) -> str:
        example = pick(self._space, packets & self._asked, self._reach.family)
        return describe(example, self._reach.family) if example else ""

    @property
    def _forwarded(self) -> Bounds:
        asked = self._asked
        return self._reach.forwarded(self._origin, self._traversal).changed(lambda some: some & asked)

    @property
    def _local(self) -> Bounds:
        asked = self._asked
        return self._reach.local(self._origin, self._traversal).changed(lambda some: some & asked)
