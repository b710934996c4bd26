"""A packet's way, with who wrote each rule that it meets, and for whom."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from itertools import islice

import msgspec
from msgspec.structs import replace

from netaudit.attribute import attribute_head
from netaudit.attribute.attribution import Attribution, SnapshotHead
from netaudit.attribute.attributor import Attributor
from netaudit.attribute.signatures.signature import Catalog
from netaudit.errors import NetauditError
from netaudit.model.address_text import with_port
from netaudit.model.docker import Container, PortBinding
from netaudit.model.exposure import Outcome
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.snapshot import Snapshot
from netaudit.packets.query.query import TraceAnswer, TraceQuery, answer_query
from netaudit.packets.query.target import host_address, read_target

_MOST_PUBLISHED = 4  # published ports that a packet is followed to


class ByPublished(msgspec.Struct, frozen=True):
    """What becomes of the same sender's packet to a published port of the host."""

    target: str  # as `trace --to` takes it
    outcome: Outcome


class AttributedTrace(msgspec.Struct, frozen=True):
    """A journey with the attribution of every rule and policy in it.

    `published`: where the container's port is published, if the packet was sent to the container's own address and
    does not arrive: packets to these may. `by_published` says what becomes of those.
    """

    head: SnapshotHead
    journey: TraceAnswer
    attributions: dict[Item, Attribution]
    published: tuple[PortBinding, ...] = ()
    by_published: tuple[ByPublished, ...] = ()


def trace_snapshot(question: TraceQuery, snapshot: Snapshot, catalog: Catalog) -> AttributedTrace:
    """Follow a packet through a snapshot. Raises UsageError or SubjectError."""
    journey = answer_query(question, snapshot, snapshot.program)
    ways = (journey.trace, *journey.trace.answers, *journey.trace.later)
    met = [*(step.item for way in ways for step in way.steps), *(end.item for way in ways for end in way.ends)]
    items = [item for item in met if item is not None]
    attributor = Attributor.of(snapshot, catalog) if items else None
    known = {item: attributor.attribute(item) for item in dict.fromkeys(items)} if attributor else {}
    published = () if journey.trace.outcome is Outcome.ALLOWED else tuple(_published(question.target, snapshot))
    others = tuple(_by_published(question, published, snapshot))
    return AttributedTrace(attribute_head(snapshot), journey, known, published, others)


def _by_published(question: TraceQuery, published: Iterable[PortBinding], snapshot: Snapshot) -> Iterator[ByPublished]:
    """Follow the sender's packet to where the port is published, where that is an address it can be asked about."""
    for port in islice(published, _MOST_PUBLISHED):
        wildcard = ip_address(port.host_ip or "0.0.0.0").is_unspecified  # noqa: S104 (a port's address, nothing listens)
        address = host_address(snapshot, Family.IP6 if ":" in port.host_ip else Family.IP) if wildcard else port.host_ip
        if not (address and port.host_port):
            continue
        target = f"{with_port(str(address), port.host_port)}/{port.protocol}"
        try:
            answer = answer_query(replace(question, target=target), snapshot, snapshot.program)
        except NetauditError:  # the sender has no address of this family
            continue
        yield ByPublished(target, answer.trace.outcome)


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
