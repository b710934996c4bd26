"""Try to break netaudit: python -m hostile.breaking CASES SEED [FORM...]; a table of what came out, form by form.

With CASES=0 the large and odd shapes of each size are tried instead, up to 10 MB. Each form runs in a process of its
own, which is bounded in memory and watched. Inputs that break something are kept in build/broken/FORM/; each line of
the table can be had again with the same CASES and SEED.
"""

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from fuzz.targets import TARGETS

from hostile.shapes import SIZES
from hostile.work import Failure, Report, name_of

KEPT = Path("build/broken")
MOST_MEMORY = 300_000_000  # bytes in use, whatever the input
SILENCE = 300.0  # seconds without a sign of life, on a busy machine
_WHOLE_EVERY = 5000
_TITLES = "| form | cases | a second of the processor | slowest, ms | peak, MB | failures |\n|---|---|---|---|---|---|"


class Outcome(msgspec.Struct, frozen=True):
    """What became of a form."""

    form: str
    report: Report
    seconds: float
    failures: tuple[Failure, ...]

    def row(self) -> str:
        """Return it as a row of the table."""
        speed = self.report.cases / (self.report.seconds or self.seconds)
        slowest, peak = self.report.slowest * 1000, self.report.peak / 1e6
        return (
            f"| {self.form} | {self.report.cases} | {speed:.0f} | {slowest:.0f} | {peak:.0f} | {len(self.failures)} |"
        )


def main(cases: int, seed: int, forms: Sequence[str]) -> int:
    """Run all; gives 1 where something broke."""
    print(_TITLES, flush=True)
    outcomes = []
    for form in forms or TARGETS:
        outcomes.append(break_form(form, seed, cases, _WHOLE_EVERY, () if cases else SIZES))
        print(outcomes[-1].row(), flush=True)
    for outcome in outcomes:
        for line in describe(outcome):
            print(line)
    return any(outcome.failures for outcome in outcomes)


def break_form(form: str, seed: int, cases: int, whole_every: int, sizes: tuple[int, ...]) -> Outcome:
    """Run the cases of a form, in a process of its own."""
    argv = [form, *map(str, (seed, 0, cases, whole_every, *sizes))]
    begun = time.monotonic()
    failures: list[Failure] = []
    report = Report()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    work = [sys.executable, "-m", "hostile.work", *argv]
    with subprocess.Popen(work, env=environment, stdout=subprocess.PIPE) as process:
        for report in _reports(process):
            failures += report.failures
    if process.returncode:
        failures.append(Failure(f"ended with {process.returncode}", "", f"after {report.at or 'nothing'}", b""))
    if report.peak > MOST_MEMORY:
        failures.append(Failure(f"{report.peak / 1e6:.0f} MB in use", "", "", b""))
    return Outcome(form, report, time.monotonic() - begun, tuple(failures))


def _reports(process: "subprocess.Popen[bytes]") -> Iterator[Report]:
    """Give each report as it comes; ends a process that is silent for too long."""
    assert process.stdout
    while select.select([process.stdout], [], [], SILENCE)[0]:
        line = process.stdout.readline()
        if not line:
            return
        yield msgspec.json.decode(line, type=Report)
    process.kill()


def describe(outcome: Outcome) -> Iterator[str]:
    """Tell each kind of failure once, keep its shortest input, and say what was slowest."""
    if outcome.report.slowest > 1:
        yield f"{outcome.form}: slowest: {outcome.report.slowest_case}, {outcome.report.slowest:.1f} s"
    kinds: dict[tuple[str, str], list[Failure]] = {}
    for failure in outcome.failures:
        kinds.setdefault((failure.kind.partition(":")[0], failure.where), []).append(failure)
    for (kind, where), found in kinds.items():
        shortest = min(found, key=lambda one: len(one.data))
        folder = KEPT / outcome.form
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name_of(shortest)).write_bytes(shortest.data)
        file = folder / name_of(shortest)
        yield f"{outcome.form}: {len(found)} times {kind} in {where or '?'}: {shortest.kind} ({shortest.case}: {file})"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
