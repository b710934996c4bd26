"""Compare two rulesets: what was added, removed, moved and altered, near-linear and order-aware.

Laws, which tests/test_diff.py states as properties: `compare(a, a) == ()`, and replaying `compare(a, b)` on `a`
gives `b`.
"""



from collections.abc import Iterable, Iterator

import msgspec

from netaudit.model.ruleset import (
    BUILTIN_CHAINS,
    IPTABLES_BACKENDS,
    Chain,
    Item,
    NamedSet,
    ObjectKind,
    Rule,
    Ruleset,
    Table,
)


class Added(msgspec.Struct, frozen=True, tag="added"):
    """In the later ruleset only."""

    item: Item


class Removed(msgspec.Struct, frozen=True, tag="removed"):
    """In the earlier ruleset only."""

    item: Item


class Moved(msgspec.Struct, frozen=True, tag="moved"):
    """The same text at another place relative to the rules that stayed."""

    item: Item
    before: Item


class Altered(msgspec.Struct, frozen=True, tag="altered"):
    """The same object with another content: a policy, a rule's target in place, a base chain's priority."""

    item: Item
    before: Item


Change = Added | Removed | Moved | Altered


def compare(before: Ruleset, after: Ruleset) -> tuple[Change, ...]:
    """Compare everything but counters."""
    return tuple(_compare_tables(before, after))
