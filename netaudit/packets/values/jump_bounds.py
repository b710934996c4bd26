"""How far jumps are followed: kernels bound them, but what somebody wrote into a recording has no bound.

A kernel refuses a circle that a base chain leads into (and takes one that none leads into), so no packet is ever led in
a circle. nft refuses more than 16 chains in one another, iptables-legacy takes any number. Both take three jumps from
each chain to the next: in 16 chains the kernel then really goes 3¹⁵ ways. Here a chain that was gone through before is
gone through again only as long as the work stays in proportion to the table's rules.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

from netaudit.model.program import ReadChain, ReadTable
from netaudit.model.reason import Reason, ReasonKind, because
from netaudit.model.statement import Goto, Jump, Meaning

DEEPEST = 64  # chains in one another that are followed
_AGAIN, _AGAIN_PER_RULE = 2048, 4  # rules that are asked again in one base chain's table


class Again:
    """Counts the rules that are asked a second time and more, for one way through a table."""

    def __init__(self, table: ReadTable) -> None:
        self._seen: set[str] = set()
        self._left = _AGAIN + _AGAIN_PER_RULE * sum(chain.size for chain in table.chains.values())

    def affords(self, chain: ReadChain, cost: int) -> bool:
        """Tell whether a chain of this cost may be gone through; the first time it always may."""
        if chain.name not in self._seen:
            self._seen.add(chain.name)
            return True
        self._left -= cost + 1
        return self._left >= 0


def why_not_followed(target: ReadChain, within: tuple[str, ...]) -> Reason | None:
    """Return why a jump from chains in one another is not followed; None where it is."""
    if target.name in within:
        return because(ReasonKind.ENDLESS_JUMPS, chain=target.name)
    if len(within) >= DEEPEST:
        return because(ReasonKind.DEEP_JUMPS, chain=target.name, limit=DEEPEST)
    return None


def too_many_ways(target: ReadChain) -> Reason:
    """Return why a chain is not gone through again."""
    return because(ReasonKind.MANY_JUMPS, chain=target.name)


class Jumps:
    """Which chains of a table lead into which. Reads all rules."""

    def __init__(self, table: ReadTable) -> None:
        self._table = table

    @cached_property
    def targets(self) -> Mapping[str, frozenset[str]]:
        """Give the names that each chain jumps to, of chains that are there and of others."""
        return {
            name: frozenset(one for rule in chain.rules for one in targets_of(rule.meaning))
            for name, chain in self._table.chains.items()
        }

    @cached_property
    def heights(self) -> Mapping[str, int]:
        """Count the chains behind each in one another, those that lead nowhere first; none that lead into a circle."""
        callers: dict[str, list[str]] = {name: [] for name in self.targets}
        waiting = {name: len(found & self.targets.keys()) for name, found in self.targets.items()}
        for name, found in self.targets.items():
            for one in found & self.targets.keys():
                callers[one].append(name)
        heights = {name: 0 for name, count in waiting.items() if not count}
        ready = list(heights)
        for name in ready:  # it grows meanwhile: a chain is ready when all are known that it jumps to
            for caller in callers[name]:
                heights[caller] = max(heights.get(caller, 0), heights[name] + 1)
                waiting[caller] -= 1
                if not waiting[caller]:
                    ready.append(caller)
        return {name: heights[name] for name in ready}


def targets_of(meaning: Meaning) -> Iterator[str]:
    """List the chains that a rule jumps or goes to."""
    if isinstance(meaning.verdict, Jump | Goto):
        yield meaning.verdict.chain
    for branch in meaning.then:
        yield from targets_of(branch)
