"""A packet's way, with who wrote each rule that it meets, and for whom."""

import msgspec

from netaudit.attribute import attribute_head
from netaudit.attribute.attribution import Attribution, SnapshotHead
from netaudit.attribute.attributor import Attributor
from netaudit.attribute.signatures.signature import Catalog
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.snapshot import Snapshot
from netaudit.packets.query.query import TraceAnswer, TraceQuery, answer_query


class AttributedTrace(msgspec.Struct, frozen=True):
    """A journey with the attribution of every rule and policy in it."""

    head: SnapshotHead
    journey: TraceAnswer
    attributions: dict[Item, Attribution]


def trace_snapshot(question: TraceQuery, snapshot: Snapshot, catalog: Catalog) -> AttributedTrace:
    """Follow a packet through a snapshot. Raises UsageError or SubjectError."""
    journey = answer_query(question, snapshot, snapshot.program)
    ways = (journey.trace, *journey.trace.answers, *journey.trace.later)
    met = [*(step.item for way in ways for step in way.steps), *(end.item for way in ways for end in way.ends)]
    items = [item for item in met if item is not None]
    attributor = Attributor.of(snapshot, catalog) if items else None
    known = {item: attributor.attribute(item) for item in dict.fromkeys(items)} if attributor else {}
    return AttributedTrace(attribute_head(snapshot), journey, known)
