"""Hold the exposure table against real packets in every scenario on every engine: `make probe`.

    python -m lab.probe_all [--only SCENARIO] [--engine VERSION] [--jobs N]

After each step of each scenario everybody around the host tries everything (`lab.probing`), and each cell of the table
has to say what the packets saw. docs/agreement.md is written from a run of all.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tabulate import tabulate

from lab.cells import Found
from lab.engine import Engine
from lab.host import REPOSITORY, LabHost
from lab.namespaces import LabError
from lab.probing import Crowd
from lab.scenario import Scenario, take_step
from lab.scenarios import SCENARIOS, runs
from lab.surroundings import Surroundings

Run = tuple[str, str, str]  # a scenario's name, an engine's version, its backend
PAGE: Path = REPOSITORY / "docs" / "agreement.md"
_RANDOM_HOSTS = "## Random hosts"
_HEAD = """# The exposure table against real packets

`make probe` puts every engine through every scenario of the lab. After each step an Internet, a LAN neighbour with
routes to the containers, the host, a member of each network and each container try every published port, those that
were published before, two ports of each container and the host's listeners, TCP and UDP, IPv4 and IPv6. Where a
cell is allowed and nobody of them gets through, the sender that its example names tries too. Each cell of
`netaudit exposure --containers` has to say what the packets saw. This page is made by the same command; `make test`
does every second scenario, each on one engine.

A cell below reads *allowed / tried*. `may` is what the table leaves open, with its reason, and is not compared: the
drivers overlay and macvlan, whose packets pass outside of the host's rules.
"""


@dataclass
class Tally:
    """What one run of a scenario brought."""

    run: Run
    states: int = 0
    down: int = 0  # states without a daemon that answers: nobody knows which containers there are
    cells: int = 0
    allowed: int = 0
    may: int = 0
    disagreements: list[str] = field(default_factory=list)
    unasked: set[str] = field(default_factory=set)
    failure: str = ""

    def add(self, step: str, found: Found) -> None:
        """Count what one look found."""
        self.states += 1
        self.cells += len(found.predicted)
        self.allowed += found.count("allowed")
        self.may += found.count("may")
        self.disagreements += [f"after {step}: {one}" for one in found.disagreements]
        self.unasked |= set(found.unasked)

    def __str__(self) -> str:
        name, version, backend = self.run
        said = f"{version}-{backend} {name}: {self.states} states, {self.cells} cells, {self.allowed} allowed"
        said += f", {self.may} may" if self.may else ""
        said += f", {self.down} without a daemon" if self.down else ""
        lines = [
            *(f"  not asked: {one}" for one in sorted(self.unasked)),
            *map("  WRONG {}".format, self.disagreements),
        ]
        return "\n".join([said, *lines, *([f"  FAILED {self.failure}"] if self.failure else [])])


def probe(run: Run, *, last_only: bool = False) -> Tally:
    """Run one scenario, and try everything after each step, or after the last that leaves a container running."""
    name, version, backend = run
    scenario = next(one for one in SCENARIOS if one.name == name)
    tally = Tally(run)
    try:
        for step, found in _looks(scenario, version, backend, last_only=last_only):
            if found is None:
                tally.down += 1
            else:
                tally.add(step, found)
    except (LabError, OSError, AssertionError) as error:
        tally.failure = str(error) or type(error).__name__
    return tally


def _looks(scenario: Scenario, version: str, backend: str, *, last_only: bool) -> Iterator[tuple[str, Found | None]]:
    with (
        LabHost(uplink=True) as host,
        Engine(host, version, backend, scenario.options, scenario.environment) as engine,
        Surroundings(host) as around,
        Crowd(engine, around) as crowd,
    ):
        chosen = _last_full(scenario) if last_only else None
        for number, step in enumerate((None, *scenario.steps)):
            if step:
                take_step(engine, step)
            if chosen in (None, number):
                yield step.do if step else "nothing", crowd.look() if engine.answers() else None


def _last_full(scenario: Scenario) -> int:
    """Find the last step that is not a removal: the host is fullest there."""
    full = [at for at, step in enumerate(scenario.steps, 1) if not (step.subject or {}).get("removed")]
    return max(full, default=0)


def page(tallies: Sequence[Tally]) -> str:
    """Make docs/agreement.md."""
    by_place = {(one.run[0], f"{one.run[1]} {one.run[2].removeprefix('iptables-')}"): one for one in tallies}
    engines = sorted({engine for _, engine in by_place})
    rows = [
        [name, *(_brief(by_place.get((name, engine))) for engine in engines)]
        for name in sorted({name for name, _ in by_place})
    ]
    table = tabulate(rows, headers=["scenario", *engines], tablefmt="github")
    cells, allowed, may = (sum(getattr(one, what) for one in tallies) for what in ("cells", "allowed", "may"))
    wrong, states = sum(len(one.disagreements) for one in tallies), sum(one.states for one in tallies)
    total = f"{len(tallies)} runs, {states} states, {cells} cells: {allowed} allowed, {may} may, {wrong} wrong."
    unasked = dict.fromkeys(f"- {one.run[0]}: {what}" for one in tallies for what in sorted(one.unasked))
    return "\n".join([_HEAD, total, "", table, "", "## What was not asked", "", *unasked, "", *_of_random_hosts()])


def _of_random_hosts() -> list[str]:
    """Keep what a person wrote about runs of random hosts, which this command does not make."""
    _, mark, kept = PAGE.read_text().partition(_RANDOM_HOSTS)
    return [mark + kept] if mark else []


def _brief(tally: Tally | None) -> str:
    if tally is None:
        return ""
    marks = [f"{tally.may} may"] if tally.may else []
    marks += [f"{len(tally.disagreements)} wrong"] if tally.disagreements else []
    marks += ["failed"] if tally.failure else []
    return " ".join([f"{tally.allowed} / {tally.cells}", *marks])


def main() -> int:
    """Probe what was asked for; gives 1 when anything disagreed or failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="one scenario")
    parser.add_argument("--engine", default="", help="one engine version")
    parser.add_argument("--jobs", type=int, default=3, help="engines at work at once")
    parser.add_argument("--page", action="store_true", help="write docs/agreement.md from this run")
    parser.add_argument("--last", action="store_true", help="one state of each scenario, the fullest")
    options = parser.parse_args()
    chosen = [
        (scenario.name, version, backend)
        for scenario, version, backend in runs()
        if options.only in ("", scenario.name) and options.engine in ("", version)
    ]
    tallies = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for tally in pool.map(partial(probe, last_only=options.last), chosen):
            print(tally, flush=True)
            tallies.append(tally)
    if options.page:
        PAGE.write_text(page(tallies))
    wrong, failed = sum(len(one.disagreements) for one in tallies), sum(bool(one.failure) for one in tallies)
    states, cells = sum(one.states for one in tallies), sum(one.cells for one in tallies)
    print(f"{len(tallies)} runs, {states} states, {cells} cells: {wrong} wrong, {failed} runs failed")
    return int(bool(wrong or failed))


if __name__ == "__main__":
    sys.exit(main())
