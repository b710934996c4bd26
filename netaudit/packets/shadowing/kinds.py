"""What is proved of a rule that decides nothing; netaudit.packets.shadowing.analysis finds it."""

from enum import StrEnum

import msgspec

from netaudit.model.netfilter.ruleset import Item

MOST = 6000  # rules of a chain; more would take minutes


class ShadowKind(StrEnum):
    """What is proved of a rule."""

    UNMATCHABLE = "unmatchable"  # its own matches contradict
    REPEATED = "repeated"  # an earlier rule says the same
    REDUNDANT = "redundant"  # earlier rules decide the same for all its packets
    CONTRADICTED = "contradicted"  # earlier rules decide the opposite for all its packets
    SHADOWED = "shadowed"  # earlier rules take all its packets, and do one thing or another


class Shadow(msgspec.Struct, frozen=True):
    """A rule that decides nothing, the earlier ones that take its packets, and a packet that both match.

    Where very many rules of a chain are shadowed, the covering rules are looked for only for the first of them.
    """

    rule: Item
    shade: ShadowKind
    covering: tuple[Item, ...] = ()
    witness: str = ""
