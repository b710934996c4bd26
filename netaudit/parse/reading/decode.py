"""JSON of the host's programs -> values, or one error that names the file."""

from typing import Any, TypeVar

import msgspec

from netaudit import bounded
from netaudit.bounded import UnfitError
from netaudit.errors import ParseError

T = TypeVar("T")


def decode_json(data: bytes, kind: type[T], *, source: str, expected: str, hint: str = "record the host again") -> T:
    """Read JSON of a type. Raises ParseError for what is not JSON, cut off, not UTF-8, or nested too deep."""
    try:
        return bounded.decode_json(data, kind)
    except UnfitError as error:
        deep = not isinstance(error.__cause__, msgspec.MsgspecError | UnicodeError)
        why = f"it {error}" if deep else f"{error}"
        refusal = ParseError(f"not {expected}: {why}", source=source, hint=hint)
        if isinstance(error.__cause__, msgspec.ValidationError):
            return _without_nulls(data, kind, refusal)
        raise refusal from error


def _without_nulls(data: bytes, kind: type[T], refusal: ParseError) -> T:
    """Read JSON once more, taking null for absent: which fields may be null differs between versions of a program."""
    try:
        return msgspec.convert(_drop_nulls(bounded.decode_json(data, object)), kind)
    except (UnfitError, msgspec.ValidationError):
        raise refusal from None


def _drop_nulls(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    match value:
        case dict():
            return {name: _drop_nulls(part) for name, part in value.items() if part is not None}
        case list():
            return [_drop_nulls(part) for part in value if part is not None]
        case _:
            return value
