"""`make bench`: every command on hosts whose chains jump to one another in hostile shapes.

Prints a table and writes it to docs/speed.md, as a section of its own. Each command runs as a process of its own, once
for each size; the exponent is that of the growth from the smallest size to the largest: 1 is linear, 2 is quadratic.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from math import log
from pathlib import Path
from subprocess import DEVNULL, run

from synthetic.shapes import IPTABLES, SHAPES, iptables_host

from bench.bench import table
from bench.installed import environment, installed, netaudit
from bench.page import put_section
from netaudit.store import load, save

_SIZES = (100, 200, 400, 800)
_SHAPES = ("line", "diamond", "diamond, asking", "ring of diamonds", "selves", "wide")
_HEADING = "## Chains that jump to one another"
_WORDS = """{heading}

`python -m bench.shapes [SHAPE …]`, load average {load:.1f} at the end. Seconds of processor time of a process, run
once, on a host of one container before whose rules somebody put about N rules of a shape (tests/synthetic/shapes.py).
A diamond jumps three times from each chain to the next, so a kernel really goes 3ⁿ ways through n chains; a ring does
too, and ends where it began. The exponent is of the growth from the least N to the greatest: 1 is linear, 2 quadratic;
a start of the program costs some 0.3 s whatever N is, and keeps it below.

{growth}

What makes it so: a set of packets that comes to a chain again gets the answer that it got; what else is asked again is
bounded, by 2,048 rules and four times the rules of the table; a trace says which steps it does not write, and decides
none that it did not follow. Chains are followed 64 deep: nft refuses more than 16, iptables-legacy takes any number.
"""


def main() -> None:
    """Measure, print, and write the section."""
    shapes = sys.argv[1:] or list(_SHAPES)
    headers = ["shape", "command", *(f"N = {size:,}" for size in _SIZES), "exponent"]
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for shape in shapes for row in _rows(shape, Path(folder))]
    section = _WORDS.format(heading=_HEADING, load=os.getloadavg()[0], growth=table(rows, headers))
    put_section(_HEADING, section)
    print(section)


def _rows(shape: str, folder: Path) -> Iterator[Sequence[object]]:
    before = folder / "before"
    if not before.exists():
        save(load(IPTABLES), before)
    paths = [folder / f"{shape}-{size}" for size in _SIZES]
    for path, size in zip(paths, _SIZES, strict=True):
        save(iptables_host(SHAPES[shape](size)), path)
    for name, arguments in _commands(before).items():
        times = [_measure([str(path) if one == "HOST" else one for one in arguments]) for path in paths]
        yield shape, name, *times, log(times[-1] / times[0]) / log(_SIZES[-1] / _SIZES[0])


def _commands(before: Path) -> dict[str, list[str]]:
    return {
        "show": ["show", "HOST", "--format", "json"],
        "diff": ["diff", str(before), "HOST", "--exposure", "--format", "json"],
        "audit": ["audit", "HOST", "--format", "json"],
        "exposure": ["exposure", "HOST", "--format", "json"],
        "trace": ["trace", "HOST", "--from", "internet", "--to", "192.0.2.10:8080/tcp"],
        "report": ["report", "HOST", "--exposure", "--format", "html"],
        "explain": ["explain", "filter/FORWARD", "HOST"],
    }


def _measure(arguments: Sequence[str]) -> float:
    """Run a command once; give its processor time."""
    command, where = netaudit(*arguments, "-o", os.devnull), installed().parent
    before = os.times()
    done = run(command, stdout=DEVNULL, check=False, timeout=600, env=environment(), cwd=where)
    if done.returncode not in (0, 1):  # 1: findings
        sys.exit(f"make bench: netaudit {' '.join(arguments)} failed with {done.returncode}")
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


if __name__ == "__main__":
    main()
