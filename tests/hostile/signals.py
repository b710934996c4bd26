"""Send two signals within a millisecond at random instants of every command: python -m hostile.signals N [SEED].

No traceback, the code of one of the two, nothing half written, no process left.
"""

import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hostile.commands import COMMANDS, KEPT, left_behind, seconds_of, start

NUMBERS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
EARLY = ("netaudit/__init__.py", "netaudit/__main__.py", "netaudit/release.py", "frozen ", "runpy")


def main(count: int, seed: int = 0) -> list[str]:
    """Try so many times; gives a sentence for each thing that is wrong."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    wrong: list[str] = []
    longest: dict[str, float] = {}
    whole: dict[str, bytes] = {}
    for number in range(count):
        name = list(COMMANDS)[number % len(COMMANDS)]
        with tempfile.TemporaryDirectory() as folder:
            if name not in longest:
                longest[name] = seconds_of(name, Path(folder))
                whole[name] = (Path(folder) / "report.html").read_bytes()
        pair = (dice.choice(NUMBERS), dice.choice(NUMBERS))
        delay, gap = dice.uniform(0, longest[name]), dice.choice([0, 0, dice.uniform(0, 0.001)])
        with tempfile.TemporaryDirectory() as folder:
            said = _try(name, pair, (delay, gap), Path(folder))
            if (Path(folder) / "report.html").read_bytes() not in (KEPT, whole[name]):
                said.append("the earlier report is lost")
        wrong += [f"{name}, {pair[0].name} and {pair[1].name} after {delay:.4f} s: {one}" for one in said]
    return wrong


def _try(name: str, pair: tuple[signal.Signals, signal.Signals], when: tuple[float, float], folder: Path) -> list[str]:
    process = start(name, folder)
    time.sleep(when[0])
    process.send_signal(pair[0])
    time.sleep(when[1])
    process.send_signal(pair[1])
    try:
        _, complaint = process.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
        return ["it did not end"]
    wrong = [f"left {one}" for one in left_behind(process.pid)]
    if process.returncode not in _allowed(pair) and process.returncode not in (0, 1, 3, 4):
        wrong.append(f"code {process.returncode}: {complaint[-300:]}")
    if ("Traceback" in complaint or "Exception ignored" in complaint) and not _is_early(complaint, process.returncode):
        wrong.append(f"a traceback: {complaint[-2000:]}")
    wrong += [f"half written: {path}" for path in folder.rglob(".*") if process.returncode >= 0]
    return wrong


def _allowed(pair: tuple[signal.Signals, ...]) -> set[int]:
    """Give the codes of an end by either signal; before Python can listen, it is the kernel that ends it."""
    return {code for number in pair for code in (128 + number, -number)}


def _is_early(complaint: str, code: int) -> bool:
    """Tell whether ^C came while Python itself was starting, before any code of netaudit could listen.

    The second signal may end Python while it still prints where the first one came.
    """
    places = [line for line in complaint.splitlines() if line.lstrip().startswith("File ")]
    ours = [line for line in places if "/netaudit/" in line and not any(early in line for early in EARLY)]
    return (complaint.rstrip().endswith("KeyboardInterrupt") or code < 0) and not ours


if __name__ == "__main__":
    found = main(*map(int, sys.argv[1:]))
    print("\n".join(found) or "nothing is wrong")
    sys.exit(bool(found))
