"""A rule of nft's that branches again and again is read to a bound, and says so."""

import pytest

from netaudit.model.netfilter.statement import Meaning, UnknownStatement
from netaudit.packets.shadowing.rule_effects import matches_of
from netaudit.parse.nftables.match import Elements
from netaudit.parse.nftables.meaning import read_nft_rule

_MARK = {"meta": {"key": "mark"}}
_PORT = {"payload": {"protocol": "tcp", "field": "dport"}}
_CHANGES = [{"mangle": {"key": _MARK, "value": 1}}, {"match": {"op": "==", "left": _MARK, "right": 1}}]
_MAP = [{"mangle": {"key": _MARK, "value": {"map": {"key": _PORT, "data": {"set": [[1, 1], [2, 2], [3, 3]]}}}}}]


@pytest.mark.parametrize("expressions", [_CHANGES * 5000, _MAP * 40], ids=["changes", "maps"])
def test_a_rule_that_branches_without_end_is_undecided_from_some_point_on(expressions: list[object]) -> None:
    meaning = read_nft_rule([*expressions, {"drop": None}], "ip", {})
    assert sum(1 for _ in matches_of(meaning)) < 100_000
    while meaning.then:
        meaning = meaning.then[0]
    assert isinstance(meaning.statements[-1], UnknownStatement)
    assert meaning.statements[-1].reason == "a rule that branches so often is not followed"


def test_a_rule_as_long_as_nft_takes_is_read_whole() -> None:
    meaning = read_nft_rule([*_CHANGES * 60, {"drop": None}], "ip", {})
    depth = 0
    while meaning.then:
        meaning, depth = meaning.then[0], depth + 1
    assert (depth, meaning.verdict) == (60, read_nft_rule([{"drop": None}], "ip", {}).verdict)
    assert isinstance(meaning, Meaning)


def test_a_set_that_many_rules_ask_is_read_once() -> None:
    sets = {"s": Elements(tuple(f"192.0.2.{one}" for one in range(1, 9, 2)))}
    asks = {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": "@s"}}
    first, second = (read_nft_rule([asks, {"drop": None}], "ip", sets).matches for _ in range(2))
    assert first == second
    assert len(sets["s"].matches) == 1


def test_a_large_map_that_many_rules_look_up_is_followed_in_a_few_of_them_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("netaudit.parse.nftables.match._MOST_BRANCHES", 1 << 10)
    elements = tuple([f"10.0.0.{one}", {"drop": None}] for one in range(1 << 8))
    sets = {"m": Elements(elements)}
    keys = [{"payload": {"protocol": "ip", "field": "saddr"}} for _ in range(6)]
    found = [read_nft_rule([{"vmap": {"key": key, "data": "@m"}}], "ip", sets) for key in keys]
    assert [bool(one.then) for one in found] == [True] * 4 + [False] * 2
    assert all(isinstance(one.statements[0], UnknownStatement) for one in found[4:])
    assert read_nft_rule([{"vmap": {"key": keys[0], "data": "@m"}}], "ip", {"m": Elements(elements)}).then
