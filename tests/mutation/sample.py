"""Try a sample of mutants, and print how many the tests notice: python -m mutation.sample [N [SEED [PACKAGE...]]].

mutmut's operators make each mutant: one change of one function (some 18,000 in all). coverage.py tells which tests run
the changed line; these are run, the sharpest and quickest first, until one fails. Of each package as many mutants are
tried, and the score of several packages weighs each by how many mutants it has. MATRIX=1: the tests of the matrix too.
"""

import os
import random
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice, zip_longest
from pathlib import Path

import pytest

from mutation.making import make, places
from mutation.mutant import SEEN, SOURCES, Mutant, Outcome, Place, report
from mutation.reaching import Reached, Reaching, keep, kept
from mutation.trying import Trying

TESTS = [
    *(f"tests/{name}" for name in ("packets", "attribute", "makers")),
    *(f"tests/{name}.py" for name in ("test_ablation", "test_catalog", "test_families")),
]
LEFT = ["engine", "kernel", "browser", *([] if os.environ.get("MATRIX") == "1" else ["matrix"])]
OPTIONS = ["-q", "--no-header", "-m", " and ".join(f"not {mark}" for mark in LEFT)]
EQUIVALENT = Path(__file__).parent / "equivalent.toml"


def main(count: int = 300, seed: int = 0, *packages: str) -> None:
    """Try so many mutants of these packages, or of all; print the score of each package, and what survived."""
    os.environ["CI"] = "1"  # Hypothesis: the same examples each time
    os.environ["TABLES"] = "each"  # no test is spared what another one computed (tests/tables_once.py)
    equivalent = _equivalent()
    sizes, chosen = _sample(count, seed, packages)
    mutants = [mutant for mutant in chosen if mutant.key not in equivalent]
    _find_reached()
    outcomes = kept("outcomes", dict)  # of earlier runs too: what was noticed once is not tried again
    again = [mutant for mutant in mutants if outcomes.get(mutant) not in SEEN]
    pytest.main([*OPTIONS, *TESTS], plugins=[Trying(again, Reached.load().times, partial(_note, outcomes))])
    print("\n".join(report({mutant: outcomes[mutant] for mutant in mutants}, sizes)))


def _note(outcomes: dict[Mutant, Outcome], mutant: Mutant, outcome: Outcome) -> None:
    """Keep an outcome at once: a run that is ended goes on where it was."""
    outcomes[mutant] = outcome
    keep("outcomes", outcomes)
    print(f"{len(outcomes)} {outcome}: {mutant}" if outcome not in SEEN else len(outcomes), flush=True)


def _find_reached() -> None:
    """Run the tests that are new, in a process of their own, and note what they reach."""
    child = os.fork()
    if child == 0:
        os._exit(pytest.main([*OPTIONS, *TESTS], plugins=[Reaching(Reached.load())]))
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        sys.exit("the tests fail without any change: mend them first")


def _sample(count: int, seed: int, packages: Collection[str]) -> tuple[Counter[str], list[Mutant]]:
    """Return how many mutants each package has, and a sample with as many of each of those that are asked about."""
    by_package: dict[str, list[Place]] = defaultdict(list)
    for place in kept("places", lambda: [one for source in SOURCES for one in places(Path(source))]):
        if place.package in packages or not packages:
            by_package[place.package].append(place)
    each = -(-count // len(by_package))
    sizes = Counter({package: len(found) for package, found in by_package.items()})
    name = "-".join(("sample", str(each), str(seed), *sorted(packages))).replace("/", ".")
    return sizes, kept(name, lambda: list(_chosen(by_package, each, seed)))


def _chosen(by_package: Mapping[str, Sequence[Place]], each: int, seed: int) -> Iterator[Mutant]:
    """Yield mutants of each package in turn: a run that is ended has tried as many of each."""
    mutants = [filter(None, map(make, _shuffled(found, f"{seed} {package}"))) for package, found in by_package.items()]
    for of_one_turn in islice(zip_longest(*mutants), each):
        yield from filter(None, of_one_turn)


def _shuffled(found: Sequence[Place], seed: str) -> list[Place]:
    return random.Random(seed).sample(found, len(found))  # noqa: S311 (no secret)


def _equivalent() -> set[tuple[str, ...]]:
    entries = tomllib.loads(EQUIVALENT.read_text())["mutant"]
    return {(one["file"], one["function"], one["was"], one["becomes"]) for one in entries}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:])
