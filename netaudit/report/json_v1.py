"""JSON, version 1: `netaudit/diff/v1` and `netaudit/show/v1` (design: fields are added, never changed)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from netaudit.attribute.attribution import (
    AttributedChange,
    AttributedDiff,
    AttributedInside,
    AttributedItem,
    AttributedSnapshot,
    Attribution,
    Cause,
    Ref,
    SnapshotHead,
)
from netaudit.diff import Altered, Moved
from netaudit.model.ruleset import Item
from netaudit.model.witness import DockerEvent
from netaudit.report.safe_text import visible
from netaudit.report.words import verb

Json = dict[str, Any]
_NO_EXPOSURE: Json = {"exposure": [], "exposure_computed": False}  # not known, which is not the same as none


def render_diff(diff: AttributedDiff) -> bytes:
    """Print a diff as one JSON object."""
    return _print(
        {
            "schema": "netaudit/diff/v1",
            "before": _head(diff.before),
            "after": _head(diff.after),
            "changes": [_change(change) for change in diff.changes],
            "missing": [_attributed(missing) for missing in diff.missing],
            "defects": [_attributed(defect) for defect in diff.defects],
            **_NO_EXPOSURE,
            "coverage": msgspec.structs.asdict(diff.coverage),
        }
    )


def render_snapshot(snapshot: AttributedSnapshot) -> bytes:
    """Print a snapshot as one JSON object, with `rules` in place of `changes`."""
    return _print(
        {
            "schema": "netaudit/show/v1",
            "snapshot": _head(snapshot.head),
            "rules": [_attributed(item) for item in snapshot.items],
            "missing": [_attributed(missing) for missing in snapshot.missing],
            "defects": [_attributed(defect) for defect in snapshot.defects],
            **_NO_EXPOSURE,
            "coverage": msgspec.structs.asdict(snapshot.coverage),
            **_inside(snapshot.inside),
        }
    )


def _print(document: Json) -> bytes:
    """Encode; a byte of a rule that was no UTF-8, which JSON cannot hold, is shown as its code."""
    try:
        return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"
    except UnicodeEncodeError:
        return _print(_printable(document))


def _printable(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    match value:
        case str():
            return visible(value) if any("\ud800" <= char <= "\udfff" for char in value) else value
        case Mapping():
            return {key: _printable(part) for key, part in value.items()}
        case list():
            return [_printable(part) for part in value]
        case _:
            return value


def _head(head: SnapshotHead) -> Json:
    return {
        "host": head.host,
        "taken_at": head.taken_at,
        "engine": head.engine,
        "partial": head.partial,
        "gaps": [msgspec.structs.asdict(gap) for gap in head.gaps],
        "sha256": head.sha256,
    }


def _inside(namespaces: Sequence[AttributedInside]) -> Json:
    """Print the rules inside containers, where they were recorded."""
    printed = [
        {"container": _ref(one.container), "rules": [_attributed(item) for item in one.items]} for one in namespaces
    ]
    return {"inside": printed} if printed else {}


def _change(one: AttributedChange) -> Json:
    printed = {
        "change": verb(one.change),
        **_item(one.change.item),
        "attribution": _attribution(one.attribution),
    }
    match one.change:
        case Moved(_, before) | Altered(_, before):
            earlier = _attribution(one.before) if one.before else None
            printed["before"] = {**_item(before), "attribution": earlier}
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
    return {"type": event.type, "action": event.action, **_ref(Ref(event.id, event.name)), "at": event.at}


def _attributed(one: AttributedItem) -> Json:
    return {**_item(one.item), "attribution": _attribution(one.attribution)}


def _item(item: Item) -> Json:
    printed: Json = {
        "object": item.object,
        "backend": item.backend,
        "family": item.family,
        "table": item.table,
        "chain": item.chain,
        "position": item.position,
        "text": item.text,
    }
    if item.packets is not None:
        printed |= {"packets": item.packets, "bytes": item.octets}
    return printed


def _attribution(attribution: Attribution) -> Json:
    return {
        "maker": attribution.maker or None,
        "signature": attribution.signature or None,
        "confidence": attribution.confidence,
        "standing": attribution.standing,
        "purpose": attribution.purpose or None,
        "reason": attribution.reason or None,
        "causes": [_cause(cause) for cause in attribution.causes],
    }


def _cause(cause: Cause) -> Json:
    printed: Json = {"kind": cause.kind}
    if cause.container:
        printed["container"] = _ref(cause.container)
    if cause.network:
        printed["network"] = _ref(cause.network)
    if cause.binding:
        printed["binding"] = msgspec.structs.asdict(cause.binding)
    if cause.name:
        printed["name"] = cause.name
    return printed


def _ref(ref: Ref) -> Json:
    return {"id": ref.id, "name": ref.name}
