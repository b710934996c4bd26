"""A stock of spaces: hosts that are alike share one, and nothing that is computed depends on it."""

import subprocess
import sys
from collections.abc import Mapping, Sequence

import pytest
from programs import RECORDINGS, environment

from netaudit.api.rules import shipped_catalog
from netaudit.attribute.exposure.compute import ComputeExposure, diff_with_exposure
from netaudit.attribute.exposure.ways import shared_spaces
from netaudit.packets.sets.space import PacketSpace
from netaudit.packets.sets.stock import SpaceStock, space_of
from netaudit.parse import parse_snapshots
from netaudit.store import load

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


def test_two_snapshots_share_their_spaces_and_those_that_are_kept_from_host_to_host_where_there_are_some() -> None:
    with shared_spaces():
        assert space_of(_GROUPS) is space_of(_GROUPS)
    with SpaceStock():
        first = space_of(_GROUPS)
        with shared_spaces():
            assert space_of(_GROUPS) is first
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


def test_a_diff_makes_no_space_of_a_layout_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def counted(groups: Sequence[Mapping[str, int]]) -> PacketSpace:
        made.append(str(groups))
        return PacketSpace(groups)

    monkeypatch.setattr("netaudit.packets.sets.stock.PacketSpace", counted)
    folder = RECORDINGS / "28.5.2-iptables-nft" / "default-one-port"
    before, after = parse_snapshots(load(folder / "00"), load(folder / "01"))
    diff_with_exposure(before, after, shipped_catalog(), ComputeExposure.ALWAYS)
    assert sorted(set(made)) == sorted(made)


def test_who_imports_the_library_after_us_gets_it_whole() -> None:
    code = "import netaudit.packets.sets.bdd as ours, oxidd; print(oxidd.bcdd.BCDDManager is ours.BCDDManager)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment())
    assert done.stdout == "True\n"
