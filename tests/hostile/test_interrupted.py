"""Interrupted or killed at any instant, netaudit leaves nothing half done; `python -m hostile.kill 1000` does more."""

import os

import pytest

from hostile import kill, signals


@pytest.mark.matrix
def test_two_signals_at_any_instant_end_every_command_in_order() -> None:
    assert signals.main(98, seed=int(os.environ.get("SEED", "1"))) == []


@pytest.mark.matrix
def test_killed_at_any_instant_nothing_is_half_written_lost_or_left_running() -> None:
    wrong, met = kill.main(40, seed=int(os.environ.get("SEED", "1")))
    assert wrong == []
    assert met["killed"] > 10
