"""Try a sample of mutants, and print how many the tests notice, by package: python -m mutation.sample [N [SEED]].

mutmut (its configuration is in pyproject.toml) makes each mutant: one change of one function. It runs the tests that
reach that function. All mutants of packets and attribution are some 18,000, of which a sample says enough.
"""

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path("mutants")  # mutmut's, in the present folder
PACKAGES = ("netaudit/packets", "netaudit/attribute")
SURVIVED, NO_TEST, NOT_RUN = 0, 33, None


def main(count: int = 200, seed: int = 0) -> None:
    """Try so many mutants; print the score of each package, and what survived."""
    subprocess.run(["mutmut", "run", "none"], check=False, capture_output=True)  # makes the mutants, and maps tests
    names = sorted(name for name, _ in _outcomes())
    chosen = random.Random(seed).sample(names, min(count, len(names)))  # noqa: S311 (no secret)
    subprocess.run(["mutmut", "run", *chosen], check=False, stdout=subprocess.DEVNULL)
    print("\n".join(report({name: code for name, code in _outcomes() if name in set(chosen)})))


def report(outcomes: dict[str, int | None]) -> Iterator[str]:
    """Yield the table of scores, then the names of what survived. `outcomes` has mutmut's codes."""
    tried, noticed = Counter[str](), Counter[str]()
    for name, code in outcomes.items():
        if code is not NOT_RUN:
            tried[_package(name)] += 1
            noticed[_package(name)] += code not in (SURVIVED, NO_TEST)
    yield "| package | tried | noticed | score |"
    yield "|---|---|---|---|"
    for package in sorted(tried):
        yield f"| {package} | {tried[package]} | {noticed[package]} | {100 * noticed[package] // tried[package]} % |"
    yield f"| all | {tried.total()} | {noticed.total()} | {100 * noticed.total() // max(1, tried.total())} % |"
    for kind, code in (("not noticed", SURVIVED), ("reached by no test", NO_TEST)):
        yield from (f"{kind}: {name}" for name, found in sorted(outcomes.items()) if found == code)


def _outcomes() -> Iterator[tuple[str, int | None]]:
    """Yield each mutant with the code of its tests; None for those that were not tried."""
    for package in PACKAGES:
        for path in sorted((FOLDER / package).rglob("*.meta")):
            yield from dict(json.loads(path.read_text())["exit_code_by_key"]).items()


def _package(name: str) -> str:
    """Return the package of a mutant `netaudit.packets.trace.chain.x_follow__mutmut_3`: netaudit/packets/trace."""
    return "/".join(name.split(".")[:3])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
