"""A few hostile cases of every form in each test run; `make test` and `make break` run more."""

import os
import signal
import time
from pathlib import Path

import pytest
from fuzz.targets import TARGETS, Form
from fuzz.whole import RENDERERS, facts_with, go_through
from sampling import SWEEP, WHOLE, every, sampled

from hostile import breaking, work
from hostile.breaking import break_form, describe
from hostile.cases import make_case
from hostile.shapes import SHAPES, SIZES, SMALL_SIZES
from hostile.watchdog import Watchdog
from netaudit.errors import UsageError

FOUND = sorted((Path(__file__).parent / "found").glob("*/*"))
CASES, WHOLE_EVERY = 12 * SWEEP, 60


@pytest.mark.parametrize("form", sampled(TARGETS, ("save", "listing", "index", "config")))
def test_nothing_but_our_own_errors_comes_out(form: str) -> None:
    found = [one for report in work.run(form, 0, range(CASES), WHOLE_EVERY, SMALL_SIZES[:1]) for one in report.failures]
    assert [(one.kind, one.where, one.case) for one in found] == []


@pytest.mark.parametrize("path", every(4, FOUND), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_once_broke_something_does_so_no_more(path: Path) -> None:
    """Inputs that `make break` found; the whole host is looked at where the form is a file of a recording."""
    form, data = TARGETS[path.parent.name], path.read_bytes()
    with Watchdog(work.SECONDS).on_duty() as watchdog:
        attempts = work.Attempts(path.parent.name, watchdog)
        attempts.attempt(path.name, data, form.read)
        if form.source:
            facts = facts_with(form.source, data)
            attempts.attempt(f"{path.name}, whole", data, lambda _: go_through(facts, tuple(RENDERERS)))
    assert [(one.kind, one.where, one.case) for one in attempts.report.failures] == []


@pytest.mark.matrix
@pytest.mark.parametrize("form", TARGETS)
def test_nor_in_more_cases_and_sizes_and_memory_stays_small(form: str) -> None:
    outcome = break_form(form, 1, 200 * SWEEP, 100, SIZES[: 2 if SWEEP < WHOLE else 3])
    assert [(one.kind, one.where, one.case) for one in outcome.failures] == []
    assert outcome.report.peak <= breaking.MOST_MEMORY


@pytest.mark.parametrize("form", TARGETS)
def test_a_case_is_the_same_each_time_and_another_for_another_seed(form: str) -> None:
    cases = [make_case(form, 3, number) for number in range(50)]
    assert cases == [make_case(form, 3, number) for number in range(50)]
    assert cases[1:] != [make_case(form, 4, number) for number in range(1, 50)]
    assert len(set(cases)) > 25


def test_every_form_that_grows_has_shapes() -> None:
    assert {shape.form for shape in SHAPES.values()} == TARGETS.keys() - {"version", "folder", "headers"}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_has_about_the_size_that_was_asked_for(name: str) -> None:
    made = len(SHAPES[name].make(10**5))
    assert made < 6 * 10**5


def _read_as(monkeypatch: pytest.MonkeyPatch, read: object) -> list[work.Failure]:
    """Put a reader that is broken in place of a good one, and give what was found."""
    monkeypatch.setitem(work.TARGETS, "sysctl", Form(read, (), None))  # type: ignore[arg-type]
    monkeypatch.setattr(work, "make_case", lambda *_: b"data")
    return [one for report in work.run("sysctl", 0, range(1), 1, ()) for one in report.failures]


def test_a_reader_that_crashes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.kind for one in _read_as(monkeypatch, lambda data: data[9])] == ["IndexError: index out of range"]


def test_a_reader_that_refuses_is_no_failure_but_one_that_does_not_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(message: str) -> None:
        raise UsageError(message)

    assert _read_as(monkeypatch, lambda _: refuse("no")) == []
    assert [one.kind for one in _read_as(monkeypatch, lambda _: refuse(""))] == ["empty error"]


def test_a_reader_that_hangs_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "SECONDS", 0.1)

    def hang(_: bytes) -> None:
        while time.process_time() > 0:
            pass

    assert [one.kind for one in _read_as(monkeypatch, hang)] == ["SlowError: more than 0.1 s"]


def test_a_reader_that_takes_memory_without_bound_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.kind for one in _read_as(monkeypatch, lambda _: bytes(4 << 30))] == ["MemoryError: "]


def test_a_process_that_dies_is_found_with_what_it_was_at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(
        '#!/bin/sh\necho \'{"cases":7,"at":"case 7","slowest":0.0,"slowest_case":"","peak":1}\'\nkill -6 $$\n'
    )
    python.chmod(0o755)
    monkeypatch.setattr(breaking.sys, "executable", str(python))
    monkeypatch.setattr(breaking, "KEPT", tmp_path / "kept")
    outcome = break_form("sysctl", 0, 10, 1, ())
    assert [(one.kind, one.case) for one in outcome.failures] == [(f"ended with -{signal.SIGABRT}", "after case 7")]
    assert "case 7" in " ".join(describe(outcome))
    assert os.listdir(tmp_path / "kept") == ["sysctl"]  # noqa: PTH208
