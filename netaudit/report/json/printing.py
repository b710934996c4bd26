"""A JSON document as bytes."""

from collections.abc import Mapping
from typing import Any

import msgspec

from netaudit.report.text.sanitize import harmless_json, visible


def print_json(document: object) -> bytes:
    """Encode a document; a byte of a rule that was no UTF-8, which JSON cannot hold, is shown as its code."""
    try:
        return harmless_json(msgspec.json.format(msgspec.json.encode(document), indent=2)) + b"\n"
    except UnicodeEncodeError:
        return print_json(_printable(msgspec.to_builtins(document)))


def print_json_line(document: object) -> bytes:
    """Encode a document on one line."""
    try:
        return harmless_json(msgspec.json.encode(document)) + b"\n"
    except UnicodeEncodeError:
        return print_json_line(_printable(msgspec.to_builtins(document)))


def _printable(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    match value:
        case str():
            return visible(value) if any("\ud800" <= char <= "\udfff" for char in value) else value
        case Mapping():
            return {_printable(key): _printable(part) for key, part in value.items()}
        case list() | tuple():
            return [_printable(part) for part in value]
        case _:
            return value
