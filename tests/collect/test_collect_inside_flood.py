"""Containers that fill their own tables: what all of them cost together has a bound, and the first are kept."""

import msgspec
import pytest

from netaudit.collect.asking.answer import Answered
from netaudit.collect.asking.options import Where
from netaudit.collect.docker import netns
from netaudit.model.facts import Gap, GapReason, Source

_CONTAINERS = msgspec.json.encode([{"Id": f"{number:064x}", "State": {"Pid": number}} for number in range(1, 8)])


def test_containers_that_print_too_much_are_gaps_and_the_first_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed: list[int] = []

    def print_much(_where: Where, _pid: int, most: int) -> netns._Printed:
        allowed.append(most)
        return netns._Printed({"iptables-save.txt": "x" * min(most, 400)}, [])  # noqa: SLF001

    monkeypatch.setattr(netns, "_namespace", str)
    monkeypatch.setattr(netns, "_MOST", 400)
    monkeypatch.setattr(netns, "_MOST_OF_ALL", 1000)
    monkeypatch.setattr(netns, "_ask_one", print_much)
    answers = list(netns.ask_inside(Where(), [_CONTAINERS]))
    gaps = [answer for answer in answers if isinstance(answer, Gap)]
    assert allowed == [400, 400, 200]
    assert {(gap.source, gap.reason) for gap in gaps} == {(Source.INSIDE, GapReason.INVALID)}
    assert len(gaps) == 4
    (answer,) = [answer for answer in answers if isinstance(answer, Answered)]
    files = msgspec.json.decode(answer.data, type=dict[str, dict[str, str]])
    assert [sum(map(len, one.values())) for one in files.values()] == [400, 400, 200, 0, 0, 0, 0]
