"""A packet's way, with who wrote each rule that it meets, and for whom."""

from collections.abc import Iterator

import msgspec

from netaudit.attribute import attribute_head
from netaudit.attribute.attribution import Attribution, SnapshotHead
from netaudit.attribute.attributor import Attributor
from netaudit.attribute.signatures.signature import Catalog
from netaudit.model.docker import Container, PortBinding
from netaudit.model.exposure import Outcome
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.locations import read_target
from netaudit.packets.query.query import TraceAnswer, TraceQuery, answer_query


class AttributedTrace(msgspec.Struct, frozen=True):
    """A journey with the attribution of every rule and policy in it.

    `published`: where the container's port is published, if the packet was sent to the container's own address and
    does not arrive: packets to these may.
    """

    head: SnapshotHead
    journey: TraceAnswer
    attributions: dict[Item, Attribution]
    published: tuple[PortBinding, ...] = ()


def trace_snapshot(question: TraceQuery, snapshot: Snapshot, catalog: Catalog) -> AttributedTrace:
    """Follow a packet through a snapshot. Raises UsageError or SubjectError."""
    journey = answer_query(question, snapshot, snapshot.program)
    ways = (journey.trace, *journey.trace.answers, *journey.trace.later)
    met = [*(step.item for way in ways for step in way.steps), *(end.item for way in ways for end in way.ends)]
    items = [item for item in met if item is not None]
    attributor = Attributor.of(snapshot, catalog) if items else None
    known = {item: attributor.attribute(item) for item in dict.fromkeys(items)} if attributor else {}
    published = () if journey.trace.outcome is Outcome.ALLOWED else tuple(_published(question.target, snapshot))
    return AttributedTrace(attribute_head(snapshot), journey, known, published)


def _published(target: str, snapshot: Snapshot) -> Iterator[PortBinding]:
    """List where the port of a container is published that a packet was sent to."""
    to = read_target(target, snapshot)
    for one in snapshot.inventory.containers if snapshot.inventory else ():
        if one == to.container or (to.address and _has_address(one, str(to.address))):
            wanted = (to.protocol, to.port)
            yield from (port for port in one.bindings if (port.protocol, port.container_port) == wanted)


def _has_address(container: Container, address: str) -> bool:
    own = (end.address_of(family) for end in container.endpoints for family in Family)
    return container.running and any(one.partition("/")[0] == address for one in own)
