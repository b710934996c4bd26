"""A rule of nft's that branches again and again is read to a bound, and says so."""

import pytest

from netaudit.model.netfilter.statement import Meaning, UnknownStatement
from netaudit.packets.shadowing.rule_effects import matches_of
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
