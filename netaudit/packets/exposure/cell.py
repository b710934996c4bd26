"""One zone against one destination.

A cell's packets are the zone's, addressed to the destination. Ports of which a packet surely arrives are allowed; of
the rest, those of which one may arrive are `may`; the others are blocked. Ports with one outcome by one decision are
one row.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from netaudit.model.exposure import Delivery, Destination, DestinationKind, Outcome, ZoneKind
from netaudit.model.family import family_of
from netaudit.model.host import Listener
from netaudit.model.match import Field
from netaudit.packets.exposure.off_host import off_host_row, other_driver_row
from netaudit.packets.exposure.query import CellQuery
from netaudit.packets.exposure.reachability import Reachability
from netaudit.packets.exposure.row import Row
from netaudit.packets.exposure.unreachable import why_unreachable
from netaudit.packets.host.sockets import is_proxied, leads_elsewhere
from netaudit.packets.host.zones import Origin
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import Bounds, exactly
from netaudit.packets.symbolic.decision import Decision
from netaudit.packets.symbolic.host_sets import LOOPBACK
from netaudit.packets.symbolic.reply.chain import perhaps

_MESH = "ingress-sbox"  # what Docker calls the sandbox in which swarm spreads packets over tasks
_BEST = (Outcome.ALLOWED, Outcome.MAY, Outcome.BLOCKED)
NOWHERE = Decision(None, "the container has no address")


class Arrival(msgspec.Struct, frozen=True):
    """A way, and the packets that arrive by it; `stopped` where it ends before the container after all."""

    way: Delivery
    packets: Bounds
    stopped: Decision | None = None

    def outcomes(self) -> Iterator[tuple[Outcome, PacketSet]]:
        """Tell apart what surely arrives and what may, the best first; none for no packet."""
        if self.packets.sure:
            yield Outcome.ALLOWED, self.packets.sure
        if self.packets and not self.packets.exact:
            yield Outcome.MAY, self.packets.possible


class Cell:
    """One zone and one destination of a family; `reaches` has the other family's too, for proxies."""

    def __init__(self, reaches: Mapping[str, Reachability], origin: Origin, destination: Destination) -> None:
        self._reaches, self._origin, self._destination = reaches, origin, destination
        self._reach = reaches[destination.family]
        self._world = self._reach.world
        self._space = self._world.space
        self._asking = CellQuery(self._reach, origin, destination)
        self._traversal = self._reach.traversal(origin, to=self._asking.addresses)
        self._came = self._reach.came(origin, self._traversal)

    def rows(self) -> Iterator[Row]:
        """Compute the rows: by the best way first, each port once."""
        past = self._past_host()
        if past is not None:
            yield past
            return
        left = self._asking.ports
        for arrival in self._arrivals():
            for outcome, packets in arrival.outcomes():
                ports = self._asking.ports_of(packets) & left
                if ports:
                    yield from self._split(packets, ports, outcome, arrival)
                    left -= ports
        if left:
            yield from self._blocked(left)

    def _past_host(self) -> Row | None:
        """Find the row of a container's own address that is no business of the host's rules."""
        network = self._reach.network(self._destination)
        if network is None:
            return None
        here = not network.bridge or network.bridge in self._world.routing.interfaces
        past = off_host_row if here else other_driver_row
        return past(network, self._destination, self._origin, self._asking.addresses[0][0])

    def _arrivals(self) -> Iterator[Arrival]:
        match self._destination.kind:
            case DestinationKind.PUBLISHED_PORT:
                yield from self._to_published()
            case DestinationKind.CONTAINER_PORTS:
                there = self._reach.leaving_to(self._destination.container_id)
                yield Arrival(Delivery.DIRECT, self._asking.part_of(self._came.direct, there))
            case DestinationKind.HOST_LISTENER:
                yield Arrival(Delivery.LOCAL, self._heard())
            case DestinationKind.FORWARDED_PORT:
                yield from self._to_forwarded()

    def _heard(self) -> Bounds:
        """Return what a listener takes, which may be bound to an interface."""
        interface = self._destination.interface
        here = self._world.named(Field.IIF, (interface,)) if interface else self._space.everything
        return self._asking.part_of(self._came.home, here)

    def _to_published(self) -> Iterator[Arrival]:
        """By a NAT rule to the container, or to the host's own socket and docker-proxy behind it."""
        binding = self._destination.binding
        if binding is None:
            return
        there = self._reach.leaving_to(self._destination.container_id)
        yield Arrival(Delivery.DNAT, self._asking.part_of(self._came.led, self._led & there))
        by = self._origin.interface or LOOPBACK
        found = self._reach.sockets.taking(binding.protocol, binding.host_ip, binding.host_port, by)
        if found:
            yield self._by_proxy(found)

    def _to_forwarded(self) -> Iterator[Arrival]:
        """Where a NAT rule leads: out to a container or another machine, or to a program of the host."""
        to = self._destination
        out = self._asking.part_of(self._came.led, self._led)
        if to.container_name.endswith(_MESH):
            yield Arrival(Delivery.DNAT, out.doubted(), Decision(None, "the routing mesh behind it was not recorded"))
        else:
            yield Arrival(Delivery.DNAT, out)
        here = self._asking.part_of(self._came.led_home, self._led)
        yield Arrival(Delivery.LOCAL, here, None if to.programs else Decision(None, "nobody listens where it leads"))

    @cached_property
    def _led(self) -> PacketSet:
        """Return the packets that a NAT rule leads to where the destination's are led."""
        to = self._destination
        if to.binding is not None:
            return self._reach.container_at(to.container_id, to.binding.container_port)
        return self._world.led_to(to.led) if to.led else self._space.nothing

    def _by_proxy(self, found: tuple[Listener, ...]) -> Arrival:
        """Go on from docker-proxy, which is a program of the host, to the container."""
        here = self._asking.part_of(self._came.home, self._space.everything)
        if not is_proxied(found):
            names = ", ".join(sorted({name for one in found for name in one.programs}))
            if leads_elsewhere(found):
                return Arrival(
                    Delivery.PROXY, here.doubted(), Decision(None, f"{names} leads out of what was recorded")
                )
            return Arrival(Delivery.PROXY, here, Decision(None, f"{names} holds the port, and leads to no container"))
        outcome, decision = self._onwards()
        match outcome:
            case Outcome.ALLOWED:
                return Arrival(Delivery.PROXY, here)
            case Outcome.MAY:
                return Arrival(Delivery.PROXY, here.doubted(), decision)
            case Outcome.BLOCKED:
                return Arrival(Delivery.PROXY, here, decision)

    def _onwards(self) -> tuple[Outcome, Decision]:
        """Find the best way from the host to the container's own port, by any of its addresses."""
        to = self._destination
        assert to.binding  # noqa: S101 (only published ports are proxied)
        place = (to.container_id, to.protocol, to.binding.container_port)
        known = self._reach.from_proxy
        if place not in known:
            rows = {row.outcome: row.decision for row in self._rows_onwards(to.binding.container_port)}
            best = min(rows, key=_BEST.index, default=Outcome.BLOCKED)
            known[place] = (best, rows.get(best, NOWHERE))
        return known[place]

    def _rows_onwards(self, port: int) -> Iterator[Row]:
        for address in self._reach.addresses_of(self._destination.container_id):
            reach = self._reaches[family_of(address)]
            target = Destination(
                kind=DestinationKind.CONTAINER_PORTS,
                family=reach.family,
                protocol=self._destination.protocol,
                address=address,
                ports=((port, port),),
                container_id=self._destination.container_id,
            )
            for origin in reach.origins:
                if origin.zone.kind is ZoneKind.HOST:
                    yield from Cell(self._reaches, origin, target).rows()

    def _split(self, packets: PacketSet, ports: PacketSet, outcome: Outcome, arrival: Arrival) -> Iterator[Row]:
        """Make a row of the ports that share a decision, until none is left."""
        if arrival.stopped and outcome is Outcome.ALLOWED:
            yield Row(self._asking.ranges(ports), Outcome.BLOCKED, arrival.way, arrival.stopped)
            return
        decisions = self._traversal.chains.decisions
        while ports:
            here = packets & ports
            decision = decisions.of(here)
            mine = decisions.deciding(here, decision)
            shared = self._asking.ports_of(mine) & ports
            yield self._row(mine & shared, shared, outcome, (arrival, decision))
            ports -= shared

    def _row(self, packets: PacketSet, ports: PacketSet, outcome: Outcome, by: tuple[Arrival, Decision]) -> Row:
        arrival, decision = by
        if outcome is Outcome.MAY:
            asked = packets & self._asking.asked  # again of one destination
            decision = perhaps(arrival.stopped or self._traversal.chains.reason_for(asked) or decision)
        if outcome is Outcome.ALLOWED:
            decision = Decision(decision.rule, self._exception(ports, arrival))
        return Row(self._asking.ranges(ports), outcome, arrival.way, decision, self._asking.witness(packets))

    def _exception(self, ports: PacketSet, arrival: Arrival) -> str:
        """Name a packet to the same ports that does not arrive, where there is one."""
        stopped = self._dropped & ports & self._asking.clients
        if not stopped:
            return ""
        stopped -= self._asking.sent(arrival.packets.possible)
        example = self._asking.example(stopped)
        if not example:
            return ""
        decision = self._traversal.chains.decisions.of(stopped)
        if decision.rule is None and self._origin.zone.kind is ZoneKind.HOST:
            return ""  # it would send from another of its addresses
        by = ", ".join(said for said in (decision.rule.where if decision.rule else "", decision.reason) if said)
        return f"not for all: {example} is stopped ({by})"

    def _blocked(self, ports: PacketSet) -> Iterator[Row]:
        """Make rows of what arrives nowhere: by what dropped it, and for the rest by what is lacking."""
        dropped = self._asking.ports_of(self._dropped) & ports
        if dropped:
            nowhere = Arrival(Delivery.NONE, exactly(self._dropped))
            yield from self._split(self._dropped, dropped, Outcome.BLOCKED, nowhere)
        rest = ports - dropped
        if rest and not self._destination.led:  # a zone whose packets no NAT rule leads there has no row
            reason = self._led_elsewhere(rest) or why_unreachable(
                self._origin, self._destination, self._asking.addresses
            )
            yield Row(self._asking.ranges(rest), Outcome.BLOCKED, Delivery.NONE, Decision(None, reason))

    def _led_elsewhere(self, ports: PacketSet) -> str:
        """Say so where NAT rules lead elsewhere what is sent to ports."""
        led = self._asking.part(self._came.moved, self._space.everything)
        return "a NAT rule leads it elsewhere" if led and not ports - self._asking.ports_of(led) else ""

    @cached_property
    def _elsewhere(self) -> PacketSet:
        """Return what is no business of a forwarded port: what may come to the host itself, led nowhere."""
        if not self._destination.led:
            return self._space.nothing
        return self._asking.sent(self._asking.part(self._came.home.possible, self._space.everything))

    @cached_property
    def _dropped(self) -> PacketSet:
        """Return what was dropped of the cell's packets, also on the way from a published port to its container."""
        plain = self._asking.part(self._came.dropped, self._space.everything) - self._elsewhere
        return plain | self._asking.part(self._came.dropped_later, self._led) if self._led else plain
