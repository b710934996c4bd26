"""What entries are judged by: one host, its subjects and senders, and the cells of its exposure table."""

import datetime as dt
from collections.abc import Mapping

import msgspec

from netaudit.attribute.exposure.sight import hiding
from netaudit.model.facts import Gap, Source
from netaudit.model.netfilter.family import Family
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.table import ExposureTable
from netaudit.policy.cells import Cells
from netaudit.policy.senders import SenderZones
from netaudit.policy.subjects import Subjects


class HostContext(msgspec.Struct, frozen=True):
    """One host; `missing` are the sources that were not recorded, and that an answer may need.

    Of the families in `unplaced` nobody knows by which interfaces and routes packets come.
    Behind `hiding` something could be open: with such a gap nobody can tell that something is not.
    """

    subjects: Subjects
    senders: SenderZones
    cells: Cells
    missing: dict[Source, Reason]
    unplaced: Mapping[Family, Reason]
    hiding: tuple[Gap, ...]
    today: dt.date


def make_context(snapshot: Snapshot, table: ExposureTable, cells: Cells, today: dt.date) -> HostContext:
    """Return what the entries of a policy are judged by on a host."""
    senders = SenderZones(cells.subjects, table)
    return HostContext(cells.subjects, senders, cells, _missing(snapshot), table.unknown, hiding(snapshot.gaps), today)


def _missing(snapshot: Snapshot) -> dict[Source, Reason]:
    """Return the sources without which some entries cannot be judged, each with its reason."""
    gaps = {gap.source: gap.reason for gap in snapshot.gaps}
    missing = {
        source: make_reason(ReasonKind.SOURCE_GAP, source=source, gap=gaps[source])
        for source in (Source.DOCKER_CONTAINERS, Source.SOCKETS)
        if source in gaps
    }
    if (snapshot.inventory is None or snapshot.inventory.partial) and Source.DOCKER_CONTAINERS not in missing:
        missing[Source.DOCKER_CONTAINERS] = make_reason(ReasonKind.SOURCE_NOT_RECORDED, source=Source.DOCKER_CONTAINERS)
    return missing
