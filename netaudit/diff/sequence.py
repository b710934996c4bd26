"""Align the rules of a chain before and after, by text.

Equal heads and tails are cut off first, so that an unchanged chain costs one comparison and a changed one the size
of its change. In what remains, equal texts are paired in order; of the pairs, a longest increasing subsequence
stayed, the others moved. What has no partner was added or removed; a removal and an addition between the same
neighbours, with equal matches and another target, are one alteration.
"""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec

Pairs = Sequence[tuple[int, int]]  # (position before, position after), in the order of the latter


class Alignment(msgspec.Struct, frozen=True):
    """Positions from 0, in the order of the rules; what is in none of these stayed where it was.

    `moved` and `altered` map a position after to the one before.
    """

    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    moved: Mapping[int, int] = {}
    altered: Mapping[int, int] = {}


def align(old: Sequence[str], new: Sequence[str]) -> Alignment:
    """Align two lists of texts."""
    head, tail = _common_ends(old, new)
    left, right = range(head, len(old) - tail), range(head, len(new) - tail)
    pairs = _pair(old, new, left, right)
    stayed = _longest_increasing(pairs)
    moved = {after: before for before, after in pairs if after not in stayed}
    gone = sorted(set(left) - {before for before, _ in pairs})
    come = sorted(set(right) - {after for _, after in pairs})
    borders = [(head - 1, head - 1), *(p for p in pairs if p[1] in stayed), (len(old) - tail, len(new) - tail)]
    altered = dict(_alterations(old, new, borders, (gone, come))) if gone and come else {}
    replaced = set(altered.values())
    return Alignment(
        added=tuple(at for at in come if at not in altered),
        removed=tuple(at for at in gone if at not in replaced),
        moved=moved,
        altered=altered,
    )


def stayed_or_moved(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pair every text that is on both sides, changed place or not: (position before, position after)."""
    head, tail = _common_ends(old, new)
    yield from ((at, at) for at in range(head))
    yield from _pair(old, new, range(head, len(old) - tail), range(head, len(new) - tail))
    yield from ((len(old) - at, len(new) - at) for at in range(tail, 0, -1))


def _common_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Count how many texts are equal at the head, and in what remains at the tail."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - head
    return head, next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)


def _pair(old: Sequence[str], new: Sequence[str], left: range, right: range) -> list[tuple[int, int]]:
    """Pair equal texts, the k-th with the k-th."""
    waiting: defaultdict[str, deque[int]] = defaultdict(deque)
    for before in left:
        waiting[old[before]].append(before)
    return [(queue.popleft(), after) for after in right if (queue := waiting.get(new[after]))]


def _longest_increasing(pairs: Pairs) -> set[int]:
    """Pick the most pairs whose order is the same on both sides (patience sorting); gives their positions after."""
    ends: list[int] = []  # the smallest position before that ends a run of each length
    piles: list[int] = []  # the pair that has it
    previous: list[int] = []
    for at, (before, _) in enumerate(pairs):
        pile = bisect_left(ends, before)
        previous.append(piles[pile - 1] if pile else -1)
        ends[pile : pile + 1] = [before]
        piles[pile : pile + 1] = [at]
    stayed: set[int] = set()
    at = piles[-1] if piles else -1
    while at >= 0:
        stayed.add(pairs[at][1])
        at = previous[at]
    return stayed


def _alterations(
    old: Sequence[str], new: Sequence[str], borders: Pairs, unpaired: tuple[Sequence[int], Sequence[int]]
) -> Iterator[tuple[int, int]]:
    """Find (position after, position before) of rules that got another target in place."""
    gone, come = deque(unpaired[0]), deque(unpaired[1])
    for _, (left_end, right_end) in pairwise(borders):
        old_here = {_matches(old[at]): at for at in _take_below(gone, left_end)}
        for at in _take_below(come, right_end):
            before = old_here.pop(_matches(new[at]), None)
            if before is not None:
                yield at, before


def _take_below(positions: deque[int], end: int) -> Iterator[int]:
    while positions and positions[0] < end:
        yield positions.popleft()


def _matches(text: str) -> str:
    """Give a rule's text up to its target; nftables' rules have no such border, and are never altered."""
    for word in (" -j ", " -g "):
        end = text.rfind(word)
        if end >= 0:
            return text[:end]
    return text
