"""Try mutants: each in a fork of one process that has collected all tests, until the first test fails."""

import gc
import os
import resource
import signal
import time
import traceback
import types
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import NoReturn

import pytest

from mutation.mutant import Mutant, Outcome
from mutation.reaching import in_turn, keep, kept, tests_by_line

JOBS = int(os.environ.get("JOBS", "2"))
EACH = 5  # processor seconds for the tests of one mutant: what is not noticed in them counts as not noticed
ROOM = 40 << 30  # bytes of address space beyond what was taken before; a space of packet sets reserves two GiB


_CACHED = type(cache(str))
_BY_CODE = {0: Outcome.SURVIVED, 1: Outcome.NOTICED, 2: Outcome.UNREACHED, 3: Outcome.FAULTY}


class Trying:
    """A plugin of pytest: in the place of running the tests, it tries mutants with them."""

    def __init__(
        self, mutants: Sequence[Mutant], times: dict[str, float], tell: Callable[[Mutant, Outcome], None]
    ) -> None:
        self._left = deque(mutants)
        self._times = times
        self._tell = tell
        self._noticed: Counter[tuple[Path, str]] = kept("noticed", Counter)  # by file and test, of earlier runs too
        self._sound: dict[str, bool] = {}
        self._running: dict[int, tuple[Mutant, int]] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try each mutant in a fork."""
        self._items = {item.nodeid: item for item in session.items}
        self._known = Known()
        session.config.pluginmanager.unregister(name="terminalreporter")  # nobody reads what the forks would print
        gc.freeze()
        while self._left or self._running:
            if self._left and len(self._running) < JOBS:
                self._begin(self._left.popleft())
            else:
                self._end()
        keep("noticed", self._noticed)
        return True

    def _begin(self, mutant: Mutant) -> None:
        path, lines = mutant.place.path, tests_by_line(mutant.place.path)
        reaching = {test for line in mutant.lines for test in lines.get(line, ())} & self._items.keys()
        noticed = {test: count for (other, test), count in self._noticed.items() if other == path}
        tests = in_turn([test for test in reaching if self._sound.get(test, True)], self._times, noticed)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            _in_fork(partial(self._known.put, mutant), [self._items[test] for test in tests], self._times, writing)
        os.close(writing)
        self._running[child] = mutant, reading

    def _end(self) -> None:
        """Wait until what became of a mutant is known; one that no sound test noticed is tried again."""
        child, status = os.wait()
        mutant, reading = self._running.pop(child)
        test = os.read(reading, 1 << 12).decode()
        os.close(reading)
        if test and not self._is_sound(test):
            self._left.append(mutant)
            return
        if test:
            self._noticed[mutant.place.path, test] += 1
        self._tell(mutant, _outcome(os.waitstatus_to_exitcode(status)))

    def _is_sound(self, test: str) -> bool:
        """Tell whether a test passes in a fork in which nothing was changed."""
        if test not in self._sound:
            child = os.fork()
            if child == 0:
                _in_fork(self._known.forget, [self._items[test]], self._times, os.open(os.devnull, os.O_WRONLY))
            self._sound[test] = os.waitpid(child, 0)[1] == 0
        return self._sound[test]


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
        functions = self._functions[path, mutant.function]
        assert functions, f"{mutant.function} of {path} was not imported"
        for function in functions:
            function.__code__ = changed
        self.forget()

    def forget(self) -> None:
        """Forget what functions said before."""
        for one in self._caches:
            one.cache_clear()


def _outcome(code: int) -> Outcome:
    """Return what the end of a fork says; one that a signal ended has no test that failed."""
    return Outcome.ENDLESS if code == -signal.SIGXCPU else _BY_CODE.get(code, Outcome.FAULTY)


def _in_fork(
    change: Callable[[], None], items: Sequence[pytest.Item], times: dict[str, float], telling: int
) -> NoReturn:
    """End this process: with 1 when one of these tests fails after a change, and tell which; with 2 for no tests."""
    try:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        if not items:
            os._exit(2)
        change()
        resource.setrlimit(resource.RLIMIT_AS, (_size() + ROOM, resource.RLIM_INFINITY))
        failed = _try(items, times)
        if failed:
            os.write(telling, failed.encode())
        os._exit(1 if failed else 0)
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
