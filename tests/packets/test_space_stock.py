"""A stock of spaces: hosts that are alike share one, and nothing that is computed depends on it."""

import pytest

from netaudit.packets.sets.stock import SpaceStock, space_of

_GROUPS = ({"saddr": 32, "daddr": 32}, {"dport": 16})
_OTHER = ({"saddr": 32}, {"dport": 16})


def test_a_space_of_the_same_layout_is_given_again_within_the_stock_alone() -> None:
    with SpaceStock() as stock:
        first, other, again = space_of(_GROUPS), space_of(_OTHER), space_of(_GROUPS)
    assert first is again
    assert first is not other
    assert space_of(_GROUPS) is not first
    with stock:
        assert space_of(_GROUPS) is first


def test_a_space_that_has_grown_is_not_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netaudit.packets.sets.stock._NODES", 1000)
    with SpaceStock():
        first = space_of(_GROUPS)
        odd = [first.equal("saddr", (number * 2654435761) & 0xFFFFFFFF) for number in range(100)]
        assert first.nodes() > 1000
        assert space_of(_GROUPS) is not first
        assert odd


def test_the_layouts_that_were_used_longest_ago_are_given_up() -> None:
    with SpaceStock():
        first = space_of(_GROUPS)
        for bits in range(1, 9):
            space_of(({"mark": bits},))
        assert space_of(_GROUPS) is not first


def test_sets_of_a_space_that_is_used_again_have_the_same_values() -> None:
    with SpaceStock():
        space_of(_GROUPS).in_ranges("dport", ((1, 7), (80, 90)))
        space = space_of(_GROUPS)
        assert space.values.ranges(space.in_ranges("dport", ((5, 81),)), "dport") == ((5, 81),)
