"""The signatures by where they stand, and which of them can fit a rule at all.

A chain of 30,000 rules has a few dozen that differ in more than digits: what fits none of these is tried for none.
"""

from collections.abc import Sequence

from netaudit.attribute.observed.unify import is_listed
from netaudit.attribute.signatures.signature import Signature
from netaudit.attribute.signatures.template import Template
from netaudit.model.netfilter.ruleset import Backend, Item, ObjectKind

_SHAPE = str.maketrans("123456789", "000000000")
FEW = 200  # rules of one place, which are tried as they are: to compile patterns of shapes takes as long
_MOST = 10_000  # shapes that are kept of one place
_Place = tuple[ObjectKind, Backend, str, str, str]
_Signatures = Sequence[Signature]


class SignatureIndex:
    """Finds the signatures that may fit an object; that one does has still to be looked at."""

    def __init__(self, signatures: _Signatures) -> None:
        self._index: dict[tuple[str, str], list[Signature]] = {}
        self._by_table: dict[str, list[Signature]] = {}
        for one in signatures:
            if one.chain.holes:
                self._by_table.setdefault(one.table, []).append(one)
            else:
                self._index.setdefault((one.table, one.chain.text), []).append(one)
        self._places: dict[_Place, _AtPlace] = {}

    def find(self, item: Item) -> _Signatures:
        """List the signatures for a chain; a listing does not name its table, which may have been guessed."""
        if is_listed(item):
            others = (
                some for (table, chain), some in self._index.items() if chain == item.chain and table != item.table
            )
            return _of([*self._indexed(item), *(one for some in others for one in some)], item)
        key = (item.object, item.backend, item.family, item.table, item.chain)
        if key not in self._places:
            self._places[key] = _AtPlace(_of(self._indexed(item), item))
        return self._places[key].find(item.text)

    def _indexed(self, item: Item) -> list[Signature]:
        return [*self._index.get((item.table, item.chain), []), *self._by_table.get(item.table, [])]


class _AtPlace:
    """The signatures for one chain and kind of object."""

    def __init__(self, signatures: _Signatures) -> None:
        self._all, self._asked = signatures, 0
        self._shapes: list[tuple[Signature, Template]] = []
        self._by_shape: dict[str, _Signatures] = {}

    def find(self, text: str) -> _Signatures:
        self._asked += 1
        if self._asked <= FEW:
            return self._all
        shape = text.translate(_SHAPE)
        found = self._by_shape.get(shape)
        if found is None:
            if len(self._by_shape) == _MOST:
                return self._all
            found = self._by_shape[shape] = self._of_shape(shape)
        return found

    def _of_shape(self, shape: str) -> _Signatures:
        """List the signatures that fit some rule of a shape: what a hole may hold, it may hold with other digits."""
        if not self._shapes:
            self._shapes = [(one, Template(one.text.text.translate(_SHAPE))) for one in self._all]
        return [one for one, template in self._shapes if template.unify(shape) is not None]


def _of(signatures: _Signatures, item: Item) -> _Signatures:
    """Return the signatures for the backend, family and kind of an object."""
    return [
        one
        for one in signatures
        if item.backend in one.backends and one.is_of(item.family) and item.object is one.object
    ]
