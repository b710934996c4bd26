"""JSON by an allow-list: each field is of a kind; what has no kind, or is not of it, is left away and counted.

A kind is a function, which gives None for a value that is not of it, or the fields within. `*` stands for keys that
are names; `key` is their kind. In a list each item is of the kind.
"""

from collections.abc import Callable, Mapping
from typing import Any

from netaudit.store.redaction.redactor import Redactor
from netaudit.store.redaction.tally import Kind

Value = Any  # of JSON
Field = Callable[[Value, Redactor], Value]
_MOST = 1 << 24  # what counts something is smaller; what is larger may be an address


def one_of(words: frozenset[str]) -> Field:
    """Make the kind of a word of a list."""
    return lambda value, _: value if isinstance(value, str) and (value in words or not value) else None


def string(replace: Callable[[Redactor, str], str | None]) -> Field:
    """Make the kind of a text that is replaced; what is empty stays."""

    def hide(value: Value, redactor: Redactor) -> Value:
        if not isinstance(value, str):
            return None
        return replace(redactor, value) if value else ""

    return hide


def number(value: Value, _redactor: Redactor) -> Value:
    """Keep a number that is too small to be an address, and a truth value."""
    return value if isinstance(value, int) and abs(value) < _MOST else None


def address(value: Value, redactor: Redactor) -> Value:
    """Replace an address, with or without a prefix length."""
    if not isinstance(value, str):
        return None
    return redactor.address(value) if value else ""


def redact_value(value: Value, redactor: Redactor, kind: object) -> Value:
    """Redact a value of a kind; None where it is not of this kind."""
    if isinstance(value, list):
        items = [redact_value(one, redactor, kind) for one in value]
        return [one for one in items if one is not None]
    if isinstance(value, dict) and isinstance(kind, Mapping):
        return _redact_object(value, redactor, kind)
    if value is None:
        return None
    hidden = kind(value, redactor) if callable(kind) else None
    if hidden is None:
        redactor.count(Kind.FIELD)
    return hidden


def _redact_object(value: Mapping[str, Value], redactor: Redactor, fields: Mapping[str, object]) -> Value:
    named = fields.get("key")
    hidden: dict[str, Value] = {}
    for key, one in value.items():
        name = named(key, redactor) if callable(named) else key if key in fields else None
        if name is None:
            redactor.count(Kind.FIELD)
            continue
        inner = redact_value(one, redactor, fields["*" if named else key])
        if inner is not None or (one is None and named):
            hidden[name] = inner
    return hidden
