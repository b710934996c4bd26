"""JSON of the host's programs -> values, or one error that names the file."""

from typing import Any, TypeVar

import msgspec

from netaudit.errors import ParseError

T = TypeVar("T")


def decode_json(data: bytes, kind: type[T], *, source: str, expected: str, hint: str = "record the host again") -> T:
    """Read JSON of a type. Raises ParseError for what is none, is cut off, is no UTF-8, or nests without end."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as error:
        return _without_nulls(data, kind, ParseError(f"not {expected}: {error}", source=source, hint=hint))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"not {expected}: {error}", source=source, hint=hint) from error


def _without_nulls(data: bytes, kind: type[T], refusal: ParseError) -> T:
    """Read JSON once more, taking null for absent: which fields may be null differs between versions of a program."""
    try:
        return msgspec.convert(_drop_nulls(msgspec.json.decode(data)), kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refusal from None


def _drop_nulls(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    match value:
        case dict():
            return {name: _drop_nulls(part) for name, part in value.items() if part is not None}
        case list():
            return [_drop_nulls(part) for part in value if part is not None]
        case _:
            return value
