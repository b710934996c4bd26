"""A value with symbols in the place of their examples, in every text that it holds."""

from collections.abc import Iterable
from enum import Enum
from typing import TypeVar

import msgspec

from netaudit.model.plan import Symbol, spell_symbols

T = TypeVar("T")


def spell(value: T, symbols: Iterable[Symbol]) -> T:
    """Return a value of frozen structs and tuples, spelled; numbers stay what they are: the example."""
    known = tuple(symbols)
    return _spell(value, known) if known else value


def _spell(value: T, symbols: tuple[Symbol, ...]) -> T:
    match value:
        case Enum():
            return value
        case str():
            return spell_symbols(value, symbols)  # type: ignore[return-value]
        case tuple():
            return tuple(_spell(one, symbols) for one in value)  # type: ignore[return-value]
        case msgspec.Struct():
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            spelled = {name: _spell(one, symbols) for name, one in fields.items()}
            changed = {name: one for name, one in spelled.items() if one is not fields[name] and one != fields[name]}
            return msgspec.structs.replace(value, **changed) if changed else value
        case _:
            return value
