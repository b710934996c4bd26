"""How far jumps are followed. Kernels limit them, but the text of a recording may hold any number of them.

A kernel refuses a loop of jumps that a base chain leads into, so no packet is ever in a loop; a loop that no base chain
leads into may exist. nft refuses jumps nested deeper than 16 chains, iptables-legacy takes any depth. Both take several
jumps from one chain to the next: with three each, 16 chains make 3¹⁵ paths. Here a chain is visited again only as long
as the work stays in proportion to the number of rules of the table.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

from netaudit.model.netfilter.program import ReadChain, ReadTable
from netaudit.model.netfilter.statement import Goto, Jump, Meaning
from netaudit.model.reason import Reason, ReasonKind, make_reason

DEEPEST = 64  # nested jumps that are followed
_AGAIN, _AGAIN_PER_RULE = 2048, 4  # rules that are visited again for one base chain


class Again:
    """Counts the rules that are visited more than once, for one base chain."""

    def __init__(self, table: ReadTable) -> None:
        self._seen: set[str] = set()
        self._left = _AGAIN + _AGAIN_PER_RULE * sum(chain.size for chain in table.chains.values())

    def affords(self, chain: ReadChain, cost: int) -> bool:
        """Tell whether a chain with this number of rules may be visited; the first visit is always allowed."""
        if chain.name not in self._seen:
            self._seen.add(chain.name)
            return True
        self._left -= cost + 1
        return self._left >= 0


def why_not_followed(target: ReadChain, within: tuple[str, ...]) -> Reason | None:
    """Return why a jump from nested chains is not followed; None where it is followed."""
    if target.name in within:
        return make_reason(ReasonKind.ENDLESS_JUMPS, chain=target.name)
    if len(within) >= DEEPEST:
        return make_reason(ReasonKind.DEEP_JUMPS, chain=target.name, limit=DEEPEST)
    return None


def too_many_ways(target: ReadChain) -> Reason:
    """Return why a chain is not visited again."""
    return make_reason(ReasonKind.MANY_JUMPS, chain=target.name)


class Jumps:
    """Which chains of a table jump to which. Reads all rules."""

    def __init__(self, table: ReadTable) -> None:
        self._table = table

    @cached_property
    def targets(self) -> Mapping[str, frozenset[str]]:
        """Return the names that each chain jumps to; not all of them need be chains of the table."""
        return {
            name: frozenset(one for rule in chain.rules for one in targets_of(rule.meaning))
            for name, chain in self._table.chains.items()
        }

    @cached_property
    def heights(self) -> Mapping[str, int]:
        """Return the depth of jumps behind each chain, lowest first; chains that lead into a loop are left out."""
        callers: dict[str, list[str]] = {name: [] for name in self.targets}
        waiting = {name: len(found & self.targets.keys()) for name, found in self.targets.items()}
        for name, found in self.targets.items():
            for one in found & self.targets.keys():
                callers[one].append(name)
        heights = {name: 0 for name, count in waiting.items() if not count}
        ready = list(heights)
        for name in ready:  # the list grows: a chain is ready when the heights of all its targets are known
            for caller in callers[name]:
                heights[caller] = max(heights.get(caller, 0), heights[name] + 1)
                waiting[caller] -= 1
                if not waiting[caller]:
                    ready.append(caller)
        return {name: heights[name] for name in ready}


def targets_of(meaning: Meaning) -> Iterator[str]:
    """Return the chains that a rule jumps or goes to."""
    for branch in meaning.branches():
        if isinstance(branch.verdict, Jump | Goto):
            yield branch.verdict.chain
