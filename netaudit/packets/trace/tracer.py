"""One packet's way through the hooks of a host, and the way of its answer back."""

from collections.abc import Collection, Mapping
from functools import partial

import msgspec

from netaudit.model.docker import Inventory
from netaudit.model.exposure import Outcome
from netaudit.model.host import Host
from netaudit.model.match import CtState, Field
from netaudit.model.program import Program
from netaudit.packets.host.container_routes import NO_WAY
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.followed import doubted
from netaudit.packets.host.solicitation import DISCOVERY_STOPPED, SOLICITATION, solicited_by
from netaudit.packets.trace.conntrack import Connection, begin, belong, connection_of
from netaudit.packets.trace.pipeline import HostContext, Pipeline, Start, start_of
from netaudit.packets.trace.reply import ReplyContext, ReplyReceiver, is_answered, reply_start, tracking
from netaudit.packets.trace.sockets import Listeners
from netaudit.packets.values.packet import Packet, Value
from netaudit.packets.values.probe import PacketState, Probe
from netaudit.packets.values.steps import ARRIVED, End, EndKind, Trace


def trace(
    program: Program, host: Host, probe: Probe, unseen: Collection[str] = (), inventory: Inventory | None = None
) -> Trace:
    """Follow a packet, and its answer if it is a first one; a later one of a connection by way of its first.

    `unseen` are sources that said nothing. The inventory tells by which of its networks a container answers.
    """
    found = _follow(HostContext(program, host, frozenset(unseen), inventory), probe)
    return doubted(found, probe.family, program, unseen)


def trace_answer(ground: HostContext, asked: Start, end: End, known: Mapping[Field, Value]) -> Trace:
    """Follow the answer to a packet that came to an end; `known` is what is known of the answer's own fields."""
    setting = ReplyContext(asked, Routing(ground.host, asked.family), ground.inventory)
    start = reply_start(end, setting)
    if isinstance(start, str):
        kind, doubts = (EndKind.LOST, ()) if start == NO_WAY else (EndKind.UNKNOWN, (start,))
        return Trace(end.packet, (), (End(kind, end.packet, start),), doubts)
    start = msgspec.structs.replace(start, packet=start.packet.changed(known))
    return Pipeline(ground, start, ReplyReceiver(setting), tracking(end.packet)).trace()


def _follow(ground: HostContext, probe: Probe) -> Trace:
    first = _first(ground, msgspec.structs.replace(probe, state=PacketState.NEW))
    if probe.state is PacketState.NEW:
        return first
    known = [connection_of(end.packet) for end in first.ends if end.kind in ARRIVED or end.kind is EndKind.NOBODY]
    connections = [one for at, one in enumerate(known) if one not in known[:at]]
    if not connections:
        return _later(ground, probe, {}, "no connection like this can begin now: its first packet does not arrive")
    unanswered = first.arrives and first.outcome is Outcome.BLOCKED
    note = "no connection like this can begin now: its answer does not come back" if unanswered else ""
    return _either([_later(ground, probe, one, note) for one in connections])


def _first(ground: HostContext, probe: Probe) -> Trace:
    """Follow the first packet of a connection, and the answers to where it may arrive."""
    start = start_of(probe)
    if start.neighbour and (lost := _undiscovered(ground, probe)):
        return lost
    found = Pipeline(ground, start, Listeners(ground.host, ground.unseen), begin).trace()
    arrived = [end for end in found.ends if end.kind in ARRIVED] if is_answered(start.packet) else []
    answers = tuple(trace_answer(ground, start, end, {}) for end in arrived)
    return msgspec.structs.replace(found, answers=answers)


def _undiscovered(ground: HostContext, probe: Probe) -> Trace | None:
    """Follow the question who a neighbour on the bridge is; the trace of it where rules stop it, else None."""
    if probe.family == "ip" or not Routing(ground.host, probe.family).sysctls.filters_bridged():
        return None
    question = msgspec.structs.replace(
        probe, destination=solicited_by(probe.destination), protocol="icmpv6", icmp=SOLICITATION
    )
    start = start_of(question)
    start = msgspec.structs.replace(start, packet=start.packet.changed({Field.CT_STATE: CtState.UNTRACKED}))
    found = Pipeline(ground, start, Listeners(ground.host, ground.unseen), begin).trace()
    if found.arrives:
        return None
    ends = tuple(
        msgspec.structs.replace(end, text=f"{DISCOVERY_STOPPED}: {end.text}".removesuffix(": ")) for end in found.ends
    )
    return msgspec.structs.replace(found, packet=probe.packet(), ends=ends)


def _later(ground: HostContext, probe: Probe, connection: Connection | None, note: str) -> Trace:
    """Follow a later packet of a connection; None where that is not tracked."""
    track = begin if connection is None else partial(_belong, connection)
    found = Pipeline(ground, start_of(probe), Listeners(ground.host, ground.unseen), track).trace()
    return msgspec.structs.replace(found, notes=(note, *found.notes)) if note else found


def _belong(connection: Connection, packet: Packet) -> Packet:
    return belong(packet, connection)


def _either(traces: list[Trace]) -> Trace:
    """Join the ways that a packet may take, one for each way in which its connection may have been translated."""
    first, *others = traces
    if not others:
        return first
    steps = [msgspec.structs.replace(step, sure=False) for one in traces for step in one.steps]
    ends = [msgspec.structs.replace(end, sure=False) for one in traces for end in one.ends]
    reasons = ("how the connection's first packet was translated is not decided",)
    doubts = dict.fromkeys(reasons + tuple(doubt for one in traces for doubt in one.doubts))
    notes = dict.fromkeys(note for one in traces for note in one.notes)
    return Trace(first.packet, tuple(steps), tuple(ends), tuple(doubts), tuple(notes))
