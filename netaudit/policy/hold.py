"""Hold a policy against a snapshot."""

import datetime as dt

import msgspec

from netaudit.attribute.attributor import Attributor
from netaudit.attribute.signatures.signature import Catalog
from netaudit.attribute.snapshot import attribute_head
from netaudit.model.facts import Source
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.table import ExposureTable
from netaudit.policy.cells import Cells
from netaudit.policy.coverage import uncovered
from netaudit.policy.entry import Policy
from netaudit.policy.ground import Ground
from netaudit.policy.judge import judge
from netaudit.policy.senders import SenderZones, zones_of
from netaudit.policy.subjects import Subjects
from netaudit.policy.verdict import Assertion


class Held(msgspec.Struct, frozen=True):
    """A policy on its ground: what is judged, and by what."""

    assertion: Assertion
    ground: Ground


def hold(
    snapshot: Snapshot, policy: Policy, catalog: Catalog, today: dt.date, uplinks: tuple[str, ...] | None = None
) -> Held:
    """Judge every entry of a policy. Raises MemoryError for rules that are too many for sets."""
    table = ExposureTable(snapshot, snapshot.program, zones_of(policy, uplinks))
    subjects = Subjects(snapshot.inventory)
    cells = Cells(table, subjects, Attributor.of(snapshot, catalog).attribute)
    ground = Ground(subjects, SenderZones(subjects, table), cells, _missing(snapshot, table), today)
    open_entries = tuple(one for one in policy.entries if not one.ended(today))
    left = () if table.unknown else uncovered(ground, table, open_entries)
    assertion = Assertion(
        head=attribute_head(snapshot),
        policy=policy,
        judged=tuple(judge(ground, one) for one in policy.entries),
        uncovered=tuple(map(cells.attributed, left)),
    )
    return Held(assertion, ground)


def _missing(snapshot: Snapshot, table: ExposureTable) -> dict[Source, Reason]:
    """Return the sources without which some entries cannot be judged, each with its reason."""
    gaps = {gap.source: gap.reason for gap in snapshot.gaps}
    missing = {
        source: make_reason(ReasonKind.SOURCE_GAP, source=source, gap=gaps[source])
        for source in (Source.DOCKER_CONTAINERS, Source.SOCKETS)
        if source in gaps
    }
    if table.unknown:
        missing[Source.IP_ADDR] = table.unknown
    if (snapshot.inventory is None or snapshot.inventory.partial) and Source.DOCKER_CONTAINERS not in missing:
        missing[Source.DOCKER_CONTAINERS] = make_reason(ReasonKind.SOURCE_NOT_RECORDED, source=Source.DOCKER_CONTAINERS)
    return missing
