"""A packet that comes to a container whose own rules were recorded: its way in there, and the way of its answer out."""

from collections.abc import Collection, Iterator

import msgspec

from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import CtState, Field
from netaudit.model.reason import ReasonKind, make_reason
from netaudit.packets.host.containers.namespaces import ContainerNamespace
from netaudit.packets.host.fib import Routing
from netaudit.packets.trace.conntrack import begin
from netaudit.packets.trace.pipeline import HostContext, Pipeline, Start
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.trace.reply import ReplyContext, ReplyReceiver, is_answered, reply_start, tracking
from netaudit.packets.values.branch import Branch
from netaudit.packets.values.packet import Packet, Value
from netaudit.packets.values.steps import ARRIVED, End, EndKind, Step, StepKind, Trace


class _Anybody:
    """Receives what comes to a container, of whose sockets nothing is known; and what it would send on."""

    def take(self, state: Branch, recorder: TraceRecorder) -> None:
        """End what comes to a program of the container."""
        recorder.end(EndKind.LOCAL, state)

    def see_off(self, state: Branch, interface: str, recorder: TraceRecorder) -> None:
        """End what the container sends on."""
        recorder.end(EndKind.SENT, state, make_reason(ReasonKind.LEFT_BY, interface=interface))


def through_namespaces(found: Trace, namespaces: Collection[ContainerNamespace], family: Family) -> Trace:
    """Lead what leaves for a container through the container's own rules."""
    owners = {address: one for one in namespaces for address in one.addresses}
    steps, ends = [*found.steps], list[End]()
    for end in found.ends:
        owner = owners.get(end.packet.number(Field.DADDR) or 0) if end.kind is EndKind.SENT else None
        stopped = _stopped(end, owner, family) if owner else None
        steps += stopped.steps if stopped else ()
        ends += stopped.ends if stopped else [end]
    return msgspec.structs.replace(found, steps=tuple(steps), ends=tuple(ends))


def _stopped(end: End, owner: ContainerNamespace, family: Family) -> Trace | None:
    """Follow a packet in a namespace, and its answer, to what stops it there; None where nothing does."""
    ways = list(_ways(end, owner, family))
    ends = tuple(one for way in ways for one in _ends(way, owner, end))
    if not ends:
        return None
    entering = Step(StepKind.LINK, None, "continue", make_reason(ReasonKind.INSIDE_CONTAINER, container=owner.name))
    met = (step for way in ways for step in way.steps)
    steps = [msgspec.structs.replace(one, item=one.item.inside(owner.name)) if one.item else one for one in met]
    return Trace(end.packet, (entering, *steps), ends)


def _ways(end: End, owner: ContainerNamespace, family: Family) -> Iterator[Trace]:
    context, start = HostContext(owner.program, owner.host), _start(end.packet, owner, family)
    first = Pipeline(context, start, _Anybody(), begin).trace()
    yield first
    setting = ReplyContext(start, Routing(owner.host, family), None)
    for arrived in first.ends if is_answered(start.packet) else ():
        answer = reply_start(arrived, setting) if arrived.kind is EndKind.LOCAL else None
        if isinstance(answer, Start):
            yield Pipeline(context, answer, ReplyReceiver(setting), tracking(arrived.packet)).trace()


def _start(packet: Packet, owner: ContainerNamespace, family: Family) -> Start:
    """Begin where the packet comes in: its connection in there begins with it."""
    interface = owner.interface_of(packet.number(Field.DADDR) or 0)
    kept = {field: value for field, value in packet.fields.items() if not field.startswith("ct-")}
    here: dict[Field, Value] = {
        Field.IIF: interface,
        Field.OIF: "",
        Field.PHYSIN: "",
        Field.PHYSOUT: "",
        Field.MARK: 0,
        Field.SOCKET: 0,
        Field.CT_STATE: CtState.INVALID,
    }
    return Start(Packet({**kept, **here}), family, interface)


def _ends(way: Trace, owner: ContainerNamespace, outer: End) -> Iterator[End]:
    """Yield what stops a packet in a namespace; where it may pass as well, its arrival too."""
    stopped = [one for one in way.ends if one.kind not in ARRIVED]
    for one in stopped:
        reason = make_reason(ReasonKind.INSIDE_CONTAINER, container=owner.name)
        item = one.item.inside(owner.name) if one.item else None
        yield End(one.kind, outer.packet, reason, item, sure=one.sure and outer.sure)
    if stopped and len(stopped) < len(way.ends):
        yield msgspec.structs.replace(outer, sure=False)
