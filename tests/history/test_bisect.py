"""The change at which an answer turned: found by halves, and never across looks of which nobody can tell."""

from collections.abc import Sequence
from contextlib import closing
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace
from programs import RECORDINGS, run_inside

from netaudit.errors import SubjectError
from netaudit.history import make_history
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.model.history.look import Origin
from netaudit.policy.grammar import parse_entry
from netaudit.policy.verdict import Verdict
from netaudit.store import load
from netaudit.timeline.bisect import Turned, bisect
from netaudit.timeline.verdicts import Answer, Question

TODAY = date(2026, 11, 28)


@cache
def closed() -> Facts:
    """Return a host on which nothing is published."""
    return load(RECORDINGS / "20.10.24-iptables-nft" / "default-one-port" / "00")


@cache
def opened() -> Facts:
    """Return the same host after `docker run -p 8080:80`."""
    return load(RECORDINGS / "20.10.24-iptables-nft" / "default-one-port" / "01")


@cache
def silent() -> Facts:
    """Return the same host, whose engine did not answer."""
    files = {name: data for name, data in opened().files.items() if name != Source.DOCKER_CONTAINERS}
    return replace(opened(), files=files, gaps=(Gap(Source.DOCKER_CONTAINERS, GapReason.CRASHED),))


def keep(path: Path, looks: Sequence[Facts]) -> Path:
    with closing(make_history(path)) as history:
        for number, facts in enumerate(looks):
            history.add(replace(facts, taken_at=f"2026-11-27T{number:02d}:00:00Z"), Origin.WATCH, ())
    return path


def turn(path: Path, sentence: str, wanted: Verdict = Verdict.HOLDS) -> tuple[Turned, list[Facts]]:
    question, read = Question((parse_entry(sentence),), wanted, TODAY), []

    def ask(facts: Facts) -> Answer:
        read.append(facts)
        return question.ask(facts)

    with closing(make_history(path)) as history:
        every = history.list_all()
        return bisect(history, every[0], every[-1], ask), read


def rule(number: int) -> bytes:
    return b"-A INPUT -s 198.18.0.%d/32 -j DROP\n" % number


def with_rule(facts: Facts, number: int) -> Facts:
    name = "iptables-save.txt"
    head, found, rest = facts.files[name].partition(b"*filter\n")
    declared, commit, after = rest.partition(b"COMMIT\n")
    return replace(facts, files={**facts.files, name: head + found + declared + rule(number) + commit + after})


def test_the_two_looks_between_which_it_turned_are_found(tmp_path: Path) -> None:
    looks = [with_rule(closed() if number < 5 else opened(), number) for number in range(9)]
    for wanted, sentence in (
        (Verdict.HOLDS, "internet can reach web:80"),
        (Verdict.BROKEN, "internet cannot reach web:80"),
    ):
        found, read = turn(keep(tmp_path / wanted, looks), sentence, wanted)
        assert (found.before.number, found.after.number, found.unknown) == (5, 6, ())
        assert len(read) == found.asked <= 6


def test_of_looks_that_saw_the_same_one_is_asked(tmp_path: Path) -> None:
    looks = [with_rule(opened() if number == 15 else closed(), number % 2) for number in range(16)]
    found, read = turn(keep(tmp_path / "h", looks), "internet can reach web:80")
    assert (found.before.number, found.after.number) == (15, 16)
    assert len(read) == found.asked == 3


def test_looks_of_which_nobody_can_tell_are_said_and_not_guessed(tmp_path: Path) -> None:
    looks = [closed(), with_rule(closed(), 1), silent(), with_rule(silent(), 2), opened(), with_rule(opened(), 3)]
    path = keep(tmp_path / "h", looks)
    found, _ = turn(path, "internet can reach web:80")
    assert [one.number for one in (found.before, *found.unknown, found.after)] == [2, 3, 4, 5]
    assert found.why.startswith("`internet can reach web:80`: docker-containers.json")
    done = run_inside("bisect", "--reaches", "internet", "web:80", "--store", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1].startswith("not known at @3 to @4: `internet can reach web:80`: docker")


@pytest.mark.parametrize(
    ("looks", "sentence", "said"),
    [
        ((closed, opened), "internet can reach nosuch", "it is not so at look 2: `internet can reach nosuch`: nothing"),
        ((opened, closed), "internet can reach web:80", "it was so at look 1 already"),
        ((closed, opened), "internet can reach web:81", "it is not so at look 2"),
        ((closed, silent), "internet can reach web:80", "nobody can tell whether it was so at look 2: `internet can"),
        ((silent, opened), "internet can reach web:80", "nobody can tell whether it was so at look 1: `internet can"),
        ((opened,), "internet can reach web:80", "there is nothing between these two looks"),
    ],
)
def test_ends_that_answer_alike_are_refused_with_the_reason(
    tmp_path: Path, looks: Sequence[object], sentence: str, said: str
) -> None:
    path = keep(tmp_path / "h", [one() for one in looks])  # type: ignore[operator]
    with pytest.raises(SubjectError) as caught:
        turn(path, sentence)
    assert caught.value.message.startswith(said)
    assert caught.value.hint
