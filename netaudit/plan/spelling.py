"""A value with symbols in the place of their examples, in every text that it holds and every host port."""

from collections.abc import Iterable
from enum import Enum
from operator import is_
from typing import Self, TypeVar

import msgspec

from netaudit.model.docker import PortBinding
from netaudit.model.plan import Symbol, SymbolKind, spell_symbols

T = TypeVar("T")


class SymbolicPort(int):
    """A port that is not known: it counts as the example, and prints as its symbol."""

    symbol: Symbol

    def __new__(cls, symbol: Symbol) -> Self:
        """Make the port of a symbol."""
        made = super().__new__(cls, symbol.example)
        made.symbol = symbol
        return made

    def __str__(self) -> str:
        return str(self.symbol)

    def __format__(self, spec: str) -> str:
        return format(str(self.symbol), spec)


def spell(value: T, symbols: Iterable[Symbol]) -> T:
    """Return a value of frozen structs and tuples, spelled; other numbers stay what they are."""
    known = tuple(symbols)
    return _spell(value, known) if known else value


def _spell(value: T, symbols: tuple[Symbol, ...]) -> T:
    match value:
        case Enum():
            return value
        case str():
            return spell_symbols(value, symbols)  # type: ignore[return-value]
        case tuple():
            members = tuple(_spell(one, symbols) for one in value)
            return value if all(map(is_, members, value)) else members  # type: ignore[return-value]
        case PortBinding():
            return _spell_port(value, symbols)  # type: ignore[return-value]
        case msgspec.Struct():
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            spelled = {name: _spell(one, symbols) for name, one in fields.items()}
            changed = {name: one for name, one in spelled.items() if one is not fields[name]}
            return msgspec.structs.replace(value, **changed) if changed else value
        case _:
            return value


def _spell_port(binding: PortBinding, symbols: tuple[Symbol, ...]) -> PortBinding:
    port = str(binding.host_port)
    symbol = next((one for one in symbols if one.kind is SymbolKind.HOST_PORT and one.example == port), None)
    return binding if symbol is None else msgspec.structs.replace(binding, host_port=SymbolicPort(symbol))
