"""Who can reach what: every zone against every destination, exhaustively over ports."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from netaudit.model.exposure import Delivery, Destination, Exposure, Outcome, Zone, ZoneKind
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.netfilter.program import Program
from netaudit.model.reason import Reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.cells.everywhere import rows_of
from netaudit.packets.exposure.cells.row import Row, best_of
from netaudit.packets.exposure.port_forwards import port_forwards
from netaudit.packets.exposure.reachability import Reachability
from netaudit.packets.host.destinations import destinations
from netaudit.packets.host.endpoints import with_every_endpoint
from netaudit.packets.host.visibility import Visibility, why_not_visible
from netaudit.packets.host.zones import Origin, ZoneChoice


def expose(
    snapshot: Snapshot,
    program: Program,
    choice: ZoneChoice | None = None,
    wanted: Callable[[Destination], bool] = lambda _: True,
) -> tuple[Exposure, ...]:
    """Compute the exposure table of a host, or the part of it whose destinations are wanted.

    What depends on facts that were not recorded is `may`. Raises MemoryError for rules that are too many for sets.
    """
    host, inventory = snapshot.host, with_every_endpoint(snapshot.inventory, snapshot.host)
    known = destinations(host, inventory)
    asked = [one for one in known if wanted(one)]
    if reason := why_not_visible(snapshot):
        return _undecided(asked, reason)
    reaches: dict[str, Reachability] = {
        family: Reachability(host, inventory, program, family, choice or ZoneChoice()) for family in IP_FAMILIES
    }
    asked += [one for reach in reaches.values() for one in port_forwards(reach, known) if wanted(one)]
    zones = {family: _ways(reach) for family, reach in reaches.items()}
    unseen = {family: Visibility(snapshot.gaps, host, program, family) for family in IP_FAMILIES}
    return tuple(
        unseen[destination.family].doubt(_exposure(zone, destination, row))
        for destination in asked
        for zone, ways in zones[destination.family].items()
        for row in _rows(reaches, ways, destination)
    )


def _undecided(asked: Iterable[Destination], reason: Reason) -> tuple[Exposure, ...]:
    """Return a table for a host whose zones cannot be told apart."""
    zones = (Zone(ZoneKind.INTERNET), Zone(ZoneKind.HOST))
    return tuple(Exposure(zone, one, Outcome.MAY, Delivery.NONE, reason=reason) for one in asked for zone in zones)


def _ways(reach: Reachability) -> dict[Zone, list[Origin]]:
    """Return the ways of each zone, in the order of the table: the Internet may have several uplinks."""
    found: dict[Zone, list[Origin]] = {}
    for origin in reach.origins:
        found.setdefault(origin.zone, []).append(origin)
    return found


def _rows(reaches: Mapping[str, Reachability], ways: Sequence[Origin], destination: Destination) -> Iterable[Row]:
    """Compute a zone's rows: of one with several uplinks or networks, by the best of its ways."""
    rows = [row for origin in ways for row in rows_of(reaches, origin, destination)]
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
