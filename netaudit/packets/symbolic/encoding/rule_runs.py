"""Runs of simple rules: matches that are known wholly, and a verdict or a translation.

Meeting them one by one cuts a set that grows with every rule. Here neighbours are joined first, two and two, so most
steps are between small sets:

    rules 1, 2       what either takes, and of what 2 decides only what 1 does not take
    rules 1-2, 3-4   the same again, until one is left: the packets of the chain are cut once
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from netaudit.model.netfilter.program import ReadRule
from netaudit.model.netfilter.statement import Accept, Drop, Meaning, Nat, Note, Reject
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.symbolic.encoding.host_sets import Translated
from netaudit.packets.symbolic.encoding.matches import Encoder
from netaudit.packets.symbolic.encoding.statements import SOURCES, chooses

_SHORTEST = 8  # below that, joining saves nothing


class Run(NamedTuple):
    """Neighbours that all translate the same of packets, or nothing and decide, each with the packets that it takes."""

    translates: Translated
    rules: Sequence[tuple[ReadRule, PacketSet]]


class Taken(NamedTuple):
    """What rules take, and of that what they accept and drop, each as the rule leaves it."""

    all: PacketSet
    accepted: PacketSet
    dropped: PacketSet

    def before(self, later: "Taken") -> "Taken":
        """Join with rules that meet what these do not take."""
        return Taken(
            self.all | later.all,
            self.accepted | (later.accepted - self.all),
            self.dropped | (later.dropped - self.all),
        )


def join(parts: Iterable[Taken]) -> Taken | None:
    """Join rules in their order, pairwise; None for no rule."""
    left = list(parts)
    while len(left) > 1:
        odd = [left.pop()] if len(left) % 2 else []
        left = [one.before(other) for one, other in zip(left[::2], left[1::2], strict=True)] + odd
    return left[0] if left else None


def pieces(rules: Sequence[ReadRule], encoder: Encoder) -> Iterator[Run | ReadRule]:
    """Cut a chain into runs of simple rules that are worth joining, and single rules between them."""
    for translates, group in groupby(rules, lambda rule: _translates(rule.meaning, encoder)):
        members = list(group)
        if translates is not None and len(members) >= _SHORTEST:
            yield Run(translates, [(rule, encoder.all_of(rule.meaning.matches).sure) for rule in members])
        else:
            yield from members


def _translates(meaning: Meaning, encoder: Encoder) -> Translated | None:
    """Tell what a simple rule translates; None for one that is not simple."""
    if meaning.then or not encoder.all_of(meaning.matches).exact:
        return None
    match [one for one in meaning.statements if not isinstance(one, Note)]:
        case []:
            return Translated(0) if isinstance(meaning.verdict, Accept | Drop | Reject) else None
        case [Nat() as nat] if nat.kind in SOURCES:
            return Translated.SOURCE
        case [Nat() as nat] if not chooses(nat):
            return Translated.DESTINATION
        case _:
            return None
