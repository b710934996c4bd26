"""Which test runs which lines, and how long it takes: found once, kept in the folder mutants/ until a file changes."""

import hashlib
import json
import pickle
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

import pytest
from coverage import Coverage, CoverageData

from mutation.mutant import SOURCES

FOLDER = Path("mutants")
LINES, TIMES = FOLDER / "lines.coverage", FOLDER / "times.json"
SHARP = 8  # tests that noticed changes of a file are tried before all others
T = TypeVar("T")


@dataclass
class Reached:
    """What is known of the tests: their processor seconds, and which of them run a line."""

    source: str  # digest of netaudit
    times: dict[str, float] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)  # file of tests -> its digest when they ran

    @classmethod
    def load(cls) -> "Reached":
        """Return what was found before for the present text of netaudit."""
        source = _source()
        known = json.loads(TIMES.read_text()) if TIMES.exists() and LINES.exists() else {}
        if known.get("source") == source:
            return cls(**known)
        LINES.unlink(missing_ok=True)
        return cls(source)

    def save(self) -> None:
        """Keep it for the next run."""
        TIMES.write_text(json.dumps(vars(self)))

    def is_known(self, item: pytest.Item) -> bool:
        """Tell whether a test ran in its present form."""
        return item.nodeid in self.times and self.files.get(_file(item)) == _digest_of_file(_file(item))


class Reaching:
    """A plugin of pytest: runs the tests that are new or changed, and notes what each reaches."""

    def __init__(self, reached: Reached) -> None:
        self._reached = reached
        self._coverage = Coverage(data_file=str(LINES), include=[f"{source}/*" for source in SOURCES])
        FOLDER.mkdir(exist_ok=True)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the tests that ran before."""
        items[:] = [item for item in items if not self._reached.is_known(item)]

    def pytest_sessionfinish(self) -> None:
        """Keep what was found."""
        self._coverage.save()
        self._reached.save()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self) -> Iterator[None]:
        """Measure all tests."""
        if LINES.exists():
            self._coverage.load()
        with self._coverage.collect():
            return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure one test."""
        self._coverage.switch_context(item.nodeid)
        begin = time.process_time()
        result = yield
        self._reached.times[item.nodeid] = time.process_time() - begin
        self._reached.files[_file(item)] = _digest_of_file(_file(item))
        return result


@cache
def tests_by_line(path: Path) -> dict[int, list[str]]:
    """Return the tests that run each line of a file."""
    data = CoverageData(str(LINES))
    data.read()
    return data.contexts_by_lineno(str(path.resolve()))


def in_turn(tests: Collection[str], times: Mapping[str, float], noticed: Mapping[str, int]) -> list[str]:
    """Return tests as they are tried: those first that noticed most changes of the same file for the time they take.

    Of the others each function's quickest case, then of each the second, and so on.
    """
    sharp = sorted((test for test in tests if noticed.get(test)), key=lambda test: times.get(test, 0) / noticed[test])
    first = sharp[:SHARP]
    cases: dict[str, list[str]] = defaultdict(list)
    for test in sorted(set(tests) - set(first), key=lambda test: times.get(test, 0)):
        cases[test.partition("[")[0]].append(test)
    ranked = [(rank, times.get(test, 0), test) for of_one in cases.values() for rank, test in enumerate(of_one)]
    return [*first, *(test for _, _, test in sorted(ranked))]


def kept(name: str, find: Callable[[], T]) -> T:
    """Return what was found earlier for the present text of netaudit, or find it."""
    path = FOLDER / f"{name}.pickle"
    if path.exists():
        source, found = pickle.loads(path.read_bytes())  # noqa: S301 (our own)
        if source == _source():
            return cast("T", found)
    found = find()
    keep(name, found)
    return found


def keep(name: str, found: object) -> None:
    """Keep what was found for `kept`."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.pickle").write_bytes(pickle.dumps((_source(), found)))


@cache
def _source() -> str:
    return _digest(path for source in SOURCES for path in Path(source).rglob("*.py"))


def _file(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


@cache
def _digest_of_file(name: str) -> str:
    return _digest([Path(name)])


def _digest(paths: Iterable[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()
