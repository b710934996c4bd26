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
from netaudit.model.host import Ip
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.snapshot import Snapshot
from netaudit.packets.query.query import TraceAnswer, TraceQuery, answer_query
from netaudit.packets.query.sources import is_host
from netaudit.packets.query.target import Target, host_address, read_target

_MOST_PUBLISHED = 4  # published ports that a packet is followed to


class ByPublished(msgspec.Struct, frozen=True):
    """What becomes of the same sender's packet to a published port of the host."""

    port: PortBinding
    target: str  # as `trace --to` takes it
    outcome: Outcome


class AttributedTrace(msgspec.Struct, frozen=True):
    """A journey with the attribution of every rule and policy in it.

    `published`: where the container's port is published, if the packet was sent to the container's own address and
    does not arrive: packets to these may; those on loopback only where the host itself sends. `by_published` says what
    becomes of those. Where the container publishes no such port, those whose port of the host was asked for.
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
    published = () if journey.trace.outcome is Outcome.ALLOWED else tuple(_published(journey.question, snapshot))
    others = tuple(_by_published(journey.question, published, snapshot))
    return AttributedTrace(attribute_head(snapshot), journey, known, published, others)


def _by_published(question: TraceQuery, published: Iterable[PortBinding], snapshot: Snapshot) -> Iterator[ByPublished]:
    """Follow the sender's packet to where the port is published, where that is an address it can be asked about."""
    for port in islice(published, _MOST_PUBLISHED):
        wildcard = _address(port).is_unspecified
        address = host_address(snapshot, Family.IP6 if ":" in port.host_ip else Family.IP) if wildcard else port.host_ip
        if not (address and port.host_port):
            continue
        target = f"{with_port(str(address), port.host_port)}/{port.protocol}"
        try:
            answer = answer_query(replace(question, target=target), snapshot, snapshot.program)
        except NetauditError:  # the sender has no address of this family
            continue
        yield ByPublished(port, target, answer.trace.outcome)


def _published(question: TraceQuery, snapshot: Snapshot) -> list[PortBinding]:
    """List where the port of a container is published that a packet was sent to, as far as its sender gets there."""
    to = read_target(question.target, snapshot)
    known = [one for one in _bindings(to, snapshot) if one.protocol == to.protocol]
    if any(_address(one).is_loopback for one in known) and not is_host(question.source, snapshot):
        known = [one for one in known if not _address(one).is_loopback]
    meant = [one for one in known if one.container_port == to.port]
    return meant or [one for one in known if one.host_port == to.port]


def _bindings(to: Target, snapshot: Snapshot) -> Iterator[PortBinding]:
    """List the published ports of the container that a packet was sent to."""
    for one in snapshot.inventory.containers if snapshot.inventory else ():
        if one == to.container or (to.address and _has_address(one, str(to.address))):
            yield from one.bindings


def _address(port: PortBinding) -> Ip:
    return ip_address(port.host_ip or "0.0.0.0")  # noqa: S104 (a port's address, nothing listens)


def _has_address(container: Container, address: str) -> bool:
    own = (end.address_of(family) for end in container.endpoints for family in Family)
    return container.running and any(one.partition("/")[0] == address for one in own)
