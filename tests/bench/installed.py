"""netaudit as people have it: the wheel, installed into a folder of its own, with compiled files."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from wheels import build_wheel

# A process of its own starts the command: the kernel counts what a parent held into its child's peak.
_WATCH = """
import os, sys, time
start = time.perf_counter()
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
RUNS = 5
_FINE = (0, 1)  # 1: findings, or differences


@cache
def installed() -> Path:
    """Install the wheel of this checkout; return the folder that PYTHONPATH has to name."""
    folder = Path(tempfile.mkdtemp(prefix="netaudit-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    wheel = build_wheel(folder)
    target = folder / "installed"
    own = ["install", "-q", "--no-deps", "--no-index", "--compile", "--target", target, wheel]
    subprocess.run([sys.executable, "-m", "pip", *own], check=True, capture_output=True)
    return target


def netaudit(*arguments: str | Path) -> list[str]:
    """Give a command of netaudit's."""
    return [sys.executable, "-P", "-m", "netaudit", *map(str, arguments)]


def environment() -> dict[str, str]:
    """Give what the installed netaudit, and no other, is run with."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}:/usr/sbin:/sbin"
    return {**kept, "PATH": path, "PYTHONPATH": str(installed())}


def measure(command: Sequence[str], runs: int = RUNS, seconds: float = 15) -> tuple[float, float, float]:
    """Run a command; give the least of its processor and its wall-clock seconds, and its peak memory in MB.

    It is run fewer times where that takes longer than so many seconds.
    """
    found: list[tuple[float, float, float]] = []
    while len(found) < runs and sum(wall for wall, _, _ in found) < seconds:
        watch = [sys.executable, "-S", "-E", "-c", _WATCH, *command]
        done = subprocess.run(
            watch, capture_output=True, text=True, env=environment(), cwd=installed().parent, check=False
        )
        if done.returncode not in _FINE:
            sys.exit(f"make bench: {' '.join(command)} failed: {done.stderr}")
        wall, used, kilobytes = map(float, done.stdout.split())
        found.append((wall, used, kilobytes / 1024))
    return min(used for _, used, _ in found), min(wall for wall, _, _ in found), max(peak for _, _, peak in found)
