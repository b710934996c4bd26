"""Judge entries of a policy, and look for nothing else: only the cells that they ask about are computed."""

import datetime as dt
from collections.abc import Callable

from msgspec.structs import replace

from netaudit.attribute.attribution import Attribution
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.table import ExposureTable
from netaudit.policy.cells import Cells
from netaudit.policy.entry import Entry, Policy
from netaudit.policy.judging.context import make_context
from netaudit.policy.judging.judge import judge
from netaudit.policy.part import name_senders, part_of
from netaudit.policy.senders import zones_of
from netaudit.policy.subjects import Subjects
from netaudit.policy.verdict import Judged, Verdict

Attribute = Callable[[Item], Attribution]


def judge_alone(
    snapshot: Snapshot,
    entries: tuple[Entry, ...],
    attribute: Attribute,
    today: dt.date,
    uplinks: tuple[str, ...] | None = None,
) -> tuple[Judged, ...]:
    """Judge entries; undecided where the packets of the host's rules are more than can be held as sets."""
    try:
        return _judge(snapshot, entries, attribute, today, uplinks)
    except MemoryError:
        return tuple(map(undecidable, entries))


def _judge(
    snapshot: Snapshot,
    entries: tuple[Entry, ...],
    attribute: Attribute,
    today: dt.date,
    uplinks: tuple[str, ...] | None,
) -> tuple[Judged, ...]:
    subjects = Subjects(snapshot.inventory)
    zones = replace(zones_of(Policy(entries), uplinks), containers=name_senders(entries))
    table = ExposureTable(snapshot, snapshot.program, zones, part=part_of(entries, subjects))
    context = make_context(snapshot, table, Cells(table, subjects, attribute, {}), today)
    return tuple(judge(context, one) for one in entries)


def undecidable(entry: Entry) -> Judged:
    """Return the verdict of an entry where too many packets are told apart."""
    missing = (make_reason(ReasonKind.MANY_PACKETS),)
    return Judged(entry=entry, verdict=Verdict.UNDECIDED, missing=missing)
