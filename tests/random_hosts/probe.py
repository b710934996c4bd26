"""Hold the exposure table against real packets on random hosts: `make probe HOSTS=200 SEED=0`.

    python -m random_hosts.probe HOSTS [SEED] [--jobs N] [--results FILE] [--show]

Host number SEED, SEED + 1… is made, everybody around it tries everything (`lab.probing`), and each cell of the table
has to say what the packets saw. What came of each is a line of FILE, and a host that has one is not tried again.
`--show` prints the commands that make the hosts, and tries nothing.
"""

import argparse
import json
import shutil
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from lab.host import LabHost
from lab.namespaces import LabError

from random_hosts.host import RandomHost, random_host
from random_hosts.made import made


@dataclass
class Tally:
    """What one host brought; `failure` is why it could not be tried."""

    seed: int
    engine: str = ""
    style: str = ""
    cells: int = 0
    allowed: int = 0
    may: int = 0
    disagreements: list[str] = field(default_factory=list)
    doubts: dict[str, int] = field(default_factory=dict)
    failure: str = ""

    def __str__(self) -> str:
        said = f"host {self.seed} {self.engine}, {self.style}: {self.cells} cells"
        said += f", {self.allowed} allowed, {self.may} may, {len(self.disagreements)} wrong"
        lines = [f"  may: {count} {why}" for why, count in self.doubts.items()]
        lines += [*map("  WRONG {}".format, self.disagreements)]
        lines += [f"  FAILED {self.failure}"] if self.failure else []
        return "\n".join([said, *lines])


def probe(seed: int, keep: str = "") -> Tally:
    """Make a host, and let everybody around it try everything.

    `keep` is a folder for recordings of hosts on which anything is wrong, or `may`.
    """
    host = random_host(seed)
    tally = Tally(seed, f"{host.version}-{host.backend}", host.style)
    try:
        _look(host, tally, keep)
    except (LabError, OSError, AssertionError) as error:
        tally.failure = str(error) or type(error).__name__
    return tally


def _look(host: RandomHost, tally: Tally, keep: str) -> None:
    with made(host) as (machine, crowd):
        found = crowd.look()
        if keep and (found.disagreements or found.doubts):
            _record(machine, Path(keep) / str(host.seed))
        tally.cells, tally.disagreements = len(found.predicted), found.disagreements
        tally.allowed, tally.may, tally.doubts = found.count("allowed"), found.count("may"), dict(found.doubts)


def _record(machine: LabHost, folder: Path) -> None:
    """Keep a recording of a host, and the commands that made it, for who looks into what is wrong or in doubt."""
    machine.python("-m", "netaudit", "record", "-o", "/run/lab/kept")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(machine.namespaces.path("/run/lab/kept"), folder)


def main() -> int:
    """Try hosts, and print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hosts", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    parser.add_argument("--jobs", type=int, default=1, help="hosts at work at once")
    parser.add_argument("--keep", default="", help="a folder for recordings of hosts with wrong cells or `may`")
    parser.add_argument("--results", type=Path, help="a file with one line for each host that was tried")
    parser.add_argument("--show", action="store_true", help="print the hosts, and try nothing")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.hosts)
    if options.show:
        print("\n\n".join(str(random_host(seed)) for seed in seeds))
        return 0
    known = _read(options.results)
    with ProcessPoolExecutor(options.jobs) as pool:
        for tally in pool.map(partial(probe, keep=options.keep), [seed for seed in seeds if seed not in known]):
            print(tally, flush=True)
            known[tally.seed] = tally
            _write(options.results, tally)
    return _sum([known[seed] for seed in seeds])


def _read(results: Path | None) -> dict[int, Tally]:
    """Read what came of hosts that were tried, by their seeds; of one that was tried twice, the later counts."""
    lines = results.read_text().splitlines() if results and results.exists() else []
    return {tally.seed: tally for tally in (Tally(**json.loads(line)) for line in lines)}


def _write(results: Path | None, tally: Tally) -> None:
    if results:
        with results.open("a") as file:
            file.write(json.dumps(asdict(tally)) + "\n")


def _sum(tallies: list[Tally]) -> int:
    cells, wrong = sum(one.cells for one in tallies), sum(len(one.disagreements) for one in tallies)
    may, failed = sum(one.may for one in tallies), sum(bool(one.failure) for one in tallies)
    share = 100 * may / cells if cells else 0.0
    print(f"{len(tallies)} hosts, {cells} cells: {wrong} wrong, {may} may ({share:.2f} %), {failed} hosts failed")
    return int(bool(wrong or failed))


if __name__ == "__main__":
    sys.exit(main())
