"""What changed beside the rules and decides what they do: the members of sets that they ask, and policy rules."""

import re
from collections.abc import Iterable, Iterator

from netaudit.model.netfilter.ruleset import Backend, Item, Ruleset, Table
from netaudit.model.routing.policy import PolicyRule
from netaudit.model.snapshot import Snapshot

_IPSET = re.compile(r"--match-set (\S+)")
_NFT_SET = re.compile(r"@([\w./-]+)")
_Place = tuple[Backend, str, str, str]  # a set: its backend, family, table and name
_IPSETS = (Backend.IPSET, "", "ipset")  # a name is one set, of whichever family


class ChangedSets:
    """The sets of a host that hold something else than before."""

    def __init__(self, before: Ruleset, after: Ruleset) -> None:
        old, self._now = _members(before), _members(after)
        self._changes = {
            place: (len(old[place] - self._now[place]), len(self._now[place] - old[place]))
            for place in old.keys() & self._now.keys()
            if old[place] != self._now[place]
        }

    def behind(self, rule: Item) -> tuple[str, str] | None:
        """Return the first set that a rule asks and that changed, and by how much: `bad`, `2 members less`."""
        for place in _sets_in(rule):
            inner = ((*place[:3], name) for name in sorted(self._now.get(place, ())))  # of an ipset of ipsets
            for one in (place, *inner):
                if one in self._changes:
                    return one[3], _counted(*self._changes[one])
        return None


def changed_policy(before: Snapshot, after: Snapshot) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the policy rules (`ip rule`) that were added, and those removed; none where a side does not know them."""
    old, new = before.host.policy, after.host.policy
    if old is None or new is None or old == new:
        return (), ()
    return _texts(one for one in new if one not in old), _texts(one for one in old if one not in new)


def _texts(rules: Iterable[PolicyRule]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.text for one in rules))


def _members(ruleset: Ruleset) -> dict[_Place, frozenset[str]]:
    return {_place(table, named.name): frozenset(named.elements) for table in ruleset.tables for named in table.sets}


def _place(table: Table, name: str) -> _Place:
    return (*_IPSETS, name) if table.backend is Backend.IPSET else (*table.key, name)


def _sets_in(rule: Item) -> Iterator[_Place]:
    """Give the sets that a rule asks."""
    if rule.backend is Backend.NFTABLES:
        yield from ((rule.backend, rule.family, rule.table, name) for name in _NFT_SET.findall(rule.text))
    else:
        yield from ((*_IPSETS, name) for name in _IPSET.findall(rule.text))


def _counted(lost: int, gained: int) -> str:
    parts = [(lost, "less"), (gained, "more")]
    return ", ".join(f"{number} {'member' if number == 1 else 'members'} {word}" for number, word in parts if number)
