"""Ranges of numbers, such as ports and addresses: both ends are included.

`Ranges` are sorted and neither overlap nor touch, unless a function says that it takes them in any order.
"""

from collections.abc import Container, Iterable, Iterator

Range = tuple[int, int]
Ranges = tuple[Range, ...]


def joined(ranges: Iterable[Range]) -> Ranges:
    """Return the union of ranges that come in any order."""
    found: list[Range] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        elif first <= last:
            found.append((first, last))
    return tuple(found)


def single(numbers: Iterable[int]) -> Ranges:
    """Return one range for each number, in the order of the numbers given."""
    return tuple((number, number) for number in numbers)


def without(ranges: Ranges, taken: Ranges) -> Ranges:
    """Return the ranges less those that are taken."""
    left: list[Range] = []
    for first, last in ranges:
        start = first
        for other_first, other_last in taken:
            if other_last < start or other_first > last:
                continue
            if other_first > start:
                left.append((start, other_first - 1))
            start = max(start, other_last + 1)
        if start <= last:
            left.append((start, last))
    return tuple(left)


def common(ranges: Ranges, others: Ranges) -> Ranges:
    """Return what is in both."""
    return without(ranges, without(ranges, others))


def contains(ranges: Iterable[Range], number: int) -> bool:
    """Tell whether a number is in one of the ranges, which may come in any order."""
    return any(first <= number <= last for first, last in ranges)


def inside(ranges: Iterable[Range], others: Ranges) -> bool:
    """Tell whether each range is in one of the others; both may come in any order."""
    return all(any(start <= first and last <= end for start, end in others) for first, last in ranges)


def overlaps(ranges: Iterable[Range], one: Range) -> bool:
    """Tell whether a range has a number in common with one of the ranges, which may come in any order."""
    return any(first <= one[1] and one[0] <= last for first, last in ranges)


def free_numbers(ranges: Ranges, taken: Container[int]) -> Iterator[int]:
    """Yield the numbers of ranges that are not taken, lazily: the ranges may be an IPv6 network."""
    return (number for first, last in ranges for number in range(first, last + 1) if number not in taken)
