"""Pair the rules of a chain before and after, by text.

Equal heads and tails are cut off first, so that an unchanged chain costs one comparison and a changed one the size
of its change. In what remains, equal texts are paired in order; of the pairs, a longest increasing subsequence
stayed, the others moved. What has no partner was added or removed; a removal and an addition between the same
neighbours, with equal matches and another target, are one alteration.
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from itertools import pairwise

Pairs = Sequence[tuple[int, int]]  # (position before, position after), from 0, in the order of the latter


def pair(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Pair equal texts, the k-th with the k-th; equal heads and tails are paired without looking further."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - head
    tail = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    pairs = [(at, at) for at in range(head)]
    waiting: defaultdict[str, deque[int]] = defaultdict(deque)
    for left in range(head, len(old) - tail):
        waiting[old[left]].append(left)
    pairs += [(queue.popleft(), at) for at in range(head, len(new) - tail) if (queue := waiting.get(new[at]))]
    return pairs + [(len(old) - at, len(new) - at) for at in range(tail, 0, -1)]


def longest_increasing(pairs: Pairs) -> set[int]:
    """Pick the most pairs whose order is the same on both sides (patience sorting); gives their right positions."""
    ends: list[int] = []  # the smallest left position that ends a run of each length
    piles: list[int] = []  # the pair that has it
    previous: list[int] = []
    for at, (left, _) in enumerate(pairs):
        pile = bisect_left(ends, left)
        previous.append(piles[pile - 1] if pile else -1)
        ends[pile : pile + 1] = [left]
        piles[pile : pile + 1] = [at]
    stayed: set[int] = set()
    at = piles[-1] if piles else -1
    while at >= 0:
        stayed.add(pairs[at][1])
        at = previous[at]
    return stayed


def alterations(old: Sequence[str], new: Sequence[str], pairs: Pairs, stayed: set[int]) -> Iterator[tuple[int, int]]:
    """Find (new, old) positions of rules that got another target in place."""
    edges = [(-1, -1), *(pair for pair in pairs if pair[1] in stayed), (len(old), len(new))]
    paired_old, paired_new = {left for left, _ in pairs}, {right for _, right in pairs}
    for (left, right), (left_end, right_end) in pairwise(edges):
        gone = {_matches(old[at]): at for at in range(left + 1, left_end) if at not in paired_old}
        if not gone:
            continue
        for at in range(right + 1, right_end):
            if at not in paired_new and (before := gone.pop(_matches(new[at]), None)) is not None:
                yield at, before


def _matches(text: str) -> str:
    """Give a rule's text up to its target; nftables' rules have no such border, and are never altered."""
    for word in (" -j ", " -g "):
        end = text.rfind(word)
        if end >= 0:
            return text[:end]
    return text
