"""The parts of JSON that every format shares: rules, attributions, and how all is printed."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

import msgspec

from netaudit.attribute.attribution import Attribution, Cause, Ref, SnapshotHead
from netaudit.model.ruleset import Item
from netaudit.report.text.sanitize import harmless_json, visible

Json = dict[str, Any]


def print_json(document: Json) -> bytes:
    """Encode; a byte of a rule that was no UTF-8, which JSON cannot hold, is shown as its code."""
    try:
        return harmless_json(msgspec.json.format(msgspec.json.encode(document), indent=2)) + b"\n"
    except UnicodeEncodeError:
        return print_json(_printable(document))


def _printable(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    match value:
        case Enum():
            return value
        case str():
            return visible(value) if any("\ud800" <= char <= "\udfff" for char in value) else value
        case Mapping():
            return {_printable(key): _printable(part) for key, part in value.items()}
        case list() | tuple():
            return [_printable(part) for part in value]
        case _:
            return value


def item_json(item: Item) -> Json:
    """Print an object of a ruleset."""
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


def attribution_json(attribution: Attribution) -> Json:
    """Print an attribution."""
    return {
        "maker": attribution.maker or None,
        "signature": attribution.signature or None,
        "confidence": attribution.confidence,
        "standing": attribution.standing,
        "purpose": attribution.purpose or None,
        "reason": str(attribution.reason) if attribution.reason else None,
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


def head_json(head: SnapshotHead) -> Json:
    """Print what names a snapshot, and what it lacks."""
    return {
        "host": head.host,
        "taken_at": head.taken_at,
        "engine": head.engine,
        "partial": head.partial,
        "gaps": [msgspec.structs.asdict(gap) for gap in head.gaps],
        "sha256": head.sha256,
    }
