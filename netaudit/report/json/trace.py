"""A packet's way as JSON: `netaudit/trace/v1`."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from netaudit.attribute.trace import AttributedTrace
from netaudit.model.exposure import Outcome
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import Hook
from netaudit.model.netfilter.ruleset import Item
from netaudit.packets.host.route_lookup import as_address
from netaudit.packets.values.packet import Packet
from netaudit.packets.values.probe import PacketState
from netaudit.packets.values.steps import End, EndKind, Hop, HopKind, Step, StepKind, Trace
from netaudit.report.json.item import AttributionJson, ItemJson, attribution_json, item_json
from netaudit.report.json.printing import print_json
from netaudit.report.json.snapshot import SnapshotJson, head_json
from netaudit.report.text.reasons import describe_reason
from netaudit.report.text.trace import describe_change

_ANSWERS = Meta(
    description="The ways of the answers to a connection's first packet, one for each end at which it arrives."
)
_LATER = Meta(description="A later packet of the connection, where it does not surely arrive as the first one did.")
_LIMITS = Meta(description="Rules that let only some such packets through, by rate, count, chance or the time.")
# A field that is added to packets later is of one of these types.
_MORE_FIELDS = Meta(extra_json_schema={"additionalProperties": {"type": ["string", "integer", "null"]}})


class HopJson(msgspec.Struct, frozen=True, kw_only=True):
    """One place on a packet's way."""

    kind: HopKind
    name: str
    address: str | None
    mac: str | None
    text: str | None


class StepJson(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to a packet at one place."""

    kind: StepKind
    hook: Hook | None
    verdict: Annotated[str, Meta(description="A word of nft(8).")]
    text: str | None
    rule: ItemJson | None
    attribution: AttributionJson | None
    changes: tuple[str, ...]
    sure: Annotated[bool, Meta(description="False: this decision, or one before it, could not be decided.")]
    reason: Annotated[str | None, Meta(description="Why this decision could not be decided.")]


class PacketJson(msgspec.Struct, frozen=True, kw_only=True):
    """Fields of a packet; null where they are not known."""

    saddr: str | None
    daddr: str | None
    sport: int | None
    dport: int | None
    mark: int | None
    iif: str | None
    oif: str | None


class EndJson(msgspec.Struct, frozen=True, kw_only=True):
    """How a packet's way ends, or may end."""

    kind: EndKind
    text: str | None
    rule: ItemJson | None
    attribution: AttributionJson | None
    sure: bool
    packet: Annotated[PacketJson, _MORE_FIELDS]


class AnswerJson(msgspec.Struct, frozen=True, kw_only=True):
    """The way of an answer."""

    outcome: Outcome
    steps: tuple[StepJson, ...]
    ends: tuple[EndJson, ...]
    undecided: tuple[str, ...]
    notes: tuple[str, ...]
    limited_by: Annotated[tuple[ItemJson, ...] | UnsetType, _LIMITS] = UNSET


class TraceDocument(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="netaudit/trace/v1"):
    """netaudit trace."""

    snapshot: SnapshotJson
    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    state: PacketState
    outcome: Outcome
    places: tuple[HopJson, ...]
    steps: tuple[StepJson, ...]
    ends: tuple[EndJson, ...]
    undecided: tuple[str, ...]
    notes: tuple[str, ...]
    answers: Annotated[tuple[AnswerJson, ...], _ANSWERS] = ()  # a default: documents of older versions lack the field
    limited_by: Annotated[tuple[ItemJson, ...] | UnsetType, _LIMITS] = UNSET
    later: Annotated[tuple[AnswerJson, ...] | UnsetType, _LATER] = UNSET


def render_trace(shown: AttributedTrace) -> bytes:
    """Print a packet's way as one JSON object."""
    return print_json(trace_document(shown))


def trace_document(shown: AttributedTrace) -> TraceDocument:
    """Return a packet's way."""
    journey = shown.journey
    return TraceDocument(
        snapshot=head_json(shown.head),
        source=journey.source,
        target=journey.target,
        state=journey.question.state,
        outcome=journey.trace.outcome,
        places=tuple([_hop(hop) for hop in journey.hops]),
        **_way(journey.trace, shown),
        answers=tuple([AnswerJson(outcome=one.outcome, **_way(one, shown)) for one in journey.trace.answers]),
        later=tuple([AnswerJson(outcome=one.outcome, **_way(one, shown)) for one in journey.trace.later]) or UNSET,
    )


def _way(trace: Trace, shown: AttributedTrace) -> dict[str, Any]:
    """Return the fields that a way has in each direction."""
    return {
        "steps": tuple([_step(step, shown) for step in trace.steps]),
        "ends": tuple([_end(end, shown) for end in trace.ends]),
        "undecided": tuple(map(describe_reason, trace.doubts)),
        "notes": tuple(map(describe_reason, trace.notes)),
        "limited_by": tuple(map(item_json, trace.limited_by)) or UNSET,
    }


def _hop(hop: Hop) -> HopJson:
    return HopJson(
        kind=hop.kind,
        name=hop.name,
        address=hop.address or None,
        mac=hop.mac or None,
        text=describe_reason(hop.detail) or None,
    )


def _step(step: Step, shown: AttributedTrace) -> StepJson:
    return StepJson(
        kind=step.kind,
        hook=step.hook,
        verdict=step.verdict,
        text=describe_reason(step.detail) or None,
        **_rule(step.item, shown),
        changes=tuple([describe_change(one, shown.journey.trace.packet) for one in step.changes]),
        sure=step.sure,
        reason=describe_reason(step.reason) or None,
    )


def _end(end: End, shown: AttributedTrace) -> EndJson:
    return EndJson(
        kind=end.kind,
        text=describe_reason(end.reason) or None,
        **_rule(end.item, shown),
        sure=end.sure,
        packet=_packet(end.packet),
    )


def _rule(item: Item | None, shown: AttributedTrace) -> dict[str, Any]:
    if item is None:
        return {"rule": None, "attribution": None}
    return {"rule": item_json(item), "attribution": attribution_json(shown.attributions[item])}


def _packet(packet: Packet) -> PacketJson:
    """Return what is known of a packet."""
    return PacketJson(
        saddr=_address(packet, Field.SADDR),
        daddr=_address(packet, Field.DADDR),
        sport=packet.number(Field.SPORT),
        dport=packet.number(Field.DPORT),
        mark=packet.number(Field.MARK),
        iif=_interface(packet, Field.IIF),
        oif=_interface(packet, Field.OIF),
    )


def _address(packet: Packet, field: Field) -> str | None:
    address = as_address(packet, field)
    return None if address is None else str(address)


def _interface(packet: Packet, field: Field) -> str | None:
    """Return the name of an interface, "" where there is none; None where it is not known."""
    return None if packet.get(field) is None else packet.name(field)
