"""Why packets of a cell arrive in part alone, or may arrive: limits, doubts, and the packets that are refused."""

from netaudit.model.exposure import ZoneKind
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.reason import Reason, ReasonKind, make_reason, several
from netaudit.packets.exposure.cells.arrivals import Arrival
from netaudit.packets.exposure.cells.dropped import Dropped
from netaudit.packets.exposure.cells.query import CellQuery
from netaudit.packets.exposure.cells.witnesses import Witnesses
from netaudit.packets.host.zones import CLIENT_PORTS
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.symbolic.encoding.decision import Decision
from netaudit.packets.symbolic.pipeline import Traversal


class Notes:
    """Says of packets that arrive, surely or not, what else a reader of their row has to know."""

    def __init__(self, query: CellQuery, traversal: Traversal, witnesses: Witnesses, dropped: Dropped) -> None:
        self._query, self._traversal, self._witnesses, self._dropped = query, traversal, witnesses, dropped
        self._space = query.reach.world.space

    def limited(self, packets: PacketSet) -> tuple[PacketSet, tuple[Item, ...]]:
        """Return what of some packets arrives by chance, and the rules that it is the chance of."""
        return self._traversal.chains.limited(packets & self._query.asked)

    def limits(self, packets: PacketSet, arrival: Arrival) -> tuple[Item, ...]:
        """Name the rules by whose chance packets arrive; none for what surely arrives at docker-proxy or the end."""
        unsure = packets - arrival.packets.sure
        mine = self.limited(unsure)[1] if unsure else ()
        return tuple(dict.fromkeys((*mine, *arrival.limited_by)))

    def doubt(self, packets: PacketSet) -> Decision | None:
        """Name what leaves open whether packets arrive: a rule, or what their sender does not choose."""
        found = self._traversal.chains.reason_for(packets & self._query.asked)  # again of one destination
        fields = self._query.unchosen.values
        if found or not fields:
            return found
        reasons = [make_reason(ReasonKind.FIELD_UNKNOWN, field=field) for field in fields]
        return Decision(self._traversal.chains.decisions.of(packets).rule, several(reasons))

    def of_allowed(
        self, packets: PacketSet, ports: PacketSet, arrival: Arrival, limits: tuple[Item, ...]
    ) -> Reason | None:
        """Say what limits packets that arrive, what stops later ones, and which others to these ports do not arrive."""
        reasons = _limits_of(limits), self._later(packets), self._exception(ports, arrival)
        found = [one for one in reasons if one]
        return several(found) if found else None

    def _later(self, packets: PacketSet) -> Reason | None:
        """Name what stops the packets that follow the ones that arrive, if it stops them of all."""
        stopped = self._traversal.stopped_later
        if not stopped:
            return None
        mine = self._query.part(stopped & self._query.reach.zones.base(self._query.origin), self._space.everything)
        left = self._query.sent(packets) - self._query.sent(mine)
        return None if left else self._traversal.chains.decisions.of(mine & self._query.asked).reason

    def _exception(self, ports: PacketSet, arrival: Arrival) -> Reason | None:
        """Name a packet to the same ports that does not arrive, where there is one."""
        stopped = self._dropped.packets & ports & self._space.in_ranges(Field.SPORT, CLIENT_PORTS)
        if not stopped:
            return None
        stopped -= self._query.sent(arrival.packets.possible)
        example = self._witnesses.describe(stopped)
        if not example:
            return None
        decision = self._traversal.chains.decisions.of(stopped)
        if decision.rule is None and self._query.origin.zone.kind is ZoneKind.HOST:
            return None  # it would send from another of its addresses
        rule = make_reason(ReasonKind.AT_RULE, where=decision.rule.where) if decision.rule else None
        return make_reason(ReasonKind.NOT_FOR_ALL, *(one for one in (rule, decision.reason) if one), example=example)


def _limits_of(rules: tuple[Item, ...]) -> Reason | None:
    named = [make_reason(ReasonKind.AT_RULE, where=rule.where) for rule in rules]
    return make_reason(ReasonKind.LIMITED, *named) if named else None
