"""JSON of the host's programs -> values, or one error that names the file."""

from typing import TypeVar

import msgspec

from netaudit.errors import ParseError

T = TypeVar("T")


def decode_json(data: bytes, kind: type[T], *, source: str, expected: str, hint: str = "record the host again") -> T:
    """Read JSON of a type. Raises ParseError for what is none, is cut off, is no UTF-8, or nests without end."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ParseError(f"not {expected}: {error}", source=source, hint=hint) from error
