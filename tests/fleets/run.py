"""Make a fleet, audit it on this machine, and look whether every planted fault is found and no other: `make fleet`."""

import resource
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import packing

from fleets.generate import clean_findings, expected, make_fleet, plan_fleet
from fleets.small import TODAY
from netaudit.fleet.query.asking import ask

_ROOT = Path(__file__).resolve().parents[2]
_SQL = """
SELECT host, "check", count(*) FROM findings WHERE status = 'open' GROUP BY ALL
"""


def main(hosts: int, faults: int, seed: int) -> int:
    """Print what it took, and each host whose findings are not those that are expected."""
    packing.unpack(packing.TREE)
    folder = _ROOT / ".fleet"
    fleet, results = folder / f"{hosts}-{faults}-{seed}", folder / f"{hosts}-{faults}-{seed}-results"
    if not fleet.exists():
        make_fleet(fleet.with_suffix(".new"), hosts, faults, seed)
        fleet.with_suffix(".new").rename(fleet)
    shutil.rmtree(results, ignore_errors=True)
    start = time.monotonic()
    command = [sys.executable, "-m", "netaudit", "fleet", "audit", str(fleet), "--out", str(results)]
    subprocess.run([*command, "--today", f"{TODAY}"], check=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{time.monotonic() - start:.1f} s, {used.ru_utime + used.ru_stime:.1f} s of processor, ", end="")
    print(f"the largest process {used.ru_maxrss >> 10} MiB")
    return _compare(results, hosts, faults, seed)


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
    sys.exit(main(*map(int, sys.argv[1:4])))
