"""A packet's way as JSON: `netaudit/trace/v1`."""

from netaudit.attribute.trace import AttributedTrace
from netaudit.model.match import ADDRESSES, Field
from netaudit.model.ruleset import Item
from netaudit.packets.host.route_lookup import as_address
from netaudit.packets.values.packet import Packet
from netaudit.packets.values.steps import End, Hop, Step, Trace
from netaudit.report.json.parts import Json, attribution_json, head_json, item_json, print_json
from netaudit.report.text.reasons import describe_reason
from netaudit.report.text.trace import describe_change

_FIELDS = (Field.SADDR, Field.DADDR, Field.SPORT, Field.DPORT, Field.MARK, Field.IIF, Field.OIF)


def render_journey(shown: AttributedTrace) -> bytes:
    """Print a packet's way as one JSON object."""
    journey = shown.journey
    return print_json(
        {
            "schema": "netaudit/trace/v1",
            "snapshot": head_json(shown.head),
            "from": journey.source,
            "to": journey.target,
            "state": journey.question.state,
            "outcome": journey.trace.outcome,
            "places": [_hop(hop) for hop in journey.hops],
            **_way(journey.trace, shown),
            "answers": [{"outcome": one.outcome, **_way(one, shown)} for one in journey.trace.answers],
        }
    )


def _way(trace: Trace, shown: AttributedTrace) -> Json:
    return {
        "steps": [_step(step, shown) for step in trace.steps],
        "ends": [_end(end, shown) for end in trace.ends],
        "undecided": [describe_reason(doubt) for doubt in trace.doubts],
        "notes": [describe_reason(note) for note in trace.notes],
    }


def _hop(hop: Hop) -> Json:
    return {
        "kind": hop.kind,
        "name": hop.name,
        "address": hop.address or None,
        "mac": hop.mac or None,
        "text": describe_reason(hop.detail) or None,
    }


def _step(step: Step, shown: AttributedTrace) -> Json:
    return {
        "kind": step.kind,
        "hook": step.hook,
        "verdict": step.verdict,
        "text": describe_reason(step.detail) or None,
        **_rule(step.item, shown),
        "changes": [describe_change(one, shown.journey.trace.packet) for one in step.changes],
        "sure": step.sure,
        "reason": describe_reason(step.reason) or None,
    }


def _end(end: End, shown: AttributedTrace) -> Json:
    return {
        "kind": end.kind,
        "text": describe_reason(end.reason) or None,
        **_rule(end.item, shown),
        "sure": end.sure,
        "packet": _packet(end.packet),
    }


def _rule(item: Item | None, shown: AttributedTrace) -> Json:
    if item is None:
        return {"rule": None, "attribution": None}
    return {"rule": item_json(item), "attribution": attribution_json(shown.attributions[item])}


def _packet(packet: Packet) -> Json:
    """Print what is known of a packet; null where it is not."""
    return {
        str(field): str(as_address(packet, field) or "") or None if field in ADDRESSES else packet.get(field)
        for field in _FIELDS
    }
