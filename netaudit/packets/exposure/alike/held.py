"""Kinds of groups whose likeness was held against others once, by who works out host after host.

with HeldKinds() as held: ...    within it, one container stands for a group of a kind that was held against two others

That containers are alike follows from the rules; that two more are asked about only finds mistakes in that reasoning.
It need not be found again on each host whose rules are the same but for numbers and names.
"""

import re
from collections.abc import Iterator, Sequence

from netaudit.model.netfilter.program import Program
from netaudit.packets.exposure.alike.groups import Member
from netaudit.packets.exposure.alike.part import program_without
from netaudit.packets.sets.reused import Reused

Kind = tuple[object, ...]
_MOST = 1000  # kinds that are remembered
_OF_ONE_HOST = re.compile(r"\b(?:br-[0-9a-f]{12}|[0-9a-f]*[.:][0-9a-f.:/]*|\d+)(?![\w-])")


class HeldKinds(Reused):
    """The kinds of groups that were held against others; in its context they are not held again."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[Kind, None] = {}

    def __contains__(self, kind: Kind) -> bool:
        return kind in self._kinds

    def add(self, kind: Kind) -> None:
        """Remember a kind; the first one is forgotten where there are too many."""
        self._kinds[kind] = None
        if len(self._kinds) > _MOST:
            del self._kinds[next(iter(self._kinds))]


def kind_of(groups: Sequence[Sequence[Member]], program: Program) -> Kind:
    """Return the kind of a host's groups: the rules of their containers, and all other rules, without the numbers.

    How many containers a group has does not matter.
    """
    owned = ((_shape(members[0]), len(members[0].own.addresses), len(members[0].own.ports)) for members in groups)
    others = program_without(program, [one for members in groups for one in members])
    return tuple(dict.fromkeys(owned)), tuple(_masked(others))


def _shape(member: Member) -> tuple[object, ...]:
    return tuple((one.chain, one.before, _OF_ONE_HOST.sub("#", one.shape)) for one in member.rules)


def _masked(program: Program) -> Iterator[object]:
    for table in program.tables:
        for name, chain in table.chains.items():
            masked = _OF_ONE_HOST.sub("#", "\n".join(rule.text for rule in chain.chain.rules))
            yield table.backend, table.family, table.name, name, chain.policy, tuple(dict.fromkeys(masked.split("\n")))
