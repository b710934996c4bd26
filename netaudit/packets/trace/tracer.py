"""One packet's way through the hooks of a host, and the way of its answer back."""

from collections.abc import Collection, Mapping
from functools import partial

import msgspec

from netaudit.model.docker import Inventory
from netaudit.model.exposure import Outcome
from netaudit.model.host import Host
from netaudit.model.netfilter.bridges import has_bridge_chains
from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.netfilter.program import Program
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.host.container_routes import macs
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.followed import Frames, doubted
from netaudit.packets.trace.conntrack import Connection, begin, belong, connection_of
from netaudit.packets.trace.inside import through_namespaces
from netaudit.packets.trace.neighbours import unsent, why_not_found
from netaudit.packets.trace.pipeline import HostContext, Pipeline, Start, start_of
from netaudit.packets.trace.reply import NoReply, ReplyContext, ReplyReceiver, is_answered, reply_start, tracking
from netaudit.packets.trace.sockets import Listeners
from netaudit.packets.values.packet import Packet, Value
from netaudit.packets.values.probe import PacketState, Probe
from netaudit.packets.values.solicitation import SOLICITATION, solicited_by
from netaudit.packets.values.steps import ARRIVED, End, EndKind, Trace

_CONNECTED = frozenset({"tcp", "udp", "sctp"})  # of which more than two packets are sent


def trace(
    program: Program, host: Host, probe: Probe, unseen: Collection[str] = (), inventory: Inventory | None = None
) -> Trace:
    """Follow a packet, and its answer if it is a first one; a later one of a connection by way of its first.

    `unseen` are sources that said nothing. The inventory tells by which of its networks a container answers.
    """
    return trace_in(HostContext(program, host, frozenset(unseen), inventory), probe)


def trace_in(context: HostContext, probe: Probe) -> Trace:
    """Follow a packet as `trace` does, also into the namespaces of containers that the context knows."""
    found, program, unseen = _follow(context, _from_hardware(context, probe)), context.program, context.unseen
    frames = Frames(probe.family, bridged=probe.neighbour)
    return doubted(found, frames, program, unseen)


def trace_answer(context: HostContext, asked: Start, end: End, known: Mapping[Field, Value]) -> Trace:
    """Follow the answer to a packet that came to an end; `known` is what is known of the answer's own fields."""
    setting = ReplyContext(asked, Routing(context.host, asked.family), context.inventory)
    start = reply_start(end, setting)
    if isinstance(start, NoReply):
        doubts = (start.reason,) if start.kind is EndKind.UNKNOWN else ()
        return Trace(end.packet, (), (End(start.kind, end.packet, start.reason),), doubts)
    start = msgspec.structs.replace(start, packet=start.packet.changed(known))
    return Pipeline(context, start, ReplyReceiver(setting), tracking(end.packet)).trace()


def _from_hardware(context: HostContext, probe: Probe) -> Probe:
    """Return the question with the hardware address of the container that sends, where it is known."""
    if probe.mac is not None or not probe.interface:
        return probe
    return msgspec.structs.replace(probe, mac=macs(context.inventory, probe.family).get(int(probe.source)))


def _follow(context: HostContext, probe: Probe) -> Trace:
    first = _first(context, msgspec.structs.replace(probe, state=PacketState.NEW))
    if probe.state is PacketState.NEW:
        return _with_later(context, probe, first)
    connections = _connections(first)
    if not connections:
        return _unless_started(context, probe, first)
    unanswered = first.arrives and first.outcome is Outcome.BLOCKED
    note = make_reason(ReasonKind.NO_CONNECTION_NO_ANSWER) if unanswered else None
    return _either([_later(context, probe, one, note) for one in connections])


