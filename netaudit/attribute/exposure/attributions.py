"""Who wrote the rules that decide, as the snapshot's own attribution says it: nothing is attributed twice."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from netaudit.attribute.attribution import AttributedItem, Attribution
from netaudit.model.netfilter.ruleset import Item

Attribute = Callable[[Item], Attribution]
_Key = tuple[object, ...]


class Attributions:
    """Finds attributions among those that are known; `make` gives what attributes the others, where there are any."""

    def __init__(self, known: Sequence[AttributedItem], make: Callable[[], Attribute]) -> None:
        self._known, self._make = known, make

    @cached_property
    def _attribute(self) -> Attribute:
        return self._make()

    def of(self, rules: Iterable[Item]) -> Mapping[Item, Attribution]:
        """Attribute some rules. Their counters do not matter: rules of the table have none."""
        wanted = {_key(one): one for one in rules}
        found = {wanted[key]: one.attribution for one in self._known if (key := _key(one.item)) in wanted}
        return found | {one: self._attribute(one) for one in wanted.values() if one not in found}


def attributions_of(attribute: Attribute) -> Attributions:
    """Return what attributes all by itself: nothing is known before."""
    return Attributions((), lambda: attribute)


def _key(one: Item) -> _Key:
    return one.position, one.chain, one.table, one.family, one.backend, one.object, one.text
