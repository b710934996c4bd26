"""The log of a history as lines of JSON: one object for each change."""

from collections.abc import Iterable
from typing import Any

import msgspec

from netaudit.model.history.change import LoggedChange
from netaudit.model.observation import Process
from netaudit.report.text.sanitize import harmless_json, visible


def render_log(lines: Iterable[tuple[int, LoggedChange]]) -> bytes:
    """Write lines of a log, each with the number of its look."""
    return b"".join(harmless_json(msgspec.json.encode(line_of(number, one))) + b"\n" for number, one in lines)


def line_of(number: int, one: LoggedChange) -> dict[str, Any]:
    """Return one change as JSON has it."""
    return {
        "schema": "netaudit/log/v1",
        "look": number,
        "since": one.since,
        "at": one.at,
        "exact": one.exact,
        "writer": _writer(one.writer),
        "writer_unknown": one.unknown or None,
        "cause": {
            "kind": one.cause.kind,
            "name": one.cause.name,
            "events": dict(one.cause.events),
            "became": one.cause.became,
        },
        "containers": list(one.containers),
        "rules": [_fields(rule) for rule in one.rules],
        "exposure": [_fields(cell) for cell in one.exposure],
        "rewritten": one.rewritten,
        "notes": list(one.notes),
    }


def _writer(process: Process | None) -> dict[str, Any] | None:
    return None if process is None else _fields(process)


def _fields(value: msgspec.Struct) -> dict[str, Any]:
    fields = {name: getattr(value, name) for name in value.__struct_fields__}
    return {name: visible(one) if isinstance(one, str) else one for name, one in fields.items()}
