"""The words for a packet's way: of its steps, of what they change, of how it ends."""

import shlex
from collections.abc import Iterator
from ipaddress import ip_address

from netaudit.attribute.attribution import Confidence
from netaudit.attribute.trace import AttributedTrace
from netaudit.model.exposure import Outcome
from netaudit.model.netfilter.match import ADDRESSES, NFPROTO_IPV6, CtState, Field
from netaudit.model.netfilter.ruleset import Item
from netaudit.model.reason import ReasonKind
from netaudit.packets.values.packet import Packet, Value
from netaudit.packets.values.steps import Change, End, EndKind, Hop, Step, StepKind
from netaudit.report.text.by_cause import describe_causes
from netaudit.report.text.reasons import describe_reason

_FIELDS = {
    Field.SADDR: "source",
    Field.DADDR: "destination",
    Field.SPORT: "source port",
    Field.DPORT: "port",
    Field.CT_MARK: "connection mark",
    Field.CT_STATE: "connection state",
}
_NAMED_BY_RULE = (ReasonKind.BY_RULE, ReasonKind.BY_POLICY)  # whose place says it already
_MARKS = frozenset({Field.MARK, Field.CT_MARK})
_ENDS = {
    EndKind.LOCAL: "a program of this host takes it",
    EndKind.SENT: "it leaves",
    EndKind.NOBODY: "it reaches this host, and nobody takes it",
    EndKind.DROPPED: "it is dropped",
    EndKind.REJECTED: "it is rejected",
    EndKind.LOST: "it goes nowhere",
    EndKind.UNKNOWN: "what becomes of it is not known",
}
_OUTCOMES = {
    Outcome.ALLOWED: "ALLOWED",
    Outcome.BLOCKED: "blocked",
    Outcome.MAY: "MAY get through",
    Outcome.NOBODY: "nobody listens",
}


def describe_outcome(shown: AttributedTrace) -> str:
    """Sum a trace up in one line."""
    trace = shown.journey.trace
    outcome = _OUTCOMES[trace.outcome]
    if trace.later and (stopped := [end.item.where for one in trace.later for end in one.ends if end.item]):
        return f"{outcome}: it connects, then stopped by {', '.join(dict.fromkeys(stopped))}"
    unanswered = trace.outcome is Outcome.BLOCKED and trace.arrives
    if trace.limited_by:
        return f"{outcome}, limited by {', '.join(item.where for item in trace.limited_by)}"
    return f"{outcome}: it arrives, and its answer does not come back" if unanswered else outcome


def describe_published(shown: AttributedTrace, recording: str = "") -> tuple[str, ...]:
    """Say what becomes of packets to the published port, where one to the container's own address does not arrive.

    `recording` is how the user named it, for the command.
    """
    if not shown.published:
        return ()
    if shown.by_published:
        return tuple(_by_published(shown, recording))
    ports = ", ".join(str(one) for one in shown.published)
    port = shown.published[0]
    said = f"The container publishes this port as {ports}. For packets to a published port ask about the host's address"
    return (f"{said}: --to ADDRESS:{port.host_port}/{port.protocol}",)


def _by_published(shown: AttributedTrace, recording: str) -> Iterator[str]:
    source = shlex.quote(shown.journey.question.source)
    for one in shown.by_published:
        outcome = _OUTCOMES[one.outcome]
        same = one.outcome is shown.journey.trace.outcome
        said = f"{outcome} by the published port too" if same else f"but {outcome} by the published port"
        yield f"{said}: netaudit trace --from {source} --to {one.target}{recording and f' {recording}'}"


def describe_place(step: Step) -> str:
    """Name where a step is: a rule's place, else what happens."""
    return step.item.where if step.item else str(step.kind)


def describe_step(step: Step) -> str:
    """Describe a step: a rule's text, or words."""
    match step.kind:
        case StepKind.RULE | StepKind.POLICY:
            return step.item.text if step.item else ""
        case StepKind.CONNECTION | StepKind.NAT | StepKind.ROUTE | StepKind.LINK:
            return describe_reason(step.detail)


def describe_verdict(step: Step, packet: Packet) -> str:
    """Describe what a step decides and changes: `accept, destination 192.0.2.10 → 172.17.0.2`."""
    return ", ".join([*([step.verdict] if step.item else []), *(describe_change(one, packet) for one in step.changes)])


def describe_change(change: Change, packet: Packet) -> str:
    """Describe what became of a field."""
    name = _FIELDS.get(change.field, str(change.field))
    return f"{name} {_value(change.field, change.before, packet)} → {_value(change.field, change.after, packet)}"


def _value(field: Field, value: Value, packet: Packet) -> str:
    if value is None:
        return "?"
    if field in ADDRESSES and isinstance(value, int):
        return str(ip_address(value.to_bytes(16 if packet.get(Field.NFPROTO) == NFPROTO_IPV6 else 4, "big")))
    if field in _MARKS and isinstance(value, int):
        return f"{value:#x}"
    if field is Field.CT_STATE and isinstance(value, int):
        return (CtState(value).name or str(value)).lower()
    return str(value) or "none"


def describe_decider(shown: AttributedTrace) -> str:
    """Name the rule or policy that ends a packet's way, "" where none does or several may."""
    ends = shown.journey.trace.ends
    item = ends[0].item if len(ends) == 1 else None
    return f"by {item.where}  {item.text}" if item else ""


def describe_author(item: Item | None, shown: AttributedTrace) -> Iterator[str]:
    """Describe who wrote a rule, for whom and why."""
    attribution = shown.attributions.get(item) if item else None
    if attribution is None or attribution.confidence is Confidence.UNATTRIBUTED:
        return
    if attribution.purpose:
        yield attribution.purpose
    if attribution.causes:
        sure = "" if attribution.confidence is Confidence.PROVED else f" ({attribution.confidence})"
        yield f"caused by {describe_causes(attribution.causes)}{sure}"


def describe_end(end: End) -> str:
    """Describe an end."""
    details = [part for part in (end.item.where if end.item else "", _end_reason(end)) if part]
    by = " by " if end.kind is EndKind.SENT or end.item else ": "
    return _ENDS[end.kind] + (by + ", ".join(details) if details else "")


def _end_reason(end: End) -> str:
    return "" if end.reason is None or end.reason.kind in _NAMED_BY_RULE else describe_reason(end.reason)


def describe_hop(hop: Hop) -> str:
    """Describe a place that a packet passes."""
    return ", ".join(part for part in (hop.address, hop.mac, describe_reason(hop.detail)) if part)