def _unless_started(context: HostContext, probe: Probe, first: Trace) -> Trace:
    """Follow a later packet where no first one is known to arrive; of a connection that may be, nothing is known."""
    unknown = tuple(end for end in first.ends if end.kind is EndKind.UNKNOWN)
    found = _later(context, probe, {}, None if unknown else make_reason(ReasonKind.NO_CONNECTION_NO_ARRIVAL))
    if not unknown:
        return found
    ends = tuple(msgspec.structs.replace(end, sure=False) for end in (*found.ends, *unknown))
    doubts = tuple(dict.fromkeys((*found.doubts, *first.doubts)))
    return msgspec.structs.replace(found, ends=ends, doubts=doubts)


def _connections(first: Trace) -> list[Connection | None]:
    """List what the first packet of a connection may leave to later ones, once for each way to translate it."""
    known = [connection_of(end.packet) for end in first.ends if end.kind in ARRIVED or end.kind is EndKind.NOBODY]
    return [one for at, one in enumerate(known) if one not in known[:at]]


def _with_later(context: HostContext, probe: Probe, first: Trace) -> Trace:
    """Follow a later packet where the first one is answered, and keep its way if it may not arrive."""
    if probe.protocol not in _CONNECTED or first.outcome is not Outcome.ALLOWED:
        return first
    followed = msgspec.structs.replace(probe, state=PacketState.ESTABLISHED)
    found = [_later(context, followed, one, None) for one in _connections(first) if one is not None]
    stopped = tuple(one for one in found if one.outcome is not Outcome.ALLOWED)
    return msgspec.structs.replace(first, later=stopped) if stopped else first


def _first(context: HostContext, probe: Probe) -> Trace:
    """Follow the first packet of a connection, and the answers to where it may arrive."""
    start = start_of(probe)
    lost = _undiscovered(context, probe) if start.neighbour else why_not_found(context, probe)
    if lost:
        return lost
    found = unsent(context, start, Pipeline(context, start, Listeners(context), begin).trace())
    found = through_namespaces(found, context.namespaces, start.family)
    arrived = [end for end in found.ends if end.kind in ARRIVED] if is_answered(start.packet) else []
    answers = tuple(trace_answer(context, start, end, {}) for end in arrived)
    return msgspec.structs.replace(found, answers=answers)


def _undiscovered(context: HostContext, probe: Probe) -> Trace | None:
    """Follow the question who a neighbour on the bridge is; the trace of it where rules stop it, else None."""
    filtered = Routing(context.host, probe.family).sysctls.filters_bridged() or has_bridge_chains(context.program)
    if probe.family == "ip" or not filtered:
        return None
    question = msgspec.structs.replace(
        probe, destination=solicited_by(probe.destination), protocol="icmpv6", icmp=SOLICITATION
    )
    start = start_of(question)
    start = msgspec.structs.replace(start, packet=start.packet.changed({Field.CT_STATE: CtState.UNTRACKED}))
    found = Pipeline(context, start, Listeners(context), begin).trace()
    if found.arrives:
        return None
    ends = tuple(msgspec.structs.replace(end, reason=_undiscovered_by(end)) for end in found.ends)
    return msgspec.structs.replace(found, packet=probe.packet(), ends=ends)


def _undiscovered_by(end: End) -> Reason:
    return make_reason(ReasonKind.NEIGHBOUR_UNDISCOVERED, *([end.reason] if end.reason else []))


def _later(context: HostContext, probe: Probe, connection: Connection | None, note: Reason | None) -> Trace:
    """Follow a later packet of a connection; None where that is not tracked."""
    track = begin if connection is None else partial(_belong, connection)
    found = Pipeline(context, start_of(probe), Listeners(context), track).trace()
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
    reasons = (make_reason(ReasonKind.TRANSLATION_UNDECIDED),)
    doubts = dict.fromkeys(reasons + tuple(doubt for one in traces for doubt in one.doubts))
    notes = dict.fromkeys(note for one in traces for note in one.notes)
    limits = dict.fromkeys(item for one in traces for item in one.limits)
    return Trace(first.packet, tuple(steps), tuple(ends), tuple(doubts), tuple(notes), limits=tuple(limits))
