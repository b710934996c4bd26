"""A value with symbols in the place of their examples, in every text that it holds and every host port."""

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from operator import is_
from typing import NamedTuple, Self, TypeVar

import msgspec

from netaudit.model.docker import PortBinding
from netaudit.model.plan import Symbol, SymbolKind, speller

T = TypeVar("T")


class _Spelling(NamedTuple):
    text: Callable[[str], str]
    ports: Mapping[str, Symbol]  # the symbols of host ports, by their examples


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
    ports = {one.example: one for one in reversed(known) if one.kind is SymbolKind.HOST_PORT}
    return _spell(value, _Spelling(speller(known), ports)) if known else value


def _spell(value: T, symbols: _Spelling) -> T:
    match value:
        case Enum():
            return value
        case str():
            return symbols.text(value)  # type: ignore[return-value]
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


def _spell_port(binding: PortBinding, symbols: _Spelling) -> PortBinding:
    symbol = symbols.ports.get(str(binding.host_port))
    return binding if symbol is None else msgspec.structs.replace(binding, host_port=SymbolicPort(symbol))
