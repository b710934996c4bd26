"""Which packets earlier rules of a chain leave to a rule; computed for a chain when it is first needed."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from netaudit.attribute.attribution import AttributedItem
from netaudit.model.netfilter.program import Program, ReadChain, ReadTable
from netaudit.model.netfilter.ruleset import Backend, Item
from netaudit.packets.shadowing.kinds import MOST, Shadow, ShadowKind

if TYPE_CHECKING:
    from netaudit.packets.shadowing.analysis import ShadowAnalysis

Place = tuple[Backend, str, str, str]
_NAMED = 5  # covering rules that a sentence names; the evidence has them all


class Order:
    """Looks up what is proved of a rule's place in its chain."""

    def __init__(self, program: Program, items: Iterable[AttributedItem]) -> None:
        self._tables = {(one.backend, one.family, one.name): one for one in program.tables}
        self._shadows: dict[tuple[Backend, str, str], ShadowAnalysis] = {}
        self._known: dict[Place, dict[int, Shadow] | None] = {}
        self._items = items
        self._foreign: set[Place] | None = None
        self._attributed: dict[tuple[Place, int], AttributedItem] = {}

    def of(self, item: Item) -> Shadow | None:
        """Return what is proved of a rule's place; None for nothing."""
        chain = self._chain(item)
        return chain.get(item.position or 0) if chain else None

    def has_foreign_rules(self, item: Item) -> bool:
        """Return whether a rule's chain has rules that Docker did not write."""
        if self._foreign is None:
            self._foreign = {_place(one.item) for one in self._items if one.attribution.maker != "docker"}
        return _place(item) in self._foreign

    def attributed(self, item: Item) -> AttributedItem | None:
        """Find the rule with its attribution."""
        if not self._attributed:
            self._attributed = {(_place(one.item), one.item.position or 0): one for one in self._items}
        return self._attributed.get((_place(item), item.position or 0))

    @property
    def not_examined(self) -> tuple[str, ...]:
        """The chains that are too long or too varied to examine, of those that were looked up."""
        return tuple(
            f"{family}:{table}/{chain}" for (_, family, table, chain), one in self._known.items() if one is None
        )

    def _chain(self, item: Item) -> dict[int, Shadow] | None:
        place = _place(item)
        if place not in self._known:
            table = self._tables.get(place[:3])
            chain = table.chains.get(item.chain) if table else None
            self._known[place] = self._compute(table, chain) if table and chain else {}
        return self._known[place]

    def _compute(self, table: ReadTable, chain: ReadChain) -> dict[int, Shadow] | None:
        from netaudit.packets.shadowing.analysis import ShadowAnalysis  # noqa: PLC0415 (late: the library of packet sets is slow to load)

        if chain.size > MOST:
            return None
        key = (table.backend, table.family, table.name)
        shadows = self._shadows.setdefault(key, ShadowAnalysis(table))
        try:
            return {one.rule.position or 0: one for one in shadows.of(chain)}
        except MemoryError:
            return None


def words(shadow: Shadow | None) -> str:
    """Name the covering rules of a shadow, the first of them with their texts."""
    if shadow is None or shadow.shade is ShadowKind.UNMATCHABLE:
        return ""
    named = [f"{one.where}: {one.text}" for one in shadow.covering[:_NAMED]]
    more = len(shadow.covering) - len(named)
    return "; ".join([*named, *([f"and {more} more"] if more else [])]) or "earlier rules of its chain, not looked up"


def _place(item: Item) -> Place:
    return item.backend, item.family, item.table, item.chain
