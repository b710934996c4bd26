"""`make bench`: everything that people wait for, in one run of the installed wheel, beside its goal.

    python -m bench.goals [SHARE]      a SHARE such as 0.1 makes hosts of a tenth of the size

Writes two sections of docs/speed.md: each figure with its goal, and how figures grow with the host.
"""

import os
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Sequence
from math import log
from pathlib import Path
from typing import NamedTuple

import packing

from bench.bench import MODEL, namespace, table
from bench.exposure import operators
from bench.installed import RUNS, measure, netaudit
from bench.page import put_section
from bench.synthetic import make_facts, make_save
from bench.worker import measure_worker
from netaudit.store import load, save

_LARGE = 33_000  # containers: 99,000 rules and some
_STEPS = (1, 2, 4, 8)
_NO_DOCKER = ("--docker-host", "unix:///nowhere")
_FEW = 8  # containers that every host has
_HEADING, _GROWTH = "## What people wait for", "## How it grows"
_WORDS = """{heading}

`python -m bench.goals`, load average {load:.1f} at the end. Seconds of processor time of a whole process of the wheel,
installed with compiled files, the least of its runs ({runs} at most), and its peak memory. A host of N containers with
a published port each has 3 N rules and some; a small host is one of the recordings. Where other programs keep the
processors busy, figures of the same program differ by a half. What misses its goal is marked:

{rows}

What misses its goal, where the time goes, and what would be needed:

{reasons}
"""
_START = (
    "some 700 modules are imported, 466 of them ours, which is half of it or more: 0.2 ms each, of which a third is"
    " reading and unpacking compiled files; the catalog and the checks are 10 %, compiling 88 conditions of checks 4 %;"
    " a release in fewer files, or a process that stays, would need less"
)
_OPERATORS = (
    "44 % is leading sets through the operator's rules, a quarter of it reading them, and a quarter asking of each at"
    " each hook whether it touches what comes; 34 % are cells, 10 % whether containers are alike, which they are not;"
    " rules that no asked packet meets would have to be left out before they are read"
)
# By the first words of a row: only what somebody measured.
_REASONS = {
    "record": "beside iptables-nft-save it starts Python (0.25), compresses, digests, keeps a look in the history",
    "run": "before the command the kernel names the handles of all rules once (a fifth): nothing tells them"
    " later of rules that the command deletes; without an inventory each rule is held against signatures that may fit",
    "diff of two": "all texts of expected rules are written, for both hosts; a tight loop takes a fifth of that",
    "the same with": "which of 33,000 containers are alike is found out of each rule and container, on both sides: 1.9"
    " s, of which 0.75 are whose each rule is, 0.6 what containers have in common, 0.4 their own addresses and ports;"
    " what was found for the earlier side would have to serve for the later one; 0.3 list 200,000 destinations of each"
    " side, of which 1 % are asked about, 0.3 look for what was not recorded",
    "show": "a third is reading and attributing, the rest the words, columns and padding of 200,000 rows",
    "trace": "42 % reads all rules and containers, 21 % works out what ought to be there, for a dozen rules that a"
    " packet meets, 16 % looks for the bridge and the routes of each container; tables and containers would have to be"
    " read when they are asked for",
    "--help": "interpreter and typer alone take 0.054",
    "diff of a small": _START,
    "audit of a small": _START,
    "report of a small": _START + "; the Python of nine templates, which a wheel holds, is compiled: 0.015",
    "audit, ": "putting 18 subjects of each container to the checks takes as long as the exposure table: each has facts"
    " of its own, whether a check asks for them or not",
    "HTML": "38 % is the audit, 30 % the templates, which write each of 15,000 rules and its cells with text made"
    " harmless, 20 % the map and the lists, 8 % the exposure table; a page that fetches its rows when they are opened"
    " would write a tenth, and would be no single file any more",
    "exposure, 5,000 rules": _OPERATORS,
    "exposure, 10,000 rules": _OPERATORS,
    "warm worker of a fleet, 20 containers: a new host": "of 216,000 calls for a new host (Python's and C's, counted)"
    " 162,000 are left, and 0.73 of the time (0.078 s, before 0.107, in the same minute on the same hosts); 29 % lead"
    " sets of packets through the hooks, 13 % are cells, 10 % which containers are alike and the rows of the others,"
    " 24 % the checks, 8 % rows, 8 % reading and attributing; no part is large any more, so what would be needed is"
    " compiled code, or one table for hosts that differ in addresses alone, which nobody has proved to be right, for"
    " examples are chosen by the bits of addresses",
}
_NOT_MEASURED = "where it goes has not been measured"
_GROWTH_WORDS = """{heading}

The same commands on hosts of n, 2 n, 4 n and 8 n containers. The exponent is of the growth from the least to the
greatest: 1 is linear, 2 quadratic; what a start costs keeps it below.

{rows}
"""


