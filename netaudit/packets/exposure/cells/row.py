"""A row of the exposure table, before it is joined with its zone and destination."""

from collections.abc import Iterable, Iterator

import msgspec

from netaudit.model.exposure import BEST_FIRST, Delivery, Outcome
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.ranges import Ranges, without
from netaudit.packets.symbolic.encoding.decision import Decision


class Row(msgspec.Struct, frozen=True):
    """Ports with one outcome by one decision."""

    ports: Ranges
    outcome: Outcome
    way: Delivery
    decision: Decision
    witness: str = ""
    limited_by: tuple[Item, ...] = ()


def best_of(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield for each port its best row: where a zone has several ways, one that leads there is enough."""
    taken: Ranges = ()
    for row in sorted(rows, key=lambda one: BEST_FIRST.index(one.outcome)):
        left = without(row.ports, taken)
        if left:
            yield msgspec.structs.replace(row, ports=left)
            taken = tuple(sorted((*taken, *left)))
