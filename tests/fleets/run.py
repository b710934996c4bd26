"""Make a fleet, audit it, look whether every planted fault is found and no other, and kill audits: `make fleet`."""

import random
import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import packing

from fleets.generate import clean_findings, expected, make_fleet, plan_fleet
from fleets.same import audit_command, files_of
from fleets.small import TODAY
from netaudit.fleet.query.asking import ask

_SOON = 20.0  # seconds: in a small fleet a kill has to come after the start too
_ROOT = Path(__file__).resolve().parents[2]
_SQL = """
SELECT host, "check", count(*) FROM findings WHERE status = 'open' GROUP BY ALL
"""


def main(hosts: int, faults: int, seed: int, kills: int = 0) -> int:
    """Print what it took, and each host whose findings are not those that are expected.

    With kills: audit once more, end that with SIGKILL so many times at random instants, and compare every byte.
    """
    packing.unpack(packing.TREE)
    folder = _ROOT / ".fleet"
    fleet, results = folder / f"{hosts}-{faults}-{seed}", folder / f"{hosts}-{faults}-{seed}-results"
    if not fleet.exists():
        make_fleet(fleet.with_suffix(".new"), hosts, faults, seed)
        fleet.with_suffix(".new").rename(fleet)
    shutil.rmtree(results, ignore_errors=True)
    start = time.monotonic()
    subprocess.run(audit_command(fleet, results), check=True)
    took, used = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{took:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor, ", end="")
    print(f"the largest process {used.ru_maxrss >> 10} MiB", flush=True)
    wrong = _compare(results, hosts, faults, seed)
    return wrong or (_kill(fleet, results, took, kills) if kills else 0)


def _kill(fleet: Path, whole: Path, took: float, kills: int) -> int:
    """Kill an audit again and again, each time somewhere in its share of the work, and let the last one end."""
    results = whole.with_name(f"{whole.name}-killed")
    shutil.rmtree(results, ignore_errors=True)
    chance, killed = random.Random(kills), 0  # noqa: S311 (the same instants each time)
    for _ in range(kills):
        with subprocess.Popen(audit_command(fleet, results), stderr=subprocess.DEVNULL) as run:
            try:
                run.wait(chance.uniform(1.0, max(_SOON, 2 * took / kills)))
            except subprocess.TimeoutExpired:
                killed += 1
            run.kill()
    subprocess.run(audit_command(fleet, results), check=True)
    same = files_of(results) == files_of(whole)
    print(f"killed {killed} times and resumed: {'the same bytes' if same else 'OTHER BYTES'}")
    return 0 if same and killed else 1


def _compare(results: Path, hosts: int, faults: int, seed: int) -> int:
    found: dict[str, Counter[str]] = {}
    for host, check, number in ask(results, _SQL, TODAY).rows:
        found.setdefault(host, Counter())[check] = number
    clean, wrong, planted = clean_findings(), 0, 0
    for made in plan_fleet(hosts, faults, seed):
        planted += made.fault is not None
        want, have = expected(made, clean), found.get(made.host, Counter())
        if want != have:
            wrong += 1
            print(f"{made.host} ({made.base}): lacks {dict(want - have)}, has {dict(have - want)}")
    print(f"{hosts} hosts, {planted} planted faults, {wrong} hosts whose findings are others")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:5])))
