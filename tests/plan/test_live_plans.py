"""Random commands on real engines, each as it was planned; `make plans N=300 SEED=0` tries more."""

import pytest
from live_plans.attempts import attempt, random_engine

pytestmark = pytest.mark.engine
_SEEDS = (2, 3, 7)  # each engine once, both backends


@pytest.mark.parametrize("seed", _SEEDS)
def test_what_a_command_does_is_what_was_planned_for_it(seed: int) -> None:
    trials = list(attempt(random_engine(seed), 7))
    assert len(trials) == 7
    assert {" ".join(one.command): one.differences for one in trials if one.differences} == {}
    assert sum(one.rules for one in trials)
