"""Ranges of numbers, inclusive, sorted and apart."""

Ranges = tuple[tuple[int, int], ...]


def without(ranges: Ranges, taken: Ranges) -> Ranges:
    """Subtract sorted ranges."""
    left: list[tuple[int, int]] = []
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


def inside(ranges: Ranges, others: Ranges) -> bool:
    """Tell whether each range is in one of the others."""
    return all(any(start <= first and last <= end for start, end in others) for first, last in ranges)
