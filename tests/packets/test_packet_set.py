"""Sets of packets obey the laws of sets, and give back what they hold."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling import SWEEP

from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.space import PacketSpace

WIDTH = 5
EVERY = frozenset(range(1 << WIDTH))
SPACE = PacketSpace([{"port": WIDTH, "other": WIDTH}, {"mark": 3}], nodes=1 << 16)
VALUES = st.integers(0, (1 << WIDTH) - 1)
RANGES = st.lists(st.tuples(VALUES, VALUES).map(sorted).map(tuple), max_size=4).map(tuple)


def _values(packets: PacketSet, field: str = "port") -> frozenset[int]:
    return frozenset(value for first, last in SPACE.values.ranges(packets, field) for value in range(first, last + 1))


def _of(ranges: tuple[tuple[int, int], ...]) -> frozenset[int]:
    return frozenset(value for first, last in ranges for value in range(first, last + 1))


@given(one=RANGES, other=RANGES)
def test_sets_combine_as_sets_do(one: tuple[tuple[int, int], ...], other: tuple[tuple[int, int], ...]) -> None:
    a, b = SPACE.in_ranges("port", one), SPACE.in_ranges("port", other)
    assert _values(a) == _of(one)
    assert (_values(a & b), _values(a | b), _values(a - b)) == (
        _of(one) & _of(other),
        _of(one) | _of(other),
        _of(one) - _of(other),
    )
    assert bool(a & b) == bool(_of(one) & _of(other))
    assert (a == b) == (_of(one) == _of(other))


@given(ranges=RANGES)
def test_ranges_are_sorted_and_as_few_as_can_be(ranges: tuple[tuple[int, int], ...]) -> None:
    found = SPACE.values.ranges(SPACE.in_ranges("port", ranges), "port")
    assert all(last + 1 < after for (_, last), (after, _) in pairwise(found))


@given(ranges=RANGES, mask=VALUES, value=VALUES)
def test_bits_are_matched_written_and_flipped(ranges: tuple[tuple[int, int], ...], mask: int, value: int) -> None:
    packets = SPACE.in_ranges("port", ranges)
    assert _values(SPACE.masked("port", mask, value)) == {one for one in EVERY if one & mask == value}
    assert _values(SPACE.rewrite.assign_bits(packets, "port", mask, value)) == {
        one & ~mask | value & mask for one in _of(ranges)
    }
    assert _values(SPACE.rewrite.flip_bits(packets, "port", mask)) == {one ^ mask for one in _of(ranges)}
    assert _values(SPACE.rewrite.forget_bits(packets, "port", mask)) == {
        one for one in EVERY if any((one ^ other) & ~mask == 0 for other in _of(ranges))
    }


@given(one=RANGES, other=RANGES)
def test_what_is_forgotten_may_be_anything_and_the_rest_stays(
    one: tuple[tuple[int, int], ...], other: tuple[tuple[int, int], ...]
) -> None:
    both = SPACE.in_ranges("port", one) & SPACE.in_ranges("other", other)
    left = SPACE.rewrite.forget(both, "other")
    assert _values(left) == (_of(one) if other else frozenset())
    assert _values(left, "other") == (EVERY if one and other else frozenset())
    assert SPACE.rewrite.common(SPACE.in_ranges("port", one), SPACE.in_ranges("other", other), "port") == left
    assert SPACE.touch(SPACE.in_ranges("port", one), SPACE.in_ranges("port", other)) == bool(_of(one) & _of(other))


WIDE = PacketSpace([{"number": 20}], nodes=1 << 16)


@given(bounds=st.tuples(st.integers(0, (1 << 20) - 1), st.integers(0, (1 << 20) - 1)).map(sorted))
def test_numbers_of_more_than_two_bytes_have_the_ranges_that_were_asked_for(bounds: list[int]) -> None:
    ranges = ((bounds[0], bounds[1]),)
    assert WIDE.values.ranges(WIDE.in_ranges("number", ranges), "number") == ranges
    assert WIDE.values.example(WIDE.equal("number", bounds[0]), ["number"]) == {"number": bounds[0]}


@given(value=VALUES)
def test_copied_bits_are_equal(value: int) -> None:
    same = SPACE.copied("port", "other") & SPACE.equal("port", value)
    assert _values(same, "other") == {value}


@settings(max_examples=6 * SWEEP)
@given(one=RANGES, other=RANGES)
def test_an_example_is_in_the_set(one: tuple[tuple[int, int], ...], other: tuple[tuple[int, int], ...]) -> None:
    example = SPACE.values.example(SPACE.in_ranges("port", one) & SPACE.in_ranges("other", other), ("port", "other"))
    if not (_of(one) and _of(other)):
        assert example is None
    else:
        assert example
        assert example["port"] in _of(one)
        assert example["other"] in _of(other)


def test_more_than_there_is_room_for_is_a_memory_error() -> None:
    small = PacketSpace([{"a": 32, "b": 32}], nodes=256)
    with pytest.raises(MemoryError):
        small.union(small.equal("a", one * 7919) & small.equal("b", one * 104729) for one in range(999))
