"""Some cases of every form of input, mutated from real ones: no crash but NetauditError."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling import SWEEP

from fuzz.targets import TARGETS, expected_errors, seeds_of

PIECES = [
    b"",
    b"\x00",
    b"\xff",
    b"\r\n",
    b"\n",
    b'"',
    b"\\",
    b"'",
    b"[",
    b"]",
    b"{",
    b"}",
    b":",
    b"/",
    b"!",
    b"-",
    b" ",
]
PIECES += [
    b"9" * 40,
    b"-1",
    b"1e999",
    b"null",
    b"true",
    b'""',
    b"[]",
    b"{}",
    "\u202e\u00b2".encode(),
    b"/*",
    b"*/",
    b"::",
]


def _mutate(seed: bytes, dice: random.Random) -> bytes:
    """Change a few places of an example: a piece put in, bytes taken away or doubled, bits turned."""
    data = bytearray(seed)
    for _ in range(dice.randint(1, 6)):
        at = dice.randint(0, len(data))
        end = min(len(data), at + dice.choice((0, 1, 1, 4, 40, 400)))
        match dice.randint(0, 3):
            case 0:
                data[at:end] = dice.choice(PIECES)
            case 1:
                data[at:at] = data[end : end + dice.randint(1, 60)]
            case 2 if at < len(data):
                data[at] ^= 1 << dice.randint(0, 7)
            case _:
                del data[at:end]
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
@given(numbers=st.integers(0, 2**32))
@settings(max_examples=3 * SWEEP)
def test_mutated_examples_are_read_or_refused(name: str, numbers: int) -> None:
    dice = random.Random(numbers)  # noqa: S311 (a case is to be had again)
    seeds = list(seeds_of(name))
    for _ in range(10):
        with expected_errors():
            TARGETS[name][0](_mutate(dice.choice(seeds), dice))


@pytest.mark.parametrize("name", TARGETS)
def test_the_examples_themselves_are_read(name: str) -> None:
    for seed in seeds_of(name):
        TARGETS[name][0](seed)
