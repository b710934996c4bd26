"""`netaudit run` passes signals on to its command, waits for it, and leaves no process behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hostile.commands import left_behind
from programs import environment

FOREGROUND = """
import sys
from netaudit.cli.foreground import run_in_foreground
sys.exit(run_in_foreground(sys.argv[1:], None))
"""


def _start(script: str, ready: Path, before: str = "") -> subprocess.Popen[str]:
    """Run a shell script in the foreground, and wait until it has begun."""
    command = [
        sys.executable,
        "-c",
        before + FOREGROUND,
        "sh",
        "-c",
        f"{script} touch {ready}; while :; do sleep 0.05; done",
    ]
    process = subprocess.Popen(command, env=environment(), text=True, stdout=-1, stderr=-1, start_new_session=True)
    end = time.monotonic() + 30
    while not ready.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert ready.exists()
    return process


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_is_passed_on_and_the_command_is_waited_for(number: signal.Signals, tmp_path: Path) -> None:
    name = number.name.removeprefix("SIG")
    obey = "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # the tests may run under nohup
    process = _start(f"trap 'sleep 0.2; echo got it; exit 5' {name};", tmp_path / "ready", obey)
    process.send_signal(number)
    printed, complaint = process.communicate(timeout=30)
    assert (process.returncode, printed) == (128 + number, "got it\n")
    assert complaint == f"netaudit: {number.name} was passed on to the command, which has ended; there is no report\n"
    assert left_behind(process.pid) == []


@pytest.mark.matrix
@pytest.mark.parametrize("ignored", ["INT", "INT TERM"])
def test_an_interrupt_for_netaudit_alone_is_obeyed_by_a_command_that_ignores_it(ignored: str, tmp_path: Path) -> None:
    process = _start(f"trap '' {ignored};", tmp_path / "ready")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert left_behind(process.pid) == []


def test_what_the_terminal_interrupts_is_the_command_alone(tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    script = f"trap 'exit 7' INT; touch {tmp_path}/ready; while :; do sleep 0.05; done"
    terminal = "import fcntl, os, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    command = [sys.executable, "-c", terminal + FOREGROUND, "sh", "-c", script]
    process = subprocess.Popen(command, env=environment(), stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    end = time.monotonic() + 30
    while not (tmp_path / "ready").exists() and time.monotonic() < end:
        time.sleep(0.01)
    os.write(ours, b"\x03")
    assert process.wait(timeout=30) == 7
    os.close(ours)


def test_a_hang_up_under_nohup_is_ignored(tmp_path: Path) -> None:
    ignore = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
    process = _start("trap 'exit 7' TERM;", tmp_path / "ready", ignore)
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert process.returncode == 143
