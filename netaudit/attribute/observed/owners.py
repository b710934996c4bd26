"""An object of a ruleset -> the maker whose name it bears: in its table, its chain, its text or what it jumps to.

What a table, a chain or a target says is worked out once, whatever number of rules and elements lie in it.
"""

import re
from collections.abc import Iterator, Sequence

from netaudit.attribute.observed.unify import targets
from netaudit.attribute.signatures.signature import Owned
from netaudit.model.netfilter.ruleset import Backend, Item

_Place = tuple[int, Owned]  # in the catalog: where an object bears several names, the first counts


class Owners:
    """The makers whose names are known."""

    def __init__(self, owned: Sequence[Owned]) -> None:
        self._all = tuple(enumerate(owned))
        self._texts = [(place, one.text) for place in self._all if (one := place[1]).text]
        self._known: dict[tuple[Backend, str, str], _Place | None] = {}

    def find(self, item: Item) -> Owned | None:
        """Return the maker whose name an object bears."""
        first = min(self._found(item), key=lambda place: place[0], default=None)
        return first[1] if first else None

    def _found(self, item: Item) -> Iterator[_Place]:
        names = ((item.table, item.chain), *(("", target) for target in targets(item.text)))
        yield from filter(None, (self._named(item.backend, *name) for name in names))
        for place, text in self._texts:
            if item.backend in place[1].backends and text.fullmatch(item.text):
                yield place
                return

    def _named(self, backend: Backend, table: str, chain: str) -> _Place | None:
        """Return the first that has a table's or a chain's name. In nftables a table is a name, too."""
        asked = (backend, table, chain)
        if asked not in self._known:
            own_table = table if backend is Backend.NFTABLES else ""
            found = (place for place in self._all if backend in place[1].backends)
            fits = (place for place in found if _fits(place[1].chain, chain) or _fits(place[1].table, own_table))
            self._known[asked] = next(fits, None)
        return self._known[asked]


def _fits(pattern: re.Pattern[str] | None, name: str) -> bool:
    return bool(name and pattern and pattern.fullmatch(name))
