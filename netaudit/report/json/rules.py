"""JSON, version 1: `netaudit/diff/v1`, `show/v1` and `exposure/v1` (design: fields are added, never changed)."""

from collections.abc import Sequence

import msgspec

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedDiff,
    AttributedInside,
    AttributedItem,
    AttributedSnapshot,
)
from netaudit.diff import Altered, Moved
from netaudit.model.observation import DockerEvent
from netaudit.report.json.exposure import changes_json, table_json
from netaudit.report.json.parts import Json, attribution_json, head_json, item_json, print_json
from netaudit.report.text.words import verb


def render_diff(diff: AttributedDiff) -> bytes:
    """Print a diff as one JSON object."""
    return print_json(
        {
            "schema": "netaudit/diff/v1",
            "before": head_json(diff.before),
            "after": head_json(diff.after),
            "changes": [_change(change) for change in diff.changes],
            "missing": [attributed_json(missing) for missing in diff.missing],
            "defects": [attributed_json(defect) for defect in diff.defects],
            **changes_json(diff),
            "coverage": msgspec.structs.asdict(diff.coverage),
        }
    )


def render_exposure(snapshot: AttributedSnapshot) -> bytes:
    """Print the exposure table of a host as one JSON object."""
    return print_json(
        {"schema": "netaudit/exposure/v1", "snapshot": head_json(snapshot.head), **table_json(snapshot)},
    )


def render_snapshot(snapshot: AttributedSnapshot) -> bytes:
    """Print a snapshot as one JSON object, with `rules` in place of `changes`."""
    return print_json(
        {
            "schema": "netaudit/show/v1",
            "snapshot": head_json(snapshot.head),
            "rules": [attributed_json(item) for item in snapshot.items],
            "missing": [attributed_json(missing) for missing in snapshot.missing],
            "defects": [attributed_json(defect) for defect in snapshot.defects],
            **table_json(snapshot),
            "coverage": msgspec.structs.asdict(snapshot.coverage),
            **_inside(snapshot.inside),
        }
    )


def _inside(namespaces: Sequence[AttributedInside]) -> Json:
    """Print the rules inside containers, where they were recorded."""
    printed = [
        {
            "container": {"id": one.container.id, "name": one.container.name},
            "rules": [attributed_json(item) for item in one.items],
        }
        for one in namespaces
    ]
    return {"inside": printed} if printed else {}


def _change(one: AttributedChange) -> Json:
    printed = {
        "change": verb(one.change),
        **item_json(one.change.item),
        "attribution": attribution_json(one.attribution),
    }
    match one.change:
        case Moved(_, before) | Altered(_, before):
            earlier = attribution_json(one.before) if one.before else None
            printed["before"] = {**item_json(before), "attribution": earlier}
        case _:
            pass
    return printed | _writing(one)


def _writing(one: AttributedChange) -> Json:
    """Say who wrote a change, where somebody listened."""
    if one.writer is None:
        return {}
    writer = {"pid": one.writer.pid, "name": one.writer.name or None, "reason": one.writer.reason or None}
    return {"writer": writer, "events": [_event(event) for event in one.events]}


def _event(event: DockerEvent) -> Json:
    return {"type": event.type, "action": event.action, "id": event.id, "name": event.name, "at": event.at}


def attributed_json(one: AttributedItem) -> Json:
    """Print an object with its attribution."""
    return {**item_json(one.item), "attribution": attribution_json(one.attribution)}
