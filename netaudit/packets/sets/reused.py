"""What is kept from host to host by who works out one after another: what computes finds it, and is not handed it.

with SpaceStock() as stock: ...    within it, `SpaceStock.current()` is the stock
"""

from contextvars import ContextVar, Token
from typing import Any, ClassVar, Self


class Reused:
    """Something that is used again; in its context, `current` gives it. Each subclass has a context of its own."""

    _found: ClassVar[ContextVar[Any]]

    def __init_subclass__(cls) -> None:
        cls._found = ContextVar(cls.__name__, default=None)

    def __init__(self) -> None:
        self._token: Token[Any] | None = None

    def __enter__(self) -> Self:
        self._token = self._found.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            self._found.reset(self._token)

    @classmethod
    def current(cls) -> Self | None:
        """Return the one in whose context this runs; None outside of any."""
        found: Self | None = cls._found.get()
        return found
