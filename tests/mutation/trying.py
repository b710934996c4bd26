"""Try mutants: each in a fork of one process that has collected all tests, until the first test fails."""

import functools
import gc
import os
import resource
import signal
import time
import traceback
import types
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from mutation.mutant import Mutant, Outcome
from mutation.reaching import in_turn, keep, kept, tests_by_line

JOBS = int(os.environ.get("JOBS", "2"))
EACH = 5  # processor seconds for the tests of one mutant: what is not noticed in them counts as not noticed
ROOM = 12 << 30  # bytes of address space beyond what was taken before; a space of packet sets reserves two


_CACHED = type(functools.cache(str))
_BY_CODE = {0: Outcome.SURVIVED, 1: Outcome.NOTICED, 2: Outcome.UNREACHED, 3: Outcome.FAULTY}


class Trying:
    """A plugin of pytest: in the place of running the tests, it tries mutants with them."""

    def __init__(
        self, mutants: Sequence[Mutant], times: dict[str, float], tell: Callable[[Mutant, Outcome], None]
    ) -> None:
        self._mutants = mutants
        self._times = times
        self._tell = tell
        self._noticed: Counter[tuple[Path, str]] = kept("noticed", Counter)  # by file and test, of earlier runs too
        self._running: dict[int, tuple[Mutant, int]] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try each mutant in a fork."""
        by_name = {item.nodeid: item for item in session.items}
        known = Known()
        session.config.pluginmanager.unregister(name="terminalreporter")  # nobody reads what the forks would print
        gc.freeze()
        for mutant in self._mutants:
            lines = tests_by_line(mutant.place.path)
            reaching = {test for line in mutant.lines for test in lines.get(line, ()) if test in by_name}
            self._wait(JOBS - 1)
            noticed = {test: count for (path, test), count in self._noticed.items() if path == mutant.place.path}
            items = [by_name[test] for test in in_turn(reaching, self._times, noticed)]
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                _in_fork(mutant, known, items, self._times, writing)
            os.close(writing)
            self._running[child] = mutant, reading
        self._wait(0)
        keep("noticed", self._noticed)
        return True

    def _wait(self, left: int) -> None:
        """Wait until no more than so many mutants are being tried."""
        while len(self._running) > left:
            child, status = os.wait()
            mutant, reading = self._running.pop(child)
            if test := os.read(reading, 1 << 12).decode():
                self._noticed[mutant.place.path, test] += 1
            os.close(reading)
            self._tell(mutant, _outcome(os.waitstatus_to_exitcode(status)))


class Known:
    """The functions of packets and attribution, and the caches, of all that was imported."""

    def __init__(self) -> None:
        self._functions: dict[tuple[str, str], list[types.FunctionType]] = defaultdict(list)
        self._caches = []
        gc.unfreeze()  # what is frozen, as tests/conftest.py does, is not listed
        for one in gc.get_objects():
            if isinstance(one, types.FunctionType) and one.__module__ and one.__module__.startswith("netaudit."):
                self._functions[one.__code__.co_filename, one.__qualname__].append(one)
            elif isinstance(one, _CACHED) and one.__module__.startswith("netaudit."):
                self._caches.append(one)

    def put(self, mutant: Mutant) -> None:
        """Put a mutant in the place of its function, and forget what the function said before."""
        path = str(mutant.place.path.resolve())
        changed = next(
            code for code in _codes(compile(mutant.text, path, "exec")) if code.co_qualname == mutant.function
        )
        for function in self._functions[path, mutant.function]:
            function.__code__ = changed
        for cache in self._caches:
            cache.cache_clear()


def _outcome(code: int) -> Outcome:
    """Return what the end of a fork says; one that a signal ended has no test that failed."""
    return Outcome.ENDLESS if code == -signal.SIGXCPU else _BY_CODE.get(code, Outcome.FAULTY)


def _in_fork(
    mutant: Mutant, known: Known, items: Sequence[pytest.Item], times: dict[str, float], telling: int
) -> NoReturn:
    """End this process: with 1 when one of these tests fails with the mutant, and tell which; with 2 when none is."""
    try:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        known.put(mutant)
        resource.setrlimit(resource.RLIMIT_AS, (_size() + ROOM, resource.RLIM_INFINITY))
        failed = _try(items, times) if items else ""
        if failed:
            os.write(telling, failed.encode())
        os._exit(1 if failed else 0 if items else 2)
    except BaseException:  # noqa: BLE001 (nothing of the fork may go on in its parent's code)
        traceback.print_exc()
        os._exit(3)


def _try(items: Sequence[pytest.Item], times: dict[str, float]) -> str:
    """Return the first of these tests that fails; "" where none does."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        used = time.process_time()
        if used > EACH:
            break
        bound = int(used + 10 + 10 * times.get(item.nodeid, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (bound, resource.RLIM_INFINITY))
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if item.session.testsfailed:
            return item.nodeid
    return ""


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _size() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
