"""Put hostile cases of one form to what reads it, in a process of bounded memory; what it did is told on stdout.

    python -m hostile.work FORM SEED FIRST LAST WHOLE_EVERY SIZE...

A case goes through what reads its form, every tenth also through redaction, and every WHOLE_EVERY-th also through
everything that netaudit makes of a host. A case that runs for more than SECONDS of the processor, and two more for
each MB, is a failure; a process that says nothing any more is ended by whoever started it.
"""

import gc
import hashlib
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
from fuzz.readers import redactor_of
from fuzz.targets import TARGETS
from fuzz.whole import RENDERERS, facts_with, go_through

from hostile.cases import make_case
from hostile.shapes import shapes_of
from hostile.watchdog import SlowError, Watchdog
from netaudit.errors import NetauditError
from netaudit.model.facts import Source

SECONDS = 10.0
MEMORY = 2 << 30  # of addresses, beyond what there was before the case
_UNBOUNDED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
_REDACT_EVERY = 10
_EACH = 1.0  # seconds between two signs of life, or one case


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
    seconds: float = 0.0  # of the processor, for all
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
        with Watchdog(SECONDS).on_duty() as watchdog:
            attempts = Attempts(form, watchdog)
            yield from _run_cases(attempts, seed, numbers, whole_every)
            yield from _run_shapes(attempts, sizes)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _run_cases(attempts: "Attempts", seed: int, numbers: range, whole_every: int) -> Iterator[Report]:
    form, due = attempts.form, 0.0
    target = TARGETS[form]
    redact = target.source and redactor_of(target.source)
    bound_memory()
    for number in numbers:
        if time.monotonic() > due:
            yield attempts.told(f"case {number}")
            due = time.monotonic() + _EACH
        data = make_case(form, seed, number)
        attempts.attempt(f"case {number}", data, target.read)
        if redact and number % _REDACT_EVERY == 0:
            attempts.attempt(f"case {number}, redacted", data, redact)
        if target.source and number % whole_every == 0:
            resource.setrlimit(resource.RLIMIT_AS, _UNBOUNDED)
            attempts.attempt(f"case {number}, whole", data, _whole(target.source, number // whole_every))
            bound_memory()
    yield attempts.told("")


def _run_shapes(attempts: "Attempts", sizes: tuple[int, ...]) -> Iterator[Report]:
    target = TARGETS[attempts.form]
    for name, data in shapes_of(attempts.form, sizes):
        yield attempts.told(name)
        attempts.attempt(name, data, target.read)
        if target.source:
            attempts.attempt(f"{name}, redacted", data, redactor_of(target.source))
    yield attempts.told("")


def bound_memory() -> None:
    """Bound what a reader takes. Sets of packets reserve a multiple of what they use: they run without this bound."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + MEMORY, resource.RLIM_INFINITY))


def peak_memory() -> int:
    """Return the most bytes that this process had in use. Its ru_maxrss would count what its parent had, too."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _whole(source: Source, number: int) -> Callable[[bytes], None]:
    """Take it through everything, and print it in one format after the other."""
    names = list(RENDERERS)

    def read(data: bytes) -> None:
        try:
            go_through(facts_with(source, data), (names[number % len(names)],))
        finally:
            gc.collect()  # a command looks at one host and ends; here one comes after the other

    return read


class Attempts:
    """Cases of a form that were put to a reader, and what came of them."""

    def __init__(self, form: str, watchdog: Watchdog) -> None:
        self.form = form
        self.report = Report()
        self._watchdog = watchdog

    def attempt(self, name: str, data: bytes, read: Callable[[bytes], None]) -> None:
        """Put a case to a reader, and note what came out that should not."""
        self._watchdog.begin(len(data))
        try:
            read(data)
        except NetauditError as error:
            if not str(error):
                self.report.failures.append(Failure("empty error", "", name, data))
        except (Exception, SlowError) as error:  # noqa: BLE001 (all that comes out is what is looked for)
            self.report.failures.append(Failure(_kind(error), _where(error), name, data))
        took = self._watchdog.end()
        self.report.cases += 1
        if took > self.report.slowest:
            self.report.slowest, self.report.slowest_case = took, name

    def told(self, at: str) -> Report:
        """Return what there is to tell, and begin with no failures again."""
        self.report.at = at
        self.report.peak = peak_memory()
        self.report.seconds = time.process_time()
        failures, self.report.failures = self.report.failures, []
        return msgspec.structs.replace(self.report, failures=failures)


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
