"""A question about one packet -> its trace, and the places and wires that it passes, as people draw them."""

import msgspec

from netaudit.errors import UsageError
from netaudit.model.address_text import with_port
from netaudit.model.docker import Container
from netaudit.model.exposure import ZoneKind
from netaudit.model.facts import GapReason
from netaudit.model.host import Interface, Ip
from netaudit.model.netfilter.family import IP_FAMILIES, Family, family_of_version
from netaudit.model.netfilter.program import Program
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot
from netaudit.packets.host.bridge_ports import ports_of
from netaudit.packets.host.container_routes import is_on_link
from netaudit.packets.host.containers.namespaces import namespaces_of
from netaudit.packets.host.endpoints import with_every_endpoint
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.locations import (
    Attached,
    Source,
    attached_at,
    attachments,
    in_network,
    owner,
    read_source,
)
from netaudit.packets.query.ahead import decided_ahead
from netaudit.packets.query.onward import receivers, through_proxy
from netaudit.packets.query.path import draw, draw_ahead
from netaudit.packets.query.sources import named_source
from netaudit.packets.query.target import Target, read_target
from netaudit.packets.trace.pipeline import HostContext
from netaudit.packets.trace.tracer import trace_in
from netaudit.packets.values.probe import CLIENT_PORT, PacketState, Probe
from netaudit.packets.values.steps import End, EndKind, Hop, HopKind, Step, StepKind, Trace


class TraceQuery(msgspec.Struct, frozen=True):
    """What was asked, as it was typed."""

    source: str
    target: str
    interface: str = ""
    state: PacketState = PacketState.NEW


class TraceAnswer(msgspec.Struct, frozen=True):
    """An answer: the packet from and to, its way in the host, and the places that it passes."""

    question: TraceQuery
    source: str
    target: str
    trace: Trace
    hops: tuple[Hop, ...] = ()


def answer_query(question: TraceQuery, snapshot: Snapshot, program: Program) -> TraceAnswer:
    """Answer a question. Raises UsageError or SubjectError where it cannot be understood."""
    if snapshot.inventory is not None:
        complete = with_every_endpoint(snapshot.inventory, snapshot.host)
        snapshot = msgspec.structs.replace(snapshot, inventory=complete)
    question = msgspec.structs.replace(question, source=named_source(question.source, snapshot))
    target = read_target(question.target, snapshot)
    if target.container is not None:
        target = _addressed(target, question.source, snapshot)
    if target.address is None:
        raise UsageError(f"{question.target} has no address", hint="name an address")
    inside = _same_namespace(question, target, snapshot)
    if inside is not None:
        return inside
    source = read_source(question.source, question.interface, target.address, snapshot, receivers(target, snapshot))
    if source.attached is not None and target.address.is_loopback and not question.source.startswith(ZoneKind.NETWORK):
        return _inside(question, target, source.attached.container, source.attached)
    probe = _probe(question, source, target, target.address, snapshot)
    if ahead := decided_ahead(source, question.source, probe, snapshot):
        return _answer(question, source, target, ahead, draw_ahead(source, ahead, snapshot))
    unseen = {gap.source for gap in snapshot.gaps if gap.reason is not GapReason.PARTIAL}
    known = HostContext(program, snapshot.host, frozenset(unseen), snapshot.inventory, namespaces_of(snapshot))
    found = through_proxy(trace_in(known, probe), known)
    return _answer(question, source, target, found, draw(source, found, snapshot))


def _addressed(target: Target, source: str, snapshot: Snapshot) -> Target:
    """Choose the address of a container: on a network that it shares with the sender, else its first."""
    container = owner(snapshot, target.container) if target.container else None
    if container is None or container.network_mode == "host":
        name = container.name if container else ""
        raise UsageError(f"container {name} has the host's addresses", hint="name one of them")
    kind, _, name = source.partition(":")
    families = (Family.IP6,) if target.protocol == "icmpv6" else IP_FAMILIES
    found = [one for family in families for one in attachments(snapshot, container, family)]
    if not found:
        raise UsageError(f"container {container.name} has no address: is it running?", hint="name an address")
    near = _networks_of(kind, name, snapshot)
    shared = [one for one in found if one.network.id in near]
    return msgspec.structs.replace(target, address=(shared or found)[0].address, container=container)


def _networks_of(kind: str, name: str, snapshot: Snapshot) -> set[str]:
    inventory = snapshot.inventory
    if inventory is None:
        return set()
    if kind == "network":
        return {one.id for one in inventory.networks if one.name == name}
    senders = [owner(snapshot, one) for one in inventory.containers if kind == "container" and one.name == name]
    return {one.network_id for container in senders for one in container.endpoints}


