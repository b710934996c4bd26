"""Tasks that behave badly: what workers run in tests of the engines."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from netaudit.errors import ConfigError
from netaudit.fleet.job import Job


def make_task() -> Callable[[Job], bytes]:
    """Return a task that does what the job's location says."""
    return _do


def make_task_that_dies_once(marks: str) -> Callable[[Job], bytes]:
    """Return a task of which the first process that meets `victim` is killed."""

    def do(job: Job) -> bytes:
        mark = Path(marks) / "died"
        if job.named.location == "victim" and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return _do(job)

    return do


def make_task_that_cannot() -> Callable[[Job], bytes]:
    """Fail as orders do that name a file which this machine does not have."""
    raise ConfigError("no such policy there", file="policy.yaml")


def _do(job: Job) -> bytes:
    match job.named.location:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "exit":
            os._exit(3)
        case "hang":
            time.sleep(600)
        case name if name.startswith("slow"):
            time.sleep(0.02)
    return f"{job.named.location} done".encode()
