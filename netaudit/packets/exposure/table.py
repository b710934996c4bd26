"""Who can reach what: every zone against every destination, exhaustively over ports."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

import msgspec

from netaudit.model.exposure import Delivery, Destination, Exposure, Outcome, Zone, ZoneKind
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.netfilter.program import Program
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.behind_rootlesskit import behind_rootlesskit
from netaudit.packets.exposure.cells.everywhere import rows_of
from netaudit.packets.exposure.cells.inside import through_container
from netaudit.packets.exposure.cells.off_host import zone_of_parent
from netaudit.packets.exposure.cells.row import Row, best_of
from netaudit.packets.exposure.from_rules import Unplaced, rows_from_rules, unknown_programs
from netaudit.packets.exposure.inside import inside_containers
from netaudit.packets.exposure.partly_read import unless_partly_read
from netaudit.packets.exposure.port_forwards import port_forwards
from netaudit.packets.exposure.reachability import Reachability
from netaudit.packets.exposure.requested import Requested, sent_there
from netaudit.packets.host.containers.namespaces import namespaces_of
from netaudit.packets.host.destinations import destinations, is_never_routed, number_of
from netaudit.packets.host.endpoints import with_every_endpoint
from netaudit.packets.host.sockets import with_assumed_proxies
from netaudit.packets.host.visibility import Visibility, unplaced, why_no_listeners, zones_by_name
from netaudit.packets.host.zones import Origin, ZoneChoice

_NOT_ROUTED = make_reason(ReasonKind.NOT_ROUTED_BY_INTERNET)


def expose(
    snapshot: Snapshot,
    program: Program,
    choice: ZoneChoice | None = None,
    wanted: Callable[[Destination], bool] = lambda _: True,
) -> tuple[Exposure, ...]:
    """Compute the exposure table of a host, or the part of it whose destinations are wanted.

    What depends on facts that were not recorded is `may`. Raises MemoryError for rules that are too many for sets.
    """
    table = ExposureTable(snapshot, program, choice or ZoneChoice(), wanted)
    return tuple(
        cell
        for destination in table.destinations
        for zone in table.zones(destination.family)
        if table.answered_by(zone, destination) == zone
        for cell in table.cells(zone, destination)
    )


class ExposureTable:
    """The exposure table of a host, cell by cell: a cell is computed when it is asked for.

    What depends on facts that were not recorded is `may`. Raises MemoryError for rules that are too many for sets.
    `found` are all destinations of the host, where somebody knows them: what rules lead on is not looked for again.
    `part` is all that is asked about: packets that cannot get there are led through no rule.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        program: Program,
        choice: ZoneChoice,
        wanted: Callable[[Destination], bool] = lambda _: True,
        found: Sequence[Destination] = (),
        part: Requested | None = None,
    ) -> None:
        host, inventory = snapshot.host, with_every_endpoint(snapshot.inventory, snapshot.host)
        known = found or destinations(host, inventory)
        self._wanted = part.wants if part else wanted
        self._asked = tuple(one for one in known if self._wanted(one))
        self._published = None if found else self._asked if part else known
        namespaces = namespaces_of(msgspec.structs.replace(snapshot, inventory=inventory))
        behind = behind_rootlesskit(snapshot, expose)
        self._places = Unplaced(unplaced(snapshot), zones_by_name(snapshot), why_no_listeners(snapshot))
        self.unknown, sockets = self._places.families, self._places.sockets
        placed = tuple(one for one in IP_FAMILIES if one not in self.unknown)
        self._listeners = unknown_programs(placed) if sockets else ()
        heard = with_assumed_proxies(host, inventory) if sockets else host
        self._reaches: dict[str, Reachability] = {}
        self._ways: dict[str, dict[Zone, list[Origin]]] = {}
        self._unseen: dict[str, Visibility] = {}
        for family in placed:
            reach = self._reaches[family] = Reachability(heard, inventory, program, family, choice)
            reach.inside, reach.behind = inside_containers(namespaces, reach.family), behind
            reach.unheard = sockets
            if part:
                reach.zones.only = sent_there(reach, program, part, (*known, *self._listeners))
            self._ways[family] = _ways(reach)
            self._unseen[family] = Visibility(snapshot.gaps, host, program, family)
        self._partly = frozenset(one.key for one in snapshot.ruleset.tables if one.partly)
        self._told = {(one.destination, one.zone): one for one in self._by_rules(program, known)}

    def _by_rules(self, program: Program, known: Sequence[Destination]) -> Iterator[Exposure]:
        """Yield what rules alone say of what is asked about."""
        told = rows_from_rules(program, known, self._places)
        yield from (unless_partly_read(one, self._partly) for one in told if self._wanted(one.destination))

    @cached_property
    def destinations(self) -> tuple[Destination, ...]:
        """Return what is asked about, in the order of the table; what rules lead on is looked for first."""
        led = (
            one
            for reach in self._reaches.values()
            for one in (() if self._published is None else port_forwards(reach, self._published))
        )
        others = (one for one in (*led, *self._listeners) if self._wanted(one))
        return (*self._asked, *others, *self._of_rules)

    @cached_property
    def _of_rules(self) -> Mapping[Destination, None]:
        asked = {*self._asked}
        return dict.fromkeys(destination for destination, _ in self._told if destination not in asked)

    def zones(self, family: str) -> tuple[Zone, ...]:
        """Return the zones that have packets of a family; where they cannot be told apart, two that always are."""
        return tuple(self._ways[family]) if family in self._ways else self._places.zones

    def answered_by(self, zone: Zone, destination: Destination) -> Zone:
        """Return the zone that has the cells of a zone: of a shim its parent interface with the same neighbours."""
        reach = self._reaches.get(destination.family)
        network = reach.containers.network(destination) if reach else None
        if reach is None or network is None:
            return zone
        number, routing = number_of(destination.address), reach.world.routing
        ways = self._ways[destination.family].get(zone, ())
        found = (zone_of_parent(network, one, number, routing, reach.origins) for one in ways)
        return next(filter(None, found), zone)

    def cells(self, zone: Zone, destination: Destination) -> Iterator[Exposure]:
        """Compute what a zone reaches of a destination: ports with one outcome by one decision are one cell."""
        if unknown := self.unknown.get(destination.family):
            yield from self._without_places(unknown, zone, destination)
            return
        for row in _rows(self._reaches, self._ways[destination.family][zone], destination):
            found = self._unseen[destination.family].doubt(_exposure(zone, destination, row))
            yield unless_partly_read(found, self._partly)

    def _without_places(self, reason: Reason, zone: Zone, destination: Destination) -> Iterator[Exposure]:
        """Return what can be told where nobody knows by which interfaces and routes packets come.

        Of neighbours on no link that is known it is told where they alone may get there.
        """
        near = is_never_routed(destination)
        if zone == Zone(ZoneKind.LAN) and not near:
            return
        if zone.kind is ZoneKind.INTERNET and near:
            yield Exposure(zone, destination, Outcome.BLOCKED, Delivery.NONE, reason=_NOT_ROUTED)
        elif told := self._told.get((destination, zone)):
            yield told
        elif destination not in self._of_rules:
            yield Exposure(zone, destination, Outcome.MAY, Delivery.NONE, reason=reason)


def _ways(reach: Reachability) -> dict[Zone, list[Origin]]:
    """Return the ways of each zone, in the order of the table: the Internet may have several uplinks."""
    found: dict[Zone, list[Origin]] = {}
    for origin in reach.origins:
        found.setdefault(origin.zone, []).append(origin)
    return found


def _rows(reaches: Mapping[str, Reachability], ways: Sequence[Origin], destination: Destination) -> Iterable[Row]:
    """Compute a zone's rows: of one with several uplinks or networks, by the best of its ways."""
    rows = [
        row
        for origin in ways
        for row in through_container(rows_of(reaches, origin, destination), reaches, origin, destination)
    ]
    return rows if len(ways) == 1 else best_of(rows)


def _exposure(zone: Zone, destination: Destination, row: Row) -> Exposure:
    return Exposure(
        zone=zone,
        destination=msgspec.structs.replace(destination, ports=row.ports),
        outcome=row.outcome,
        way=row.way,
        rule=row.decision.rule,
        reason=row.decision.reason,
        witness=row.witness,
        limited_by=row.limited_by,
    )
