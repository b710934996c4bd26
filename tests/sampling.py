"""How much of a long sweep runs: a sample in `make check`, more in `make test`, and as much as SWEEP=N asks for.

Some cases of a list stay in `make check`, the others are marked `matrix`. Of random cases, `make test` runs three times
as many as `make check`. Sweeps over every recording take hours in all: THINNED says how much of them `make test` runs,
and of the longest ones the lists themselves say it (`of_matrix`, `thinned`), so that no worker collects what none runs.
"""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any

import pytest

SWEEP = int(os.environ.get("SWEEP", "1"))
WHOLE = 50  # the SWEEP from which on nothing is thinned
SHOP = "tour/shop/08"
# Recordings of every engine and backend, each of another kind of host.
HOSTS = (
    SHOP,
    "20.10.24-iptables-legacy/user-net/02",
    "20.10.24-iptables-nft/two-nets/04",
    "26.1.5-iptables-nft/icc-off-link/03",
    "28.5.2-iptables-legacy/operators-rules/05",
    "28.5.2-iptables-nft/host-network-server/01",
    "29.7.2-nftables/routed-second-network/04",
    "29.7.2-nftables/ipv6-only-network/05",
)
# Of the matrix and of the sweeps on engines and browsers of these modules each n-th case runs below SWEEP=50; pytest
# counts the others as deselected. An odd step takes turns where two or four variants of a case follow one another.
THINNED = {
    "attribute/test_attribute_synthetic.py": 2,
    "audit/test_bad_hosts.py": 3,
    "audit/test_remedies.py": 3,
    "browser/test_pictures.py": 3,
    "cli/test_cli_named_files.py": 3,
    "engine/test_exposure_engines.py": 2,
    "engine/test_exposure_scenarios.py": 2,
    "packets/test_shapes.py": 4,
    "policy/test_flipped_rules.py": 2,
    "plan/test_projects_without_compose.py": 4,
    "plan/test_recorded_steps.py": 8,
    "plan/test_rehearsal.py": 2,
    "report/test_growth.py": 4,
    "report/test_planted.py": 3,
    "test_ablation.py": 6,
}


def sampled(cases: Iterable[Any], stay: Collection[Any], of_matrix: int = 1) -> list[Any]:
    """Return cases for `parametrize`: `make check` runs those that stay, the matrix each n-th of the others."""
    cases = list(cases)
    missing = [case for case in stay if case not in cases]
    assert not missing, f"a sample names what is no case: {missing}"
    return _chosen(cases, lambda _, case: case in stay, of_matrix)


def every(step: int, cases: Iterable[Any], of_matrix: int = 1) -> list[Any]:
    """Return cases for `parametrize`: each `step`-th one stays in `make check`, the matrix runs each n-th other."""
    return _chosen(cases, lambda at, _: at % step == 0, of_matrix)


def thinned(step: int, cases: Iterable[Any]) -> list[Any]:
    """Return each n-th case below SWEEP=50, and all from there on."""
    return list(cases)[:: step if SWEEP < WHOLE else 1]


def _chosen(cases: Iterable[Any], stays: Callable[[int, Any], bool], of_matrix: int) -> list[Any]:
    """Return what stays, and each n-th of the others as a case of the matrix, in their order."""
    numbered = [(at, case, stays(at, case)) for at, case in enumerate(cases)]
    others = {at for at, _, _ in thinned(of_matrix, (one for one in numbered if not one[2]))}
    return [
        pytest.param(*_values(case), marks=[] if stay else [pytest.mark.matrix])
        for at, case, stay in numbered
        if stay or at in others
    ]


def thin(items: list[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests that run, and those of long sweeps that do not."""
    met: Counter[str] = Counter()
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        module = item.nodeid.partition("::")[0].removeprefix("tests/")
        step = THINNED.get(module, 1) if SWEEP < WHOLE and _is_of_a_sweep(item) else 1
        (left if met[module] % step else kept).append(item)
        met[module] += step > 1
    return kept, left


def _is_of_a_sweep(item: pytest.Item) -> bool:
    """Return whether a test is a case of many: of the matrix, or one of several of an engine or browser."""
    cases = hasattr(item, "callspec") and any(map(item.get_closest_marker, ("engine", "browser")))
    return cases or item.get_closest_marker("matrix") is not None


def _values(case: Any) -> tuple[Any, ...]:
    return case if isinstance(case, tuple) else (case,)
