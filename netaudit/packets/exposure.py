"""Who can reach what: every zone against every destination, exhaustively over ports."""

import msgspec

from netaudit.model.exposure import Destination, Exposure
from netaudit.model.program import Program
from netaudit.model.snapshot import Snapshot
from netaudit.packets.cell import Cell, Row
from netaudit.packets.destinations import destinations
from netaudit.packets.reach import Reach
from netaudit.packets.zones import Origin, ZoneChoice

FAMILIES = ("ip", "ip6")


def expose(snapshot: Snapshot, program: Program, choice: ZoneChoice | None = None) -> tuple[Exposure, ...]:
    """Compute the exposure table of a host."""
    wanted = choice or ZoneChoice()
    host, inventory = snapshot.host, snapshot.inventory
    reaches = {family: Reach(host, inventory, program, family, wanted) for family in FAMILIES}
    return tuple(
        _exposure(origin, destination, row)
        for destination in destinations(host, inventory)
        for origin in reaches[destination.family].origins
        for row in Cell(reaches, origin, destination).rows()
    )


def _exposure(origin: Origin, destination: Destination, row: Row) -> Exposure:
    return Exposure(
        zone=origin.zone,
        destination=msgspec.structs.replace(destination, ports=row.ports),
        outcome=row.outcome,
        way=row.way,
        rule=row.decision.rule,
        reason=row.decision.reason,
        witness=row.witness,
    )
