"""`make bench`: how long netaudit takes on large hosts, beside the tools that people use on the same rules.

Prints tables of seconds, peak memory and ratios, all measured in this run on this machine, and writes them to
docs/speed.md, to which `bench.exposure` adds its own. Rules are loaded into network namespaces of its own, which it
removes. Of several runs the quickest counts: what else the machine does can only add.
"""

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import packing
from tabulate import tabulate

from bench.installed import RUNS, measure, netaudit
from bench.page import put_first
from bench.synthetic import make_facts, make_save
from netaudit.store import load, save

_REPOSITORY = Path(__file__).parents[2]
MODEL = _REPOSITORY / "tests" / "recordings" / "28.5.2-iptables-nft" / "default-no-port" / "00"
_SIZES = (3_333, 33_000, 100_000)  # containers: 10,000, 100,000 and 300,000 rules
_PYTHON_IPTABLES = "import iptc.easy; iptc.easy.dump_all()"
_JC = "for t in filter nat raw; do iptables-nft -t $t -L -n -v | jc --iptables; done"
# Who reads 100,000 rules: name, backend of the namespace, command.
_OTHERS: Sequence[tuple[str, str, Sequence[str]]] = (
    ("`iptables-nft-save -c`", "iptables-nft", ["iptables-nft-save", "-c"]),
    ("`iptables-legacy-save -c`", "iptables-legacy", ["iptables-legacy-save", "-c"]),
    ("python-iptables, `iptc.easy.dump_all()`", "iptables-legacy", [sys.executable, "-c", _PYTHON_IPTABLES]),
    ("jc, `--iptables` on three tables", "iptables-nft", ["sh", "-c", _JC]),
)
_WORDS = """# How fast

Written by `make bench`, which measures all of this in one run: Python {python}, {cores} processors, load average
{load:.1f} at the end. Each figure is of a whole process, the quickest of up to {runs} runs; memory is its peak.

A host of N containers, each with one published port on engine 28.5, has 3 N rules and some. The second recording has
1 % more containers, and one rule in ten has counted on. `netaudit diff BEFORE AFTER --format json` attributes
every change, looks for rules that are missing, stale, misplaced or duplicate, and tells what became reachable:

{growth}

Beside what others take to read the same {rules} rules once, without comparing or attributing anything:

{others}
"""


def main() -> None:
    """Measure, and tell what was measured."""
    packing.unpack(packing.TREE)
    model = Path(sys.argv[1]) if len(sys.argv) > 1 else MODEL
    if os.geteuid() != 0:
        sys.exit("make bench: the other tools need a namespace to load rules into: run it as root")
    with tempfile.TemporaryDirectory() as folder:
        growth = list(_growth(model, Path(folder)))
        others = list(_others(model, Path(folder)))
    text = _WORDS.format(
        python=platform.python_version(),
        cores=os.cpu_count(),
        load=os.getloadavg()[0],
        runs=RUNS,
        rules=f"{growth[1][1]:,}",
        growth=table(growth, ["containers", "rules", "s", "peak MB", "µs per rule"]),
        others=table(others, ["what, on the same rules", "s", "peak MB", "times netaudit diff"]),
    )
    put_first(text)
    print(text)


def table(rows: Sequence[Sequence[object]], headers: Sequence[str]) -> str:
    """Print a table as the page has it."""
    return tabulate(rows, headers=headers, floatfmt=".2f", intfmt=",", tablefmt="github")


def _growth(model: Path, folder: Path) -> Iterator[tuple[int, int, float, int, float]]:
    """Diff two recordings of a host that got 1 % more containers, attributed, as JSON."""
    for size in _SIZES:
        before, after = folder / f"{size}-before", folder / f"{size}-after"
        save(make_facts(model, size), before)
        save(make_facts(model, size + size // 100, later=True), after)
        rules = make_save(load(model), size).count("\n[")
        _, seconds, megabytes = measure(netaudit("diff", before, after, "--format", "json", "-o", os.devnull))
        yield size, rules, seconds, round(megabytes), seconds / rules * 1e6


def _others(model: Path, folder: Path) -> Iterator[Sequence[object]]:
    size = _SIZES[1]
    before, after = folder / f"{size}-before", folder / f"{size}-after"
    _, own, peak = measure(netaudit("diff", before, after, "--format", "json", "-o", os.devnull))
    yield "`netaudit diff` of two such hosts, attributed, JSON", own, round(peak), 1.0
    recorded = netaudit("record", "--docker-host", "unix:///nowhere", "-o", folder / "recorded.tar")
    commands = (("`netaudit record`, rules only", "iptables-nft", recorded), *_OTHERS)
    rules = make_save(load(model), size)
    for name, backend, command in commands:
        with namespace(backend, rules) as enter:
            _, seconds, peak = measure([*enter, *command])
            yield name, seconds, round(peak), seconds / own


@contextmanager
def namespace(backend: str, rules: str) -> Iterator[list[str]]:
    """Load rules into a namespace of its own."""
    name = f"nab-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    enter = ["nsenter", f"--net=/run/netns/{name}"]
    try:
        subprocess.run([*enter, f"{backend}-restore", "-c"], input=rules.encode(), check=True)
        yield enter
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


if __name__ == "__main__":
    main()
