"""One zone against one destination.

A cell's packets are the zone's, addressed to the destination. Ports of which a packet surely arrives are allowed; of
the rest, ports of which one may arrive are `may`; the others are blocked. Ports with one outcome by one decision are
one row.
"""

from collections.abc import Iterator, Mapping

from netaudit.model.exposure import Delivery, Outcome
from netaudit.packets.exposure.cells.arrivals import Arrival, Arrivals
from netaudit.packets.exposure.cells.dropped import Dropped
from netaudit.packets.exposure.cells.notes import Notes
from netaudit.packets.exposure.cells.off_host import off_host_row
from netaudit.packets.exposure.cells.query import CellQuery
from netaudit.packets.exposure.cells.row import Row
from netaudit.packets.exposure.cells.unreachable import why_unreachable
from netaudit.packets.exposure.cells.witnesses import Witnesses
from netaudit.packets.exposure.reachability import Reachability
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.bounds import exactly
from netaudit.packets.symbolic.encoding.decision import Decision, by_no_rule
from netaudit.packets.symbolic.reply.chain import in_doubt


class Cell:
    """One zone and one destination of a family; `reaches` has the other family's too, for proxies."""

    def __init__(self, reaches: Mapping[str, Reachability], query: CellQuery) -> None:
        self._query, self._origin, self._destination = query, query.origin, query.destination
        self._reach = query.reach
        self._witnesses = Witnesses(query)
        self._traversal = self._reach.traversal(self._origin, to=query.addresses)
        dispositions = self._reach.came(self._origin, self._traversal)
        self._arrivals = Arrivals(reaches, query, dispositions, _rows_of)
        self._dropped = Dropped(query, dispositions, self._arrivals)
        self._notes = Notes(query, self._traversal, self._witnesses, self._dropped)

    def rows(self) -> Iterator[Row]:
        """Compute the rows: by the best way first, each port once."""
        off_host = self._off_host_row()
        if off_host is not None:
            yield off_host
            return
        left = self._query.ports
        for arrival in self._arrivals.all():
            for outcome, packets in arrival.outcomes(self._query):
                ports = self._query.ports_of(packets) & left
                if ports:
                    yield from self._decided(packets, ports, outcome, arrival)
                    left -= ports
        if left:
            yield from self._blocked(left)

    def _off_host_row(self) -> Row | None:
        """Find the row of a container's own address that the host's rules do not decide about; None for others."""
        network = self._reach.containers.network(self._destination)
        if network is None:
            return None
        routing = self._reach.world.routing
        return off_host_row(network, self._destination, self._origin, self._query.addresses[0][0], routing)

    def _decided(self, packets: PacketSet, ports: PacketSet, outcome: Outcome, arrival: Arrival) -> Iterator[Row]:
        """Make the rows of ports: what arrives by chance is allowed, and limited by a rule."""
        if outcome is Outcome.MAY and not arrival.doubt:
            some = self._notes.limited(packets & ports)[0]
            by_chance = self._query.ports_of(some) & ports
            if by_chance:
                yield from self._split(some, by_chance, Outcome.ALLOWED, arrival)
                ports -= by_chance
        if ports:
            yield from self._split(packets, ports, outcome, arrival)

    def _split(self, packets: PacketSet, ports: PacketSet, outcome: Outcome, arrival: Arrival) -> Iterator[Row]:
        """Make a row of the ports that share a decision, until none is left."""
        if arrival.stopped:
            yield Row(self._query.ranges(ports), Outcome.BLOCKED, arrival.way, arrival.stopped)
            return
        decisions = self._traversal.chains.decisions
        while ports:
            here = packets & ports
            decision = decisions.of(here)
            mine = decisions.deciding(here, decision)
            shared = self._query.ports_of(mine) & ports
            yield self._row(mine & shared, shared, outcome, (arrival, decision))
            ports -= shared

    def _row(self, packets: PacketSet, ports: PacketSet, outcome: Outcome, by: tuple[Arrival, Decision]) -> Row:
        arrival, decision = by
        if outcome is Outcome.MAY:
            decision = in_doubt(arrival.doubt or self._notes.doubt(packets) or decision)
        limits = self._notes.limits(packets, arrival) if outcome is Outcome.ALLOWED else ()
        if outcome is Outcome.ALLOWED:
            decision = Decision(decision.rule, self._notes.of_allowed(packets, ports, arrival, limits))
        witness = self._witnesses.witness(packets)
        return Row(self._query.ranges(ports), outcome, arrival.way, decision, witness, limits)

    def _blocked(self, ports: PacketSet) -> Iterator[Row]:
        """Make rows of what arrives nowhere: by what dropped it, and for the rest by what is lacking."""
        dropped = self._query.ports_of(self._dropped.packets) & ports
        if dropped:
            nowhere = Arrival(Delivery.NONE, exactly(self._dropped.packets))
            yield from self._split(self._dropped.packets, dropped, Outcome.BLOCKED, nowhere)
        rest = ports - dropped
        if rest and not self._destination.led:  # a zone whose packets no NAT rule leads there has no row
            reason = self._dropped.nat_elsewhere(rest) or why_unreachable(
                self._origin, self._destination, self._query.addresses
            )
            yield Row(self._query.ranges(rest), Outcome.BLOCKED, Delivery.NONE, by_no_rule(reason))


def _rows_of(reaches: Mapping[str, Reachability], query: CellQuery) -> Iterator[Row]:
    """Compute the rows of another cell, in which a program of the host goes on."""
    return Cell(reaches, query).rows()
