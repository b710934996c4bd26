"""One zone against one destination.

A cell's packets are the zone's, addressed to the destination. Ports of which a packet surely arrives are allowed; of
the rest, ports of which one may arrive are `may`; the others are blocked. Ports with one outcome by one decision are
one row.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

from netaudit.model.exposure import Delivery, Outcome, ZoneKind
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.reason import Reason, ReasonKind, make_reason, several
from netaudit.packets.exposure.cells.arrivals import Arrival, Arrivals
from netaudit.packets.exposure.cells.off_host import off_host_row, other_driver_row
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
        self._asking, self._origin, self._destination = query, query.origin, query.destination
        self._reach = query.reach
        self._world = self._reach.world
        self._space = self._world.space
        self._witnesses = Witnesses(self._asking)
        self._traversal = self._reach.traversal(self._origin, to=self._asking.addresses)
        self._came = self._reach.came(self._origin, self._traversal)
        self._arrivals = Arrivals(reaches, self._asking, self._came, _rows_of)

    def rows(self) -> Iterator[Row]:
        """Compute the rows: by the best way first, each port once."""
        off_host = self._off_host_row()
        if off_host is not None:
            yield off_host
            return
        left = self._asking.ports
        for arrival in self._arrivals.all():
            for outcome, packets in arrival.outcomes(self._asking):
                ports = self._asking.ports_of(packets) & left
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
        here = not network.bridge or network.bridge in self._world.routing.interfaces
        row_of = off_host_row if here else other_driver_row
        return row_of(network, self._destination, self._origin, self._asking.addresses[0][0], self._world.routing)

    def _decided(self, packets: PacketSet, ports: PacketSet, outcome: Outcome, arrival: Arrival) -> Iterator[Row]:
        """Make the rows of ports: what arrives by chance is allowed, and limited by a rule."""
        if outcome is Outcome.MAY and not arrival.doubt:
            some = self._limited(packets & ports)[0]
            by_chance = self._asking.ports_of(some) & ports
            if by_chance:
                yield from self._split(some, by_chance, Outcome.ALLOWED, arrival)
                ports -= by_chance
        if ports:
            yield from self._split(packets, ports, outcome, arrival)

    def _limited(self, packets: PacketSet) -> tuple[PacketSet, tuple[Item, ...]]:
        """Return what of some packets arrives by chance, and the rules that it is the chance of."""
        return self._traversal.chains.limited(packets & self._asking.asked)

    def _split(self, packets: PacketSet, ports: PacketSet, outcome: Outcome, arrival: Arrival) -> Iterator[Row]:
        """Make a row of the ports that share a decision, until none is left."""
        if arrival.stopped:
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
            decision = in_doubt(arrival.doubt or self._doubt(packets) or decision)
        limits = self._limits(packets, arrival) if outcome is Outcome.ALLOWED else ()
        if outcome is Outcome.ALLOWED:
            reasons = _limits_of(limits), self._later(packets), self._exception(ports, arrival)
            decision = Decision(decision.rule, _joined(*reasons))
        witness = self._witnesses.witness(packets)
        return Row(self._asking.ranges(ports), outcome, arrival.way, decision, witness, limits)

    def _doubt(self, packets: PacketSet) -> Decision | None:
        """Name what leaves open whether packets arrive: a rule, or what their sender does not choose."""
        found = self._traversal.chains.reason_for(packets & self._asking.asked)  # again of one destination
        if found or not self._asking.unchosen:
            return found
        reasons = [make_reason(ReasonKind.FIELD_UNKNOWN, field=field) for field in self._asking.unchosen]
        return Decision(self._traversal.chains.decisions.of(packets).rule, several(reasons))

    def _limits(self, packets: PacketSet, arrival: Arrival) -> tuple[Item, ...]:
        """Name the rules by whose chance packets arrive; none for what surely arrives at docker-proxy or the end."""
        unsure = packets - arrival.packets.sure
        mine = self._limited(unsure)[1] if unsure else ()
        return tuple(dict.fromkeys((*mine, *arrival.limited_by)))

    def _later(self, packets: PacketSet) -> Reason | None:
        """Name what stops the packets that follow the ones that arrive, if it stops them of all."""
        stopped = self._traversal.stopped_later
        if not stopped:
            return None
        mine = self._asking.part(stopped & self._reach.zones.base(self._origin), self._space.everything)
        left = self._asking.sent(packets) - self._asking.sent(mine)
        return None if left else self._traversal.chains.decisions.of(mine & self._asking.asked).reason

    def _exception(self, ports: PacketSet, arrival: Arrival) -> Reason | None:
        """Name a packet to the same ports that does not arrive, where there is one."""
        stopped = self._dropped & ports & self._asking.clients
        if not stopped:
            return None
        stopped -= self._asking.sent(arrival.packets.possible)
        example = self._witnesses.describe(stopped)
        if not example:
            return None
        decision = self._traversal.chains.decisions.of(stopped)
        if decision.rule is None and self._origin.zone.kind is ZoneKind.HOST:
            return None  # it would send from another of its addresses
        rule = make_reason(ReasonKind.AT_RULE, where=decision.rule.where) if decision.rule else None
        return make_reason(ReasonKind.NOT_FOR_ALL, *(one for one in (rule, decision.reason) if one), example=example)

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
            yield Row(self._asking.ranges(rest), Outcome.BLOCKED, Delivery.NONE, by_no_rule(reason))

    def _led_elsewhere(self, ports: PacketSet) -> ReasonKind | None:
        """Return a reason where NAT rules lead elsewhere what is sent to ports."""
        led = self._asking.part(self._came.moved, self._space.everything)
        return ReasonKind.NAT_ELSEWHERE if led and not ports - self._asking.ports_of(led) else None

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
        return plain | self._asking.part(self._came.dropped_later, self._arrivals.led) if self._arrivals.led else plain


def _limits_of(rules: tuple[Item, ...]) -> Reason | None:
    named = [make_reason(ReasonKind.AT_RULE, where=rule.where) for rule in rules]
    return make_reason(ReasonKind.LIMITED, *named) if named else None


def _joined(*reasons: Reason | None) -> Reason | None:
    found = [one for one in reasons if one]
    return several(found) if found else None


def _rows_of(reaches: Mapping[str, Reachability], query: CellQuery) -> Iterator[Row]:
    """Compute the rows of another cell, in which a program of the host goes on."""
    return Cell(reaches, query).rows()
