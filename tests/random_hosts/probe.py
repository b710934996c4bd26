"""Hold the exposure table against real packets on random hosts: `make probe HOSTS=200 SEED=0`.

    python -m random_hosts.probe HOSTS [SEED] [--jobs N] [--show]

Host number SEED, SEED + 1… is made, everybody around it tries everything (`lab.probing`), and each cell of the table
has to say what the packets saw. `--show` prints the commands that make the hosts, and tries nothing.
"""

import argparse
import shutil
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from lab.engine import Engine
from lab.host import LabHost
from lab.namespaces import LabError
from lab.probing import Crowd
from lab.surroundings import Surroundings

from random_hosts.host import RandomHost, random_host


@dataclass
class Tally:
    """What one host brought; `failure` is why it could not be tried."""

    host: RandomHost
    cells: int = 0
    allowed: int = 0
    may: int = 0
    disagreements: list[str] = field(default_factory=list)
    doubts: Counter[str] = field(default_factory=Counter)
    failure: str = ""

    def __str__(self) -> str:
        host = self.host
        said = f"host {host.seed} {host.version}-{host.backend}, {host.style}: {self.cells} cells"
        said += f", {self.allowed} allowed, {self.may} may, {len(self.disagreements)} wrong"
        lines = [f"  may: {count} {why}" for why, count in self.doubts.items()]
        lines += [*map("  WRONG {}".format, self.disagreements)]
        lines += [f"  FAILED {self.failure}"] if self.failure else []
        return "\n".join([said, *lines])


def probe(seed: int, keep: str = "") -> Tally:
    """Make a host, and let everybody around it try everything; `keep` is a folder for recordings of what is wrong."""
    host = random_host(seed)
    tally = Tally(host)
    try:
        _look(host, tally, keep)
    except (LabError, OSError, AssertionError) as error:
        tally.failure = str(error) or type(error).__name__
    return tally


def _look(host: RandomHost, tally: Tally, keep: str) -> None:
    with LabHost(uplink=True) as machine:
        _do(machine, host.before)
        with (
            Engine(machine, host.version, host.backend, host.options) as engine,
            Surroundings(machine) as around,
            Crowd(engine, around) as crowd,
        ):
            around.lan.run(["ip", "route", "add", "203.0.113.128/25", "via", "192.0.2.10"])
            _do(machine, host.docker)
            _do(machine, host.firewall)
            found = crowd.look()
            if found.disagreements and keep:
                _record(machine, Path(keep) / str(host.seed))
            tally.cells, tally.disagreements = len(found.predicted), found.disagreements
            tally.allowed, tally.may, tally.doubts = found.count("allowed"), found.count("may"), found.doubts


def _record(machine: LabHost, folder: Path) -> None:
    """Keep a recording of a host, and the commands that made it, for who looks into what is wrong."""
    machine.python("-m", "netaudit", "record", "-o", "/run/lab/kept")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(machine.namespaces.path("/run/lab/kept"), folder)


def _do(machine: LabHost, lines: tuple[str, ...]) -> None:
    machine.run(["sh", "-ec", "\n".join(lines)], timeout=120)


def main() -> int:
    """Try hosts, and print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("hosts", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    parser.add_argument("--jobs", type=int, default=1, help="hosts at work at once")
    parser.add_argument("--keep", default="", help="a folder for recordings of hosts with a wrong cell")
    parser.add_argument("--show", action="store_true", help="print the hosts, and try nothing")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.hosts)
    if options.show:
        print("\n\n".join(str(random_host(seed)) for seed in seeds))
        return 0
    tallies = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for tally in pool.map(partial(probe, keep=options.keep), seeds):
            print(tally, flush=True)
            tallies.append(tally)
    return _sum(tallies)


def _sum(tallies: list[Tally]) -> int:
    cells, wrong = sum(one.cells for one in tallies), sum(len(one.disagreements) for one in tallies)
    may, failed = sum(one.may for one in tallies), sum(bool(one.failure) for one in tallies)
    share = 100 * may / cells if cells else 0.0
    print(f"{len(tallies)} hosts, {cells} cells: {wrong} wrong, {may} may ({share:.2f} %), {failed} hosts failed")
    return int(bool(wrong or failed))


if __name__ == "__main__":
    sys.exit(main())
