"""How much of a long sweep runs: a sample in `make check`, more in `make test`, and as much as SWEEP=N asks for.

Some cases of a list stay in `make check`, the others are marked `matrix`. Of random cases, `make test` runs five times
as many as `make check`.
"""

import os
from collections.abc import Collection, Iterable
from typing import Any

import pytest

SWEEP = int(os.environ.get("SWEEP", "1"))


def sampled(cases: Iterable[Any], stay: Collection[Any]) -> list[Any]:
    """Return cases for `parametrize`: `make check` runs those that stay, the matrix runs the others."""
    cases = list(cases)
    missing = [case for case in stay if case not in cases]
    assert not missing, f"a sample names what is no case: {missing}"
    return [case if case in stay else pytest.param(*_values(case), marks=pytest.mark.matrix) for case in cases]


def every(step: int, cases: Iterable[Any]) -> list[Any]:
    """Return cases for `parametrize`: each `step`-th one stays in `make check`, the matrix runs the others."""
    return [
        pytest.param(*_values(case), marks=[pytest.mark.matrix] if at % step else []) for at, case in enumerate(cases)
    ]


def _values(case: Any) -> tuple[Any, ...]:
    return case if isinstance(case, tuple) else (case,)
