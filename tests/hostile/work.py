"""Put hostile cases of one form to what reads it, in a process of bounded memory; what it did is told on stdout.

    python -m hostile.work FORM SEED FIRST LAST WHOLE_EVERY SIZE...

Every WHOLE_EVERY-th case is also taken through everything that netaudit makes of a host. A case that runs for more
than SECONDS of the processor is a failure; a process that says nothing any more is ended by whoever started it.
"""

import gc
import hashlib
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import msgspec
from fuzz.targets import TARGETS
from fuzz.whole import RENDERERS, facts_with, go_through

from hostile.cases import make_case
from hostile.shapes import shapes_of
from netaudit.errors import NetauditError

SECONDS = 10.0
MEMORY = 2 << 30  # of addresses, beyond what there was before the case
_UNBOUNDED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
_EACH = 1.0  # seconds between two signs of life, or one case


class SlowError(BaseException):
    """A case ran for too long; no code that catches exceptions may swallow it."""


class Failure(msgspec.Struct, frozen=True):
    """What came out that should not, where, and the case that it came from."""

    kind: str
    where: str
    case: str
    data: bytes


class Report(msgspec.Struct):
    """What a process did so far."""

    cases: int = 0
    at: str = ""
    slowest: float = 0.0
    slowest_case: str = ""
    peak: int = 0  # bytes
    failures: list[Failure] = msgspec.field(default_factory=list)


def main(form: str, seed: int, first: int, last: int, whole_every: int, *sizes: int) -> None:
    """Run cases first to last, then shapes; one report as a line of JSON now and then, and at the end."""
    gc.collect()
    gc.freeze()
    for report in run(form, seed, range(first, last), whole_every, sizes):
        os.write(1, msgspec.json.encode(report) + b"\n")


def run(form: str, seed: int, numbers: range, whole_every: int, sizes: tuple[int, ...]) -> Iterator[Report]:
    """Run cases of these numbers, then shapes of these sizes; gives what was found now and then, and at the end."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    try:
        yield from _run(form, seed, numbers, whole_every, sizes)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _run(form: str, seed: int, numbers: range, whole_every: int, sizes: tuple[int, ...]) -> Iterator[Report]:
    report, due = Report(), 0.0
    for number in numbers:
        if time.monotonic() > due:
            yield _told(report, f"case {number}")
            due = time.monotonic() + _EACH
        data = make_case(form, seed, number)
        if not number % whole_every:
            _bound_memory()
        attempt(report, f"case {number}", data, TARGETS[form].read)
        if number % whole_every == 0 and TARGETS[form].source:
            resource.setrlimit(resource.RLIMIT_AS, _UNBOUNDED)
            attempt(report, f"case {number}, whole", data, _whole(form, number // whole_every))
    _bound_memory()
    for name, data in shapes_of(form, sizes):
        yield _told(report, name)
        attempt(report, name, data, TARGETS[form].read)
    yield _told(report, "")


def _bound_memory() -> None:
    """Bound what a reader takes. Sets of packets reserve a multiple of what they use: they run without this bound."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, resource.RLIM_INFINITY))


def _told(report: Report, at: str) -> Report:
    """Give what there is to tell, and begin with no failures again."""
    report.at = at
    report.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    failures, report.failures = report.failures, []
    return msgspec.structs.replace(report, failures=failures)


def _whole(form: str, number: int) -> Callable[[bytes], None]:
    """Take it through everything, and print it in one format after the other."""
    source = TARGETS[form].source
    assert source is not None
    names = list(RENDERERS)

    def read(data: bytes) -> None:
        try:
            go_through(facts_with(source, data), (names[number % len(names)],))
        finally:
            gc.collect()  # a command looks at one host and ends; here one comes after the other

    return read


def attempt(report: Report, name: str, data: bytes, read: Callable[[bytes], None]) -> None:
    """Put a case to a reader for SECONDS at most, and note what came out that should not."""
    begun = time.process_time()
    signal.signal(signal.SIGPROF, _late)
    try:
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            read(data)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except NetauditError as error:
        if not str(error):
            report.failures.append(Failure("empty error", "", name, data))
    except (Exception, SlowError) as error:  # noqa: BLE001 (all that comes out is what is looked for)
        report.failures.append(Failure(_kind(error), _where(error), name, data))
    took = time.process_time() - begun
    report.cases += 1
    if took > report.slowest:
        report.slowest, report.slowest_case = took, name


def _late(_number: int, _frame: object) -> NoReturn:
    raise SlowError(f"more than {SECONDS:g} s")


def _kind(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:100]}"


def _where(error: BaseException) -> str:
    """Name the innermost line of netaudit."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/netaudit/" in frame.filename]
    return f"{ours[-1].filename.rpartition('/netaudit/')[2]}:{ours[-1].lineno}" if ours else "tests"


def name_of(failure: Failure) -> str:
    """Name the file that a failing input is kept in."""
    return f"{failure.kind.partition(':')[0]}-{hashlib.sha256(failure.data).hexdigest()[:12]}"


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
