"""What can happen to an object of a ruleset."""

import msgspec

from netaudit.model.netfilter.ruleset import Item


class Added(msgspec.Struct, frozen=True, tag="added"):
    """In the later ruleset only."""

    item: Item


class Removed(msgspec.Struct, frozen=True, tag="removed"):
    """In the earlier ruleset only."""

    item: Item


class Moved(msgspec.Struct, frozen=True, tag="moved"):
    """The same text, at another place among the rules that stayed."""

    item: Item
    before: Item


class Altered(msgspec.Struct, frozen=True, tag="altered"):
    """The same object with another content: a policy, a rule's target, a base chain's priority, a counter."""

    item: Item
    before: Item


Change = Added | Removed | Moved | Altered
