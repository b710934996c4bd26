"""What earlier rules of the same chain leave to a rule: nothing, where one takes everything or says the same.

Only what the text alone proves: a rule without any match takes all packets; the same text takes the same packets.
"""

import re
from collections.abc import Iterable

from netaudit.attribute.attribution import AttributedItem
from netaudit.model.ruleset import Backend, Item, ObjectKind
from netaudit.parse.iptables_rule import parse_rule

Place = tuple[Backend, str, str, str]
_FINAL = frozenset({"ACCEPT", "DROP", "REJECT", "RETURN", "QUEUE", "NFQUEUE"})
_NFT_FINAL = re.compile(r"(?:counter )?(?:accept|drop|return|reject(?: with \S.*)?)")


class Order:
    """Looks up, for a rule, the earlier ones that matter."""

    def __init__(self, items: Iterable[AttributedItem]) -> None:
        self._everything: dict[Place, Item] = {}
        self._first: dict[tuple[Place, str], Item] = {}
        for one in items:
            item = one.item
            if item.object is ObjectKind.RULE:
                self._first.setdefault((_place(item), item.text), item)
                if _place(item) not in self._everything and _takes_everything(item):
                    self._everything[_place(item)] = item

    def shadowed_by(self, item: Item) -> Item | None:
        """Give the earlier rule of the chain behind which no packet comes, None for none."""
        return _earlier(self._everything.get(_place(item)), item)

    def repeats(self, item: Item) -> Item | None:
        """Give the earlier rule of the chain that has the same text, None for none."""
        return _earlier(self._first.get((_place(item), item.text)), item)


def _place(item: Item) -> Place:
    return item.backend, item.family, item.table, item.chain


def _earlier(one: Item | None, item: Item) -> Item | None:
    return one if one is not None and (one.position or 0) < (item.position or 0) else None


def _takes_everything(item: Item) -> bool:
    """Tell whether a rule has no match and ends its chain."""
    if item.backend is Backend.NFTABLES:
        return _NFT_FINAL.fullmatch(item.text) is not None
    rule = parse_rule(item.text)
    return not rule.matches and (rule.target in _FINAL or rule.goto)
