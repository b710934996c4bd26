"""What would outlive a host: its state folder and its cgroups. And the signal that must not leave them."""

import fcntl
import os
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

PREFIX = "na-"
CGROUPS = Path("/sys/fs/cgroup")
_STATE_NAME = re.compile(rf"{PREFIX}(\d+)-")


def make_state() -> Path:
    """Make a host's state folder; its name says which process owns it."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))


def remove_state(state: Path) -> None:
    """Remove a host's folder and cgroups, once its processes and mounts are gone."""
    for cgroup in cgroups_of(state.name):
        _remove_cgroup(cgroup)
    _remove_folder(state)


def cgroups_of(name: str) -> list[Path]:
    """Return the top cgroups of that name: one in each hierarchy."""
    return sorted([*CGROUPS.glob(name), *CGROUPS.glob(f"*/{name}")])


def _remove_cgroup(top: Path) -> None:
    for folder, _, _ in os.walk(top, topdown=False):
        for _ in range(100):  # a cgroup stays busy for a moment after its last process
            try:
                Path(folder).rmdir()
            except FileNotFoundError:
                break
            except OSError:
                time.sleep(0.05)
            else:
                break


def _remove_folder(top: Path) -> None:
    """Remove a folder in which processes of a host may still be ending, and writing their last."""
    for _ in range(100):
        try:
            shutil.rmtree(top)
        except FileNotFoundError:
            if not top.exists():
                return
        except OSError:
            time.sleep(0.05)
        else:
            return
    shutil.rmtree(top)


def sweep() -> None:
    """Remove what a run left behind that was ended by SIGKILL: folders and cgroups whose owner is gone."""
    with _one_sweep_at_a_time():
        for state in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            owner = _STATE_NAME.match(state.name)
            if owner and state.is_dir() and not Path(f"/proc/{owner[1]}").exists():
                remove_state(state)


@contextmanager
def _one_sweep_at_a_time() -> Iterator[None]:
    """Test processes side by side all sweep; the lock is on the folder itself, so that no file of it remains."""
    folder = os.open(tempfile.gettempdir(), os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


@contextmanager
def terminated_cleanly() -> Iterator[None]:
    """Turn SIGTERM into SystemExit, so that every `with` is left in order; SIGINT does so already."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _exit)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _exit(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)
