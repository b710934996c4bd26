"""What `netaudit watch` costs: on a quiet host, in a storm of changes, and over many of them.

python -m lab.watch_cost CONTAINERS QUIET_SECONDS STORM SOAK [ENGINE]      such as: 100 600 1000 20000 28.5.2

Processor time is of the watcher, of the process that hears of commits, and of all programs that they ran.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from lab.engine import Engine
from lab.host import LabHost
from lab.image import IDLE
from lab.namespaces import children
from lab.watched import Watched
from netaudit.history import read_history
from netaudit.timeline.log import entries

_TICKS = os.sysconf("SC_CLK_TCK")
_PIECE = 500  # changes between two readings of memory


def main(containers: int, quiet: int, storm: int, soak: int, version: str = "20.10.24") -> None:
    """Measure, and print what was measured."""
    with tempfile.TemporaryDirectory() as folder, LabHost(uplink=True) as host, Engine(host, version) as engine:
        for number in range(containers):
            engine.docker("run", "-d", "--name", f"c{number}", "-p", f"{20_000 + number}:80", *IDLE)
        store = Path(folder) / "history.sqlite"
        with Watched(host, store) as log:
            log.new()
            for line in (*_quiet(log, quiet), *_storm(log, storm), *_soak(log, soak)):
                print(line, flush=True)


def _quiet(log: Watched, seconds: int) -> Iterator[str]:
    time.sleep(5)
    before, begin = _processor(log.pid), time.monotonic()
    time.sleep(seconds)
    used, passed = _processor(log.pid) - before, time.monotonic() - begin
    yield f"quiet: {used:.2f} s of processor time in {passed:.0f} s: {100 * used / passed:.2f} % of a core"


def _storm(log: Watched, count: int) -> Iterator[str]:
    size, begin, used = _size(log.store), time.monotonic(), _processor(log.pid)
    log.host.run(["sh", "-c", f"for i in $(seq {count}); do {_rule('-A')}; done"], timeout=1800)
    written = time.monotonic()
    lines = log.new()
    seen = sum(rule.change == "added" and "198.18." in rule.text for line in lines for rule in line.rules)
    lost = sum(bool(line.notes) for line in lines)
    late, cost = time.monotonic() - written, _processor(log.pid) - used
    yield f"storm: {count} changes in {written - begin:.0f} s; {seen} in the log, {late:.1f} s after the last"
    yield f"storm: {lost} lines say that something was lost; {cost:.1f} s of processor time"
    yield f"storm: {(_size(log.store) - size) / max(count, 1):.0f} bytes a change"


def _soak(log: Watched, count: int) -> Iterator[str]:
    for done in range(0, count, _PIECE):
        log.host.run(
            ["sh", "-c", f"for i in $(seq {_PIECE // 2}); do {_rule('-A')}; {_rule('-D')}; done"], timeout=1800
        )
        log.new()
        yield f"soak: {done + _PIECE} changes: {_resident(log.pid):.1f} MB, store {_size(log.store) / 1e6:.2f} MB"
    with closing(read_history(log.store)) as history:
        yield f"soak: {sum(1 for _ in entries(history))} lines in the log"


def _rule(verb: str) -> str:
    return f"iptables {verb} INPUT -s 198.18.$((i / 256)).$((i % 256)) -j DROP"


def _family(pid: int) -> list[int]:
    return [pid, *(child for one in children(pid) for child in _family(one))]


def _processor(pid: int) -> float:
    stats = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in _family(pid)]
    return sum(int(number) for words in stats for number in words[11:15]) / _TICKS


def _resident(pid: int) -> float:
    sizes = [Path(f"/proc/{one}/statm").read_text().split()[1] for one in _family(pid)]
    return sum(map(int, sizes)) * os.sysconf("SC_PAGE_SIZE") / 1e6


def _size(store: Path) -> int:
    return sum(path.stat().st_size for path in store.parent.glob(f"{store.name}*"))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]), *sys.argv[5:])
