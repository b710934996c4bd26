"""The report of `make mutants`."""

from pathlib import Path

from mutation.mutant import Mutant, Outcome, Place, report


def _mutant(path: str, number: int) -> Mutant:
    return Mutant(Place(Path(path), number), "f", "", range(3, 4), "a + b", f"a - {number}")


def test_what_survives_is_named_and_a_package_weighs_by_its_mutants() -> None:
    outcomes = {
        _mutant("netaudit/packets/sets/bdd.py", 1): Outcome.NOTICED,
        _mutant("netaudit/packets/sets/bdd.py", 2): Outcome.SURVIVED,
        _mutant("netaudit/packets/symbolic/encoding/nat.py", 1): Outcome.ENDLESS,
        _mutant("netaudit/attribute/reason.py", 1): Outcome.UNREACHED,
    }
    sizes = {"netaudit/packets/sets": 100, "netaudit/packets/symbolic": 300, "netaudit/attribute": 7}
    assert list(report(outcomes, sizes))[2:] == [
        "| netaudit/attribute | 7 | 1 | 0 | 0 % |",
        "| netaudit/packets/sets | 100 | 2 | 1 | 50 % |",
        "| netaudit/packets/symbolic | 300 | 1 | 1 | 100 % |",
        "| all of netaudit/packets | 400 | 3 | 2 | 88 % |",
        "| all of netaudit/attribute | 7 | 1 | 0 | 0 % |",
        "not noticed: netaudit/packets/sets/bdd.py:3 f\n  - a + b\n  + a - 2",
        "reached by no test: netaudit/attribute/reason.py:3 f\n  - a + b\n  + a - 1",
    ]
