"""`make bench`: how long netaudit takes on large hosts, beside the tools that people use on the same rules.

Prints a table of seconds, peak memory and ratios, all measured in this run on this machine. Rules are loaded into
network namespaces of its own, which it removes.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tabulate import tabulate

from bench.synthetic import make_facts, make_save
from netaudit.store import load, save

_MODEL = Path(__file__).parents[1] / "recordings" / "28.5.2-iptables-nft" / "default-no-port" / "00"
_SIZES = (3_333, 33_000, 100_000)  # containers: 10,000, 100,000 and 300,000 rules
_RUNS = 3


def main() -> None:
    """Measure, and print what was measured."""
    model = Path(sys.argv[1]) if len(sys.argv) > 1 else _MODEL
    with tempfile.TemporaryDirectory() as folder:
        rows = list(_growth(model, Path(folder)))
        print(
            tabulate(
                rows, headers=["containers", "rules", "netaudit diff, s", "peak MB", "µs per rule"], floatfmt=".2f"
            )
        )
        print()
        print(
            tabulate(
                _others(model, Path(folder)), headers=["what, on 100,000 rules", "s", "x netaudit"], floatfmt=".2f"
            )
        )


def _growth(model: Path, folder: Path) -> Iterator[Sequence[object]]:
    """Diff two recordings of a host that got 1 % more containers, attributed, as JSON."""
    for size in _SIZES:
        before, after = folder / f"{size}-before", folder / f"{size}-after"
        save(make_facts(model, size), before)
        save(make_facts(model, size + size // 100), after)
        rules = make_save(load(model), size).count("\n")
        seconds, megabytes = _measure(_netaudit(before, after))
        yield size, rules, seconds, megabytes, seconds / rules * 1e6


def _others(model: Path, folder: Path) -> list[Sequence[object]]:
    size = _SIZES[1]
    own, _ = _measure(_netaudit(folder / f"{size}-before", folder / f"{size}-after"))
    rows: list[Sequence[object]] = [("netaudit diff of two such hosts, attributed, JSON", own, 1.0)]
    if os.geteuid() != 0:
        print("not root: the other tools need a namespace to load the rules into, and are left out", file=sys.stderr)
        return rows
    rules = make_save(load(model), size)
    for name, backend, command in _COMMANDS:
        with _namespace(backend, rules) as enter:
            seconds, _ = _measure([*enter, *command], runs=1)
            rows.append((name, seconds, seconds / own))
    return rows


_PYTHON_IPTABLES = "import iptc.easy; iptc.easy.dump_all()"
_JC = "; ".join(f"iptables-nft -t {table} -L -n -v | jc --iptables" for table in ("filter", "nat", "raw"))
_COMMANDS: Sequence[tuple[str, str, Sequence[str]]] = (
    ("iptables-nft-save -c", "iptables-nft", ["iptables-nft-save", "-c"]),
    ("iptables-legacy-save -c", "iptables-legacy", ["iptables-legacy-save", "-c"]),
    (
        "netaudit record, iptables-nft",
        "iptables-nft",
        [sys.executable, "-m", "netaudit", "record", "-o", "/dev/null/x"],
    ),
    ("python-iptables: iptc.easy.dump_all()", "iptables-legacy", [sys.executable, "-c", _PYTHON_IPTABLES]),
    ("jc --iptables, three tables", "iptables-nft", ["sh", "-c", _JC]),
)


def _netaudit(before: Path, after: Path) -> list[str]:
    return [sys.executable, "-m", "netaudit", "diff", str(before), str(after), "--format", "json", "-o", os.devnull]


def _measure(command: Sequence[str], runs: int = _RUNS) -> tuple[float, float]:
    """Run a command; give the median of its wall-clock seconds, and its peak memory in MB."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin:/sbin"}
    times: list[float] = []
    peak = 0
    for _ in range(runs):
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        _, _, usage = os.wait4(process.pid, 0)
        times.append(time.perf_counter() - start)
        peak = max(peak, usage.ru_maxrss)
    return sorted(times)[len(times) // 2], peak / 1024


@contextmanager
def _namespace(backend: str, rules: str) -> Iterator[list[str]]:
    """Load rules into a namespace of its own."""
    name = f"nab-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    enter = ["nsenter", f"--net=/run/netns/{name}"]
    try:
        subprocess.run([*enter, f"{backend}-restore"], input=rules.encode(), check=True)
        yield enter
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


if __name__ == "__main__":
    main()
