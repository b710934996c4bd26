"""Kill commands at random instants with SIGKILL: python -m hostile.kill N [SEED].

No half file under a final name, no earlier file lost, no process left; and the next run works. What a killed command
left under a temporary name is counted before and after the next run, which sweeps it.
"""

import random
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from hostile.commands import HISTORY, KEPT, METRICS, finish, left_behind, seconds_of, start
from netaudit.errors import NetauditError
from netaudit.history import fsck, open_history
from netaudit.store import load, verify

NAMES = ("record", "record-tar", "run", "report", "report-diff", "redact", "watch")
RECORDINGS = ("recording", "recording.tar.gz", "hidden.tar", "kept/before", "kept/after")


def main(count: int, seed: int = 0) -> tuple[list[str], Counter[str]]:
    """Kill so many times; gives a sentence for each thing that is wrong, and what was met."""
    dice = random.Random(seed)  # noqa: S311 (no secret)
    met: Counter[str] = Counter()
    wrong: list[str] = []
    longest: dict[str, float] = {}
    whole: dict[str, bytes] = {}
    for number in range(count):
        name = NAMES[number % len(NAMES)]
        with tempfile.TemporaryDirectory() as folder:
            if name not in longest:
                longest[name] = seconds_of(name, Path(folder))
                whole[name] = (Path(folder) / "report.html").read_bytes()
        delay = dice.uniform(0, longest[name] * 1.1)
        with tempfile.TemporaryDirectory() as folder:
            wrong += [
                f"{name} after {delay:.4f} s: {one}" for one in _kill(name, delay, Path(folder), met, whole[name])
            ]
    return wrong, met


def _kill(name: str, delay: float, folder: Path, met: Counter[str], whole: bytes) -> list[str]:
    process = start(name, folder)
    time.sleep(delay)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    met["killed" if process.returncode == -signal.SIGKILL else "had ended"] += 1
    wrong = [f"left the process {one}" for one in left_behind(process.pid)]
    wrong += _half_written(folder, met, whole)
    met["temporary files"] += _count_temporary(folder)
    for place in (folder / one for one in RECORDINGS):
        if place.exists():
            place.rename(folder / f"earlier-{place.name}")
    process = start(name, folder)
    complaint = finish(name, process, folder)
    if process.returncode not in (0, 4, 128 + signal.SIGTERM if name == "watch" else 0):
        wrong.append(f"the next run ended with {process.returncode}: {complaint[-300:]}")
    met["temporary files after the next run"] += _count_temporary(folder)
    return wrong


def _half_written(folder: Path, met: Counter[str], whole: bytes) -> list[str]:
    """Look at each final name: what is there is whole."""
    wrong = []
    for place in (folder / one for one in RECORDINGS):
        if place.exists():
            met["whole recordings"] += 1
            try:
                if not load(place).files or verify(place).differences:
                    wrong.append(f"half a recording: {place.name}")
            except NetauditError as error:
                wrong.append(f"half a recording: {error}")
    report = (folder / "report.html").read_bytes()
    met["whole reports"] += report != KEPT
    if report not in (KEPT, whole):
        wrong.append("the earlier report is lost")
    key = folder / "key"
    if key.exists() and key.stat().st_size != 32:
        wrong.append("half a key")
    return wrong + _half_watched(folder, met)


def _half_watched(folder: Path, met: Counter[str]) -> list[str]:
    """Look at what `watch` writes: the history, and its numbers."""
    wrong = []
    metrics = folder / METRICS
    if metrics.exists() and not metrics.read_text(encoding="utf-8").endswith("# EOF\n"):
        wrong.append("half of the numbers")
    if (folder / HISTORY).exists():
        met["histories"] += 1
        try:
            with closing(open_history(folder / HISTORY)) as history:
                wrong += [f"a damaged history: {one}" for one in fsck(history)]
        except NetauditError as error:
            wrong.append(f"no history: {error}")
    return wrong


def _count_temporary(folder: Path) -> int:
    return sum(1 for path in folder.rglob(".*") if path.parent == folder or path.parent.name in ("kept", "recordings"))


if __name__ == "__main__":
    found, figures = main(*map(int, sys.argv[1:]))
    print("\n".join(found) or "nothing is wrong")
    print(", ".join(f"{number} {what}" for what, number in figures.items()))
    sys.exit(bool(found))
