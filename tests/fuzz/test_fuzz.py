"""Some cases of every form of input, mutated from real ones: no crash but NetauditError."""

import random

import pytest
from hostile.mutations import noise
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling import SWEEP

from fuzz.targets import TARGETS, expected_errors, seeds_of


@pytest.mark.parametrize("name", TARGETS)
@given(numbers=st.integers(0, 2**32))
@settings(max_examples=3 * SWEEP)
def test_mutated_examples_are_read_or_refused(name: str, numbers: int) -> None:
    dice = random.Random(numbers)  # noqa: S311 (a case is to be had again)
    seeds = list(seeds_of(name))
    for _ in range(10):
        with expected_errors():
            TARGETS[name][0](noise(dice.choice(seeds), dice))


@pytest.mark.parametrize("name", TARGETS)
def test_the_examples_themselves_are_read(name: str) -> None:
    for seed in seeds_of(name):
        TARGETS[name][0](seed)