def _same_namespace(question: TraceQuery, target: Target, snapshot: Snapshot) -> TraceAnswer | None:
    """Answer for two containers that share a network namespace: what they say never leaves it."""
    kind, _, name = question.source.partition(":")
    address = target.address
    attached = attached_at(snapshot, address) if address and kind == "container" else None
    if attached is None or snapshot.inventory is None:
        return None
    sender = next((one for one in snapshot.inventory.containers if one.name == name), None)
    if sender is None or owner(snapshot, sender).id != attached.container.id:
        return None
    return _inside(question, target, sender, attached)


def _inside(question: TraceQuery, target: Target, sender: Container, attached: Attached) -> TraceAnswer:
    """Answer for what a container sends to its own namespace, which is another one's too if they share it."""
    address = target.address or attached.address
    probe = Probe(attached.address, address, target.protocol, target.port, interface="lo")
    step = Step(StepKind.LINK, None, "continue", _inside_namespace(sender, attached.container))
    end = End(EndKind.LOCAL, probe.packet(), make_reason(ReasonKind.LISTENER_INSIDE_NOT_RECORDED))
    found = Trace(probe.packet(), (step,), (end,), notes=(make_reason(ReasonKind.RULES_INSIDE_NOT_RECORDED),))
    inside = make_reason(ReasonKind.LOOPBACK_INSIDE)
    hop = Hop(HopKind.SENDER, f"container {sender.name}", str(address), detail=inside)
    return TraceAnswer(question, f"container {sender.name}", question.target, found, (hop,))


def _inside_namespace(sender: Container, other: Container) -> Reason:
    if sender.name == other.name:
        return make_reason(ReasonKind.INSIDE_NAMESPACE, container=sender.name)
    return make_reason(ReasonKind.INSIDE_SHARED_NAMESPACE, container=sender.name, other=other.name)


def _probe(question: TraceQuery, source: Source, target: Target, address: Ip, snapshot: Snapshot) -> Probe:
    port, neighbour, neighbour_port = "", False, ""
    if source.attached is not None and snapshot.inventory is not None:
        bridge = source.attached.network.bridge
        port = _certain(_ports(snapshot, source.attached.container, bridge))
        other = attached_at(snapshot, address)
        neighbour = in_network(source.attached.network, address) and not _is_own(snapshot, address)
        if neighbour and other is not None:
            neighbour_port = _certain(_ports(snapshot, other.container, bridge))
    elif _is_bridged(source, address, snapshot):
        neighbour = True
    return Probe(
        source=source.address,
        destination=address,
        protocol=target.protocol,
        dport=target.port,
        sport=CLIENT_PORT if target.port is not None else None,
        interface=source.interface,
        port=port,
        neighbour=neighbour,
        neighbour_port=neighbour_port,
        state=question.state,
    )


def _ports(snapshot: Snapshot, container: Container, bridge: str) -> tuple[Interface, ...]:
    return ports_of(snapshot.host, snapshot.inventory, container, bridge) if snapshot.inventory else ()


def _certain(ports: tuple[Interface, ...]) -> str:
    return ports[0].name if len(ports) == 1 else ""


def _is_bridged(source: Source, address: Ip, snapshot: Snapshot) -> bool:
    """Tell whether a bridge passes a packet on between two of its ports: both ends are on its link.

    Where the host has no address on the bridge, no container has it as its gateway.
    """
    routing = Routing(snapshot.host, family_of_version(address.version))
    bridge = routing.interfaces.get(source.interface)
    if bridge is None or bridge.kind != "bridge" or _is_own(snapshot, address):
        return False
    own = [one for one in routing.addresses(bridge) if not one.is_link_local]
    return not own or is_on_link(routing, snapshot.inventory, bridge.name, address)


def _is_own(snapshot: Snapshot, address: Ip) -> bool:
    return any(one.ip == address for interface in snapshot.host.interfaces for one in interface.addresses)


def _answer(question: TraceQuery, source: Source, target: Target, found: Trace, hops: tuple[Hop, ...]) -> TraceAnswer:
    at = with_port(str(target.address), target.port) if target.port else str(target.address)
    shown = f"{at}/{target.protocol}"
    named = f" (container {target.container.name})" if target.container else ""
    return TraceAnswer(question, source.label, shown + named, found, hops)
