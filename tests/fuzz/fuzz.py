"""Fuzz forms of input with atheris: python -m fuzz.fuzz RUNS [FORM...]; each ends with its runs or at its first bug."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import packing

from fuzz.targets import TARGETS, seeds_of

STATS = ("number_of_executed_units", "average_exec_per_sec", "peak_rss_mb", "slowest_unit_time_sec")
LIMITS = ("-rss_limit_mb=2048", "-timeout=20", "-max_len=4096", "-print_final_stats=1")


def main(runs: str, names: list[str]) -> int:
    """Fuzz one form after the other, each in a process of its own; gives 1 where one of them has a bug."""
    packing.unpack(packing.TREE)
    failed = []
    for name in names or TARGETS:
        with tempfile.TemporaryDirectory() as corpus:
            for number, seed in enumerate(seeds_of(name)):
                (Path(corpus) / str(number)).write_bytes(seed)
            argv = [sys.executable, "-m", "fuzz.one", name, corpus, f"-runs={runs}", *LIMITS]
            done = subprocess.run(argv, text=True, stderr=subprocess.PIPE, check=False)
        lines = done.stderr.splitlines()
        stats = {line.split()[0]: line.split()[1] for line in lines if line.startswith("stat::")}
        print(_summary(name, stats, done.returncode), flush=True)
        if done.returncode:
            failed.append(name)
            print("\n".join(lines[-40:]), flush=True)
    return bool(failed)


def _summary(name: str, stats: Mapping[str, str], code: int) -> str:
    said = (stats.get(f"stat::{key}:", "?") for key in STATS)
    cases, speed, memory, slowest = said
    end = "fails" if code else "no bug"
    return f"{name:12} {cases:>9} cases, {speed:>6} a second, peak {memory} MB, slowest {slowest} s: {end}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
