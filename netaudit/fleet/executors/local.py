"""Jobs in processes of this machine.

Each process has one job at a time, so the one that a process dies over is known. The library's own pool would give up
all that was in flight. A job whose process died is done again when all others are, alone: the kernel, short of memory,
may have killed the wrong one. If it dies again, that is the job's result.
"""

import os
import time
from collections.abc import Iterable, Iterator
from itertools import chain
from multiprocessing.connection import wait

import msgspec

from netaudit.fleet.executors.executor import Ended, Group, MakeTask, WorkerEnd
from netaudit.fleet.executors.worker import Worker
from netaudit.fleet.job import Job

TIMEOUT = "timeout"


class Local(msgspec.Struct, frozen=True):
    """So many processes; `seconds` is how long one job may take."""

    workers: int = 0  # 0: one for each processor that this process may use
    seconds: float = 600.0

    def run(self, make: MakeTask, groups: Iterable[Group]) -> Iterator[Ended]:
        """Run every job, as Executor has it."""
        again: list[Job] = []
        for job, result in self._round(make, groups, self.workers or _processors()):
            if isinstance(result, WorkerEnd) and result.kind != TIMEOUT:
                again.append(job)
            else:
                yield job, result
        for job in again:
            yield from self._round(make, [(job,)], 1)

    def _round(self, make: MakeTask, groups: Iterable[Group], workers: int) -> Iterator[Ended]:
        crew = _Crew(make, groups, self.seconds)
        try:
            crew.hire(workers)
            while crew.workers:
                yield from crew.gather()
        finally:
            crew.dismiss()


class _Crew:
    """The processes of one round, and the groups that nobody has yet."""

    def __init__(self, make: MakeTask, groups: Iterable[Group], seconds: float) -> None:
        self._make, self._seconds = make, seconds
        self._groups = iter(groups)
        self.workers: list[Worker] = []

    def hire(self, number: int) -> None:
        """Start processes, as many as there is work for."""
        for _ in range(number):
            self._start(next(self._groups, ()))

    def gather(self) -> Iterator[Ended]:
        """Wait for the next results."""
        now = time.monotonic()
        first_late = min(one.late_at(self._seconds) for one in self.workers)
        ready = wait([one.connection for one in self.workers], max(0.0, first_late - now))
        for worker in [one for one in self.workers if one.connection in ready]:
            yield self._take(worker)
        for worker in [one for one in self.workers if one.late_at(self._seconds) <= time.monotonic()]:
            yield self._replace(worker, TIMEOUT)

    def dismiss(self) -> None:
        """End every process."""
        for worker in self.workers:
            worker.end()
        self.workers.clear()

    def _take(self, worker: Worker) -> Ended:
        job = worker.current
        assert job  # noqa: S101 (only those with a job are kept)
        try:
            result = worker.receive()
        except (EOFError, OSError):
            return self._replace(worker, "")
        worker.begin()
        if worker.current is None:
            self._next_group(worker)
        return job, result

    def _next_group(self, worker: Worker) -> None:
        group = next(self._groups, ())
        if group:
            worker.give(group)
        else:
            self.workers.remove(worker)
            worker.end()

    def _replace(self, worker: Worker, kind: str) -> Ended:
        """End a worker, and let a new one do the jobs that it had left."""
        job = worker.current
        assert job  # noqa: S101 (only those with a job are kept)
        self.workers.remove(worker)
        how, left = worker.end()
        if left:
            self._groups = chain([left], self._groups)
        self._start(next(self._groups, ()))
        return job, WorkerEnd(kind or how)

    def _start(self, group: Group) -> None:
        if group:
            worker = Worker(self._make)
            self.workers.append(worker)
            worker.give(group)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) or 1
