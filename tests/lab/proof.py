"""docs/proof.md: what the lab's recordings prove of attribution, scenario by scenario and engine by engine.

python -m lab.proof          write it
python -m lab.proof --check  fail if it is not what the recordings say
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import packing
from tabulate import tabulate

from lab.ablation import Tally, scenarios, tally
from lab.scenarios import NOT_RUN
from netaudit.api.rules import shipped_catalog

_REPOSITORY = Path(__file__).resolve().parents[2]
_RECORDINGS = _REPOSITORY / "tests" / "recordings"
_PAGE = _REPOSITORY / "docs" / "proof.md"
_HEAD = """# What is proved

Every scenario below was run on real engines (`make lab`), with a recording after each step. Each step's changes were
then attributed from the recordings alone, and held against what the step did. This page is made by the same command.

A cell reads *exact / changed*: how many rules the steps changed, and how many of these were attributed, proved, to
just what the step was about. What follows it, where anything does, was found in the steady state after the steps:
rules that are missing (m), stale, misplaced or duplicate (d), or not proved (?). In scenarios that break something
on purpose, that is what is right. An empty cell: the engine does not have what the scenario needs. Engine 29, which
Debian does not package, is represented by recordings that were made elsewhere.
"""


def render() -> str:
    """Make the page."""
    catalog = shipped_catalog()
    tallies = {(one.name, one.parent.name): tally(one, catalog) for one in scenarios(_RECORDINGS)}
    engines = sorted({engine for _, engine in tallies})
    names = sorted({name for name, _ in tallies})
    rows = [[name, *(_cell(tallies.get((name, engine))) for engine in engines)] for name in names]
    table = tabulate(rows, headers=["scenario", *engines], tablefmt="github")
    return "\n".join([_HEAD, *_totals(list(tallies.values())), "", table, "", *_not_run(), ""])


def _not_run() -> Iterator[str]:
    yield "## What was not run"
    yield ""
    yield from (f"- {why}" for why in dict.fromkeys(NOT_RUN.values()))


def _cell(counted: Tally | None) -> str:
    if counted is None:
        return ""
    found = [
        f"{len(what)}{mark}"
        for what, mark in ((counted.missing, "m"), (counted.defects, "d"), (counted.unexplained, "?"))
        if what
    ]
    return " ".join([f"{counted.exact} / {counted.changed}", *found])


def _totals(tallies: list[Tally]) -> Iterator[str]:
    changed, exact = sum(one.changed for one in tallies), sum(one.exact for one in tallies)
    wrong, nobodys = sum(len(one.wrong) for one in tallies), sum(len(one.unattributed) for one in tallies)
    yield (
        f"{len(tallies)} runs, {changed} changed rules: {exact} exact, {wrong} with a wrong cause,"
        f" {nobodys} unattributed."
    )


def main() -> int:
    """Write the page, or check it."""
    packing.unpack(packing.TREE)
    text = render()
    if "--check" in sys.argv:
        return int(_PAGE.read_text() != text)
    _PAGE.parent.mkdir(exist_ok=True)
    _PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
