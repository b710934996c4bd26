"""Interrupted or killed at any instant, netaudit leaves nothing half done; `python -m hostile.kill 1000` does more."""

import os
import subprocess
import sys

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


def test_a_signal_while_a_class_is_made_is_no_traceback() -> None:
    script = """
import os, signal
import netaudit.__main__ as program
class Descriptor:
    def __set_name__(self, owner, name):
        os.kill(os.getpid(), signal.SIGTERM)
def main():
    class Made:
        here = Descriptor()
program._main = main
program.script()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (143, "netaudit: interrupted (no half-written file is left)\n")
