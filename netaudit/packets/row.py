"""A row of the exposure table, before it is joined with its zone and destination."""

import msgspec

from netaudit.model.exposure import Outcome, Way
from netaudit.packets.decision import Decision
from netaudit.packets.ranges import Ranges


class Row(msgspec.Struct, frozen=True):
    """Ports with one outcome by one decision."""

    ports: Ranges
    outcome: Outcome
    way: Way
    decision: Decision
    witness: str = ""
