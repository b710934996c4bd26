"""Ports that are open on every address of the host: a zone that is stopped at one address may get in at another.

-A INPUT -d 192.0.2.10 -j DROP     and sshd on 0.0.0.0: from a container, 172.17.0.1 still answers
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from netaudit.model.exposure import Destination, Outcome
from netaudit.model.ranges import without
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.packets.exposure.cells.cell import Cell
from netaudit.packets.exposure.cells.query import CellQuery
from netaudit.packets.exposure.cells.row import Row, best_of
from netaudit.packets.exposure.reachability import Reachability
from netaudit.packets.host.destinations import is_wildcard
from netaudit.packets.host.zones import Origin


def rows_of(reaches: Mapping[str, Reachability], origin: Origin, destination: Destination) -> Sequence[Row]:
    """Compute the rows of a cell; what is not surely reached at its first addresses is asked at the others."""
    reach = reaches[destination.family]
    rows = list(Cell(reaches, CellQuery(reach, origin, destination)).rows())
    if not is_wildcard(destination.address) or (rows and all(row.outcome is Outcome.ALLOWED for row in rows)):
        return rows
    others = reach.zones.other_addresses_for(origin)
    if not others:
        return rows
    elsewhere = Cell(reaches, CellQuery(reach, origin, destination, addresses=others))
    return list(best_of([*rows, *_at(rows, elsewhere)]))


def _at(rows: Sequence[Row], others: Cell) -> Iterator[Row]:
    """Compute rows at other addresses, and name what is stopped at the first ones."""
    for row in others.rows():
        if row.outcome is Outcome.BLOCKED:
            continue
        stopped = [one for one in rows if one.outcome is Outcome.BLOCKED and one.witness and not _apart(one, row)]
        yield _with_exception(row, stopped[0]) if stopped and row.outcome is Outcome.ALLOWED else row


def _apart(one: Row, other: Row) -> bool:
    return without(one.ports, other.ports) == one.ports


def _with_exception(row: Row, stopped: Row) -> Row:
    decision = stopped.decision
    rule = make_reason(ReasonKind.AT_RULE, where=decision.rule.where) if decision.rule else None
    reasons = (one for one in (rule, decision.reason) if one)
    exception = make_reason(ReasonKind.NOT_FOR_ALL, *reasons, example=stopped.witness)
    return msgspec.structs.replace(row, decision=msgspec.structs.replace(row.decision, reason=exception))
