"""Engines: every job ends, and a worker that dies costs its own job and no other."""

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from fleets.tasks import make_task, make_task_that_dies_once
from netaudit.fleet.executors.executor import WorkerEnd
from netaudit.fleet.executors.local import Local
from netaudit.fleet.job import Job
from netaudit.fleet.rows.audited import Named

pytestmark = pytest.mark.matrix  # each starts processes


def _job(location: str, number: int = 0) -> Job:
    return Job(Named(f"{number:032x}", "host", None, location, ""))


def _groups(*locations: str, together: int = 1) -> list[tuple[Job, ...]]:
    jobs = [_job(location, number) for number, location in enumerate(locations)]
    return [tuple(jobs[at : at + together]) for at in range(0, len(jobs), together)]


def test_every_job_is_done_once() -> None:
    ended = list(Local(2).run(make_task, _groups(*map(str, range(20)), together=3)))
    assert sorted(job.named.location for job, _ in ended) == sorted(map(str, range(20)))
    assert all(result == f"{job.named.location} done".encode() for job, result in ended)


def test_a_worker_that_dies_costs_its_own_job_alone() -> None:
    ended = {
        job.named.location: result
        for job, result in Local(2).run(make_task, _groups("a", "die", "b", "exit", "c", "d", together=3))
    }
    assert ended.pop("die") == WorkerEnd("SIGKILL")
    assert ended.pop("exit") == WorkerEnd("exit 3")
    assert ended == {name: f"{name} done".encode() for name in "abcd"}


def test_a_job_whose_worker_was_killed_by_chance_is_done_again(tmp_path: Path) -> None:
    make = partial(make_task_that_dies_once, str(tmp_path))
    ended = {job.named.location: result for job, result in Local(1).run(make, _groups("a", "victim", "b", together=3))}
    assert ended == {name: f"{name} done".encode() for name in ("a", "victim", "b")}


def test_a_job_that_takes_too_long_is_ended_and_not_tried_again() -> None:
    start = time.monotonic()
    ended = {job.named.location: result for job, result in Local(1, 0.5).run(make_task, _groups("a", "hang", "b"))}
    assert ended == {"a": b"a done", "hang": WorkerEnd("timeout"), "b": b"b done"}
    assert time.monotonic() - start < 30


_RUN = """
import sys
from fleets.tasks import make_task
from netaudit.fleet.executors.local import Local
from fleets.test_fleet_engines import _groups
if __name__ == "__main__":
    for job, _ in Local(2).run(make_task, _groups("a", "hang", "hang")):
        print(job.named.location, flush=True)
"""


def test_no_worker_outlives_a_command_that_is_killed() -> None:
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        [sys.executable, "-c", _RUN], stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path}
    ) as run:
        assert run.stdout
        assert run.stdout.readline() == b"a\n"
        workers = _children(run.pid)
        assert workers
        deaf = [_is_deaf_to_interrupts(pid) for pid in workers]
        run.send_signal(signal.SIGKILL)
        run.wait(10)
    assert all(deaf)  # Ctrl-C in a terminal reaches them too
    end = time.monotonic() + 60
    while [pid for pid in workers if Path(f"/proc/{pid}").exists() and not _is_dead(pid)] and time.monotonic() < end:
        time.sleep(0.05)
    assert [pid for pid in workers if Path(f"/proc/{pid}").exists() and not _is_dead(pid)] == []


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_deaf_to_interrupts(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    masks = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigBlk", "SigIgn"))]
    return any(mask >> signal.SIGINT - 1 & 1 for mask in masks)


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
