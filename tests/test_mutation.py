"""The report of `make mutants`: a mutant that no test reaches is one that no test notices."""

from mutation.sample import report


def test_what_survives_is_named_and_counts_against_its_package() -> None:
    outcomes = {
        "netaudit.packets.sets.bdd.x_join__mutmut_1": 1,
        "netaudit.packets.sets.bdd.x_join__mutmut_2": 0,
        "netaudit.attribute.reason.x_make__mutmut_1": 33,
        "netaudit.attribute.reason.x_make__mutmut_2": None,
    }
    assert list(report(outcomes))[2:] == [
        "| netaudit/attribute/reason | 1 | 0 | 0 % |",
        "| netaudit/packets/sets | 2 | 1 | 50 % |",
        "| all | 3 | 1 | 33 % |",
        "not noticed: netaudit.packets.sets.bdd.x_join__mutmut_2",
        "reached by no test: netaudit.attribute.reason.x_make__mutmut_1",
    ]
