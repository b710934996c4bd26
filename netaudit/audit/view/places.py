"""Where rules stand: their handles, and how often their text stands in their chain."""

from bisect import bisect_left
from collections import defaultdict

from netaudit.model.netfilter.ruleset import Backend, Chain, Item, Ruleset

_Place = tuple[Backend, str, str, str]


class Places:
    """Looks up rules by their places; a chain is indexed when it is first asked about."""

    def __init__(self, ruleset: Ruleset) -> None:
        self._chains: dict[_Place, Chain] = {
            (*table.key, chain.name): chain for table in ruleset.tables for chain in table.chains
        }
        self._positions: dict[_Place, dict[str, list[int]]] = {}

    def handle(self, item: Item) -> int:
        """Return a rule's handle, 0 where it was not recorded."""
        chain = self._chains.get(_place(item))
        if chain is None or not item.position or item.position > len(chain.rules):
            return 0
        return chain.rules[item.position - 1].handle or 0

    def twins(self, item: Item) -> int:
        """Return how many rules of a rule's chain before it have its text."""
        place = _place(item)
        if place not in self._positions:
            self._positions[place] = _by_text(self._chains.get(place))
        return bisect_left(self._positions[place].get(item.text, []), item.position or 0)


def _place(item: Item) -> _Place:
    return item.backend, item.family, item.table, item.chain


def _by_text(chain: Chain | None) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for position, rule in enumerate(chain.rules if chain else (), 1):
        found[rule.text].append(position)
    return found