class Row(NamedTuple):
    """A figure and its goal; `limit` is None where there is none."""

    what: str
    seconds: float
    megabytes: float
    goal: str
    limit: float | None

    @property
    def missed(self) -> bool:
        """Tell whether it took longer than it should."""
        return self.limit is not None and self.seconds > self.limit

    def cells(self) -> Sequence[object]:
        """Return the cells of the table."""
        return self.what, self.seconds, round(self.megabytes), self.goal, "missed" if self.missed else "kept"


class Hosts:
    """Recordings of hosts, each made once, a share of its size."""

    def __init__(self, folder: Path, share: float) -> None:
        self.folder, self._share = folder, share

    def of(self, containers: int, *, later: bool = False, rules: int = 0) -> Path:
        """Return the recording of a host of containers, later with 1 % more, and rules of an operator before them."""
        size = max(int(containers * self._share), 8) if not rules else containers
        path = self.folder / f"{size}-{later}-{rules}"
        if not path.exists():
            facts = make_facts(MODEL, size + (size // 100 + 1) * later, later=later)
            save(operators(facts, max(int(rules * self._share), 8)) if rules else facts, path)
        return path

    def rules(self, containers: int) -> str:
        """Return the text of the rules of a host."""
        return make_save(load(MODEL), max(int(containers * self._share), 8))


def main() -> None:
    """Measure, print, and write both sections."""
    packing.unpack(packing.TREE)
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    with tempfile.TemporaryDirectory() as folder:
        hosts = Hosts(Path(folder), share)
        measured = list(_rows(hosts))
        growth = list(_growing(hosts))
    headers = ["what", "CPU s", "peak MB", "goal", ""]
    goals = _WORDS.format(
        heading=_HEADING,
        load=os.getloadavg()[0],
        runs=RUNS,
        rows=table([one.cells() for one in measured], headers),
        reasons="\n".join(_reasons(measured)),
    )
    sizes = [f"{step} n" if step > 1 else "n" for step in _STEPS]
    grown = table(growth, ["what", "n", *(f"CPU s, {one}" for one in sizes), "exponent"])
    put_section(_HEADING, goals)
    put_section(_GROWTH, _GROWTH_WORDS.format(heading=_GROWTH, rows=grown))
    print(goals, grown, sep="\n")


def _reasons(rows: Sequence[Row]) -> Iterator[str]:
    for one in rows:
        if one.missed:
            known = (why for words, why in _REASONS.items() if one.what.startswith(words))
            yield textwrap.fill(f"- {one.what}: {next(known, _NOT_MEASURED)}.", 120, subsequent_indent="  ")


def _rows(hosts: Hosts) -> Iterator[Row]:
    yield from _of_the_kernel(hosts)
    yield from _of_rules(hosts)
    yield from _of_reach(hosts)
    yield from _of_a_small_host(hosts)


def _of_the_kernel(hosts: Hosts) -> Iterator[Row]:
    """Measure what reads rules from a kernel: `record`, and `run`, which records twice."""
    with namespace("iptables-nft", hosts.rules(_LARGE)) as enter:
        peer, _, _ = measure([*enter, "iptables-nft-save", "-c"])
        recorded = netaudit("record", *_NO_DOCKER, "-o", f"/tmp/nab-{os.getpid()}.tar", "--force")
        one, _, peak = measure([*enter, *recorded], runs=2)
        yield Row("record, 100,000 rules", one, peak, f"1.1 times iptables-nft-save = {1.1 * peer:.2f}", 1.1 * peer)
        ran = netaudit("run", *_NO_DOCKER, "--wait", "0", "-o", os.devnull, "--", "true")
        both, _, peak = measure([*enter, *ran], runs=2)
        yield Row("run -- true, 100,000 nft rules", both, peak, f"1.2 times two records = {2.4 * one:.2f}", 2.4 * one)
    Path(f"/tmp/nab-{os.getpid()}.tar").unlink(missing_ok=True)


def _of_rules(hosts: Hosts) -> Iterator[Row]:
    before, after = hosts.of(_LARGE), hosts.of(_LARGE, later=True)
    diff = ("diff", before, after, "--format", "json")
    yield _row("diff of two hosts of 100,000 rules, attributed, JSON", (*diff, "--no-exposure"), 0.80)
    yield _row("the same with what became reachable, as by default", diff, 1.5)
    yield _row("show, terminal, 99,000 rules", ("show", before), 3.5)
    yield _row("trace, 99,000 rules", ("trace", before, "--from", "internet", "--to", "192.0.2.10:1030/tcp"), 1.0)


def _of_reach(hosts: Hosts) -> Iterator[Row]:
    for containers, goal in ((1000, 0.8), (5000, 3.0)):
        host = hosts.of(containers)
        exposed = _row(f"exposure, {containers:,} containers", ("exposure", host, "--format", "json"), goal)
        yield exposed
        more = 1.2 * exposed.seconds
        audited = _row(f"audit, {containers:,} containers", ("audit", host, "--format", "json"), more)
        yield audited._replace(goal=f"exposure + 20 % = {more:.2f}")
        if containers == 1000:
            yield _of_a_policy(host, exposed.seconds)
    yield _row("HTML of 5,000 containers, with exposure", ("report", host, "--exposure", "--format", "html"), 6.0)
    for rules, goal in ((5000, 2.5), (10_000, 5.0)):
        host = hosts.of(20, rules=rules)
        yield _row(f"exposure, {rules:,} rules of an operator", ("exposure", host, "--format", "json"), goal)


def _of_a_policy(host: Path, exposed: float) -> Row:
    """Hold 200 entries, of each kind that names a container."""
    known = [f"c{number}" for number in range(_FEW)]
    kinds = (
        "internet can reach {0}:80/tcp",
        "internet cannot reach {0}:81/tcp",
        "nothing reaches {0} but internet, lan, network:bridge",
        "lan can reach {0}:80/tcp",
        "{0} cannot reach {1}:22/tcp",
    )
    lines = [f"  - {kinds[at % len(kinds)].format(known[at % _FEW], known[at * 3 % _FEW])}" for at in range(200)]
    policy = host.with_suffix(".yaml")
    policy.write_text("policy:\n" + "\n".join(lines) + "\n")
    goal = exposed + 2.0
    row = _row("assert, 1,000 containers, 200 entries", ("assert", host, "-p", policy, "-f", "json"), goal)
    return row._replace(goal=f"exposure + 2 s = {goal:.2f}")


def _of_a_small_host(hosts: Hosts) -> Iterator[Row]:
    small, before = MODEL.parents[1] / "default-one-port" / "01", MODEL.parents[1] / "default-one-port" / "00"
    yield _row("--help", ("--help",), 0.06, output=False)
    yield _row("diff of a small host", ("diff", before, small), 0.2)
    yield _row("audit of a small host", ("audit", small), 0.25)
    yield _row("report of a small host", ("report", small, "--format", "html"), 0.3)
    yield from _of_a_worker(hosts)


def _of_a_worker(hosts: Hosts) -> Iterator[Row]:
    for what, each in measure_worker(hosts.folder):
        yield Row(f"warm worker of a fleet, 20 containers: {what}", each, 0, f"0.02; now {1 / each:.0f} a second", 0.02)


def _row(what: str, arguments: Sequence[str | Path], goal: float, *, output: bool = True) -> Row:
    used, _, peak = measure(netaudit(*arguments, *(("-o", os.devnull) if output else ())))
    return Row(what, used, peak, f"{goal:.2f}", goal)


def _growing(hosts: Hosts) -> Iterator[Sequence[object]]:
    commands: dict[str, tuple[int, Callable[[int], Sequence[str | Path]]]] = {
        "diff": (4000, lambda size: ("diff", hosts.of(size), hosts.of(size, later=True), "--format", "json")),
        "show, terminal": (2000, lambda size: ("show", hosts.of(size))),
        "trace": (4000, lambda size: ("trace", hosts.of(size), "--from", "internet", "--to", "192.0.2.10:1030/tcp")),
        "exposure": (500, lambda size: ("exposure", hosts.of(size), "--format", "json")),
        "audit": (500, lambda size: ("audit", hosts.of(size), "--format", "json")),
        "HTML": (500, lambda size: ("report", hosts.of(size), "--exposure", "--format", "html")),
    }
    for name, (least, arguments) in commands.items():
        command = [netaudit(*arguments(least * step), "-o", os.devnull) for step in _STEPS]
        used = [measure(one, runs=1)[0] for one in command]
        yield name, f"{least:,} containers", *used, log(used[-1] / used[0]) / log(_STEPS[-1])


if __name__ == "__main__":
    main()
