"""Attribution held against what really happened: every recorded scenario, on every engine (docs/proof.md)."""

from functools import cache
from pathlib import Path

import pytest
from lab.ablation import Tally, scenarios, tally

from netaudit.api.rules import shipped_catalog

_RECORDINGS = Path(__file__).parent / "recordings"
_CATALOG = shipped_catalog()
_SCENARIOS = list(scenarios(_RECORDINGS))
# Scenarios that break something on purpose, or that show an engine leaving something broken: what is wrong after
# their steps is for docs/proof.md to show.
_BROKEN = frozenset(
    {
        "operators-rules",  # rules that nobody is known to have written
        "forward-flushed",
        "iptables-off-later",  # what a daemon wrote before it was told not to
        "icc-off-link",  # the engines leave a link's rules behind when one of its containers stops
        "live-restore",  # until 27, the isolation jump is put above DOCKER-USER
        "daemon-killed",  # nobody is there to ask
        "daemon-killed-live",
        "proxy-off-and-on",  # 20.10 leaves the proxyless masquerade behind
        "store-deleted",
        "upgrade-to-28",
        "downgrade-to-26",
    }
)
_USUAL = frozenset({"default-one-port", "many", "user-net-ipv6"})


@cache
def _tally(scenario: Path) -> Tally:
    return tally(scenario, _CATALOG)


def _swept(chosen: list[Path]) -> list[object]:
    """Mark all but the usual scenarios: `make check` has to be quick, `make test` runs every one."""
    return [pytest.param(one, marks=() if one.name in _USUAL else pytest.mark.matrix) for one in chosen]


def _name(scenario: Path) -> str:
    return f"{scenario.parent.name}/{scenario.name}"


@pytest.mark.parametrize("scenario", _swept(_SCENARIOS), ids=_name)
def test_each_step_is_attributed_to_what_it_did(scenario: Path) -> None:
    counted = _tally(scenario)
    assert (counted.wrong, counted.unattributed) == ([], [])
    assert counted.exact == counted.changed or scenario.name in _BROKEN


@pytest.mark.parametrize("scenario", _swept([one for one in _SCENARIOS if one.name not in _BROKEN]), ids=_name)
def test_in_a_steady_state_what_is_expected_is_there_and_nothing_else(scenario: Path) -> None:
    counted = _tally(scenario)
    assert (counted.missing, counted.defects, counted.unexplained) == ([], [], [])


def test_a_tally_can_fail() -> None:
    """A scenario with a wrong truth is found out: the check itself is checked."""
    scenario = next(one for one in _SCENARIOS if one.name == "default-one-port")
    assert tally(scenario, _CATALOG) != Tally()
