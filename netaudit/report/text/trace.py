"""The words for a packet's way: of its steps, of what they change, of how it ends."""

import shlex
from collections.abc import Iterator
from ipaddress import ip_address

from netaudit.attribute.attribution import Confidence
from netaudit.attribute.trace import AttributedTrace
from netaudit.model.address_text import with_port
from netaudit.model.exposure import Outcome
from netaudit.model.netfilter.match import ADDRESSES, NFPROTO_IPV6, CtState, Field
from netaudit.model.netfilter.program import Hook
from netaudit.model.netfilter.ruleset import Item, ObjectKind
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
_DECIDING = (Hook.INPUT, Hook.FORWARD, Hook.OUTPUT)
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
    """Sum a trace up in one line: what becomes of the packet, by which rule, and of one to the published port."""
    where = " at its own address" if shown.published else ""
    own = f"{_OUTCOMES[shown.journey.trace.outcome]}{where}{_by(shown)}"
    return "; ".join([own, *(f"{outcome} by port {ports}" for outcome, ports in _by_published(shown))])


def _by(shown: AttributedTrace) -> str:
    """Say which rule makes the outcome, and for whom it is there, as far as one does."""
    trace = shown.journey.trace
    if trace.later and (stopped := [end.item.where for one in trace.later for end in one.ends if end.item]):
        return f": it connects, then stopped by {', '.join(dict.fromkeys(stopped))}"
    if trace.limited_by:
        return f", limited by {', '.join(item.where for item in trace.limited_by)}"
    if trace.outcome is Outcome.BLOCKED and trace.arrives:
        return ": it arrives, and its answer does not come back"
    item = decider(shown)
    causes = shown.attributions[item].causes if item and item.object is ObjectKind.RULE else ()
    whose = f" (for {describe_causes(causes)})" if causes else ""
    return f" by {item.where}{whose}" if item else ""


def decider(shown: AttributedTrace) -> Item | None:
    """Return the rule or policy that ends a packet's way or lets it through; None where none does or several may."""
    trace = shown.journey.trace
    if len(trace.ends) != 1:
        return None
    if trace.outcome is not Outcome.ALLOWED:
        return trace.ends[0].item
    accepting = [one for one in trace.steps if _accepts(one)]
    rules = [one for one in accepting if one.kind is StepKind.RULE]
    return next((one.item for one in reversed(rules or accepting)), None)


def _accepts(step: Step) -> bool:
    """Tell whether a step lets a packet through, and does not only translate it."""
    filters = step.item is not None and step.item.table != "nat" and not step.changes
    return filters and step.hook in _DECIDING and step.verdict == "accept"


def describe_published(shown: AttributedTrace, recording: str = "") -> Iterator[str]:
    """Say how to ask for packets to the published port, where one to the container's own address does not arrive.

    `recording` is how the user named it, for the command.
    """
    target = shown.by_published[0].target if shown.by_published else ""
    source = shlex.quote(shown.journey.question.source)
    command = f"netaudit trace --from {source} --to {target}{recording and f' {recording}'}"
    wanted = shown.journey.trace.packet.number(Field.DPORT)
    for port in shown.published[:1]:
        asked = f"--to {target or f'ADDRESS:{port.host_port}/{port.protocol}'}"
        if port.container_port != wanted:
            yield f"{wanted} is the host's port for {port.container_port}/{port.protocol} of the container: {asked}"
        elif target:
            yield command
        else:
            ports = ", ".join(map(str, shown.published))
            yield f"The container publishes this port as {ports}: ask about the host's address, {asked}"


def _by_published(shown: AttributedTrace) -> Iterator[tuple[str, str]]:
    """Gather the published ports by what becomes of packets to them."""
    for outcome in dict.fromkeys(one.outcome for one in shown.by_published):
        ports = [one.port for one in shown.by_published if one.outcome is outcome]
        yield _OUTCOMES[outcome], " and ".join(with_port(one.host_ip, one.host_port) for one in ports)


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
