"""One process that does one job after the other, and the end of the pipe that leads to it."""

import os
import signal
import time
from collections import deque
from contextlib import suppress
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection

from netaudit.collect.asking.orphans import die_with_parent
from netaudit.fleet.executors.executor import Group, MakeTask
from netaudit.fleet.job import Job

_SPAWN = get_context("spawn")  # a copy of a process that has threads, as pyarrow's, may wait for ever
_GRACE = 5.0  # seconds for the kernel to end what was killed
_PATIENCE = 60.0  # seconds to load a catalog on a busy machine, on top of a job's own time


class Worker:
    """A process, its jobs, and the one that it does now."""

    def __init__(self, make: MakeTask) -> None:
        self.connection, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=serve, args=(theirs, make), daemon=True)
        # A terminal's Ctrl-C is for the command alone; what is blocked stays blocked in the new process. The library's
        # tracker, which the first process would start, lets the signal through again.
        resource_tracker.ensure_running()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        theirs.close()
        self.current: Job | None = None
        self._next: deque[Job] = deque()
        self._since = 0.0
        self._loaded = False

    def give(self, group: Group) -> None:
        """Let it do these jobs, and begin with the first."""
        self._next.extend(group)
        self.begin()

    def begin(self) -> None:
        """Send the next job; `current` is None where no job is left."""
        self.current = self._next.popleft() if self._next else None
        self._since = time.monotonic()
        if self.current is not None:
            with suppress(OSError):  # it has died: waiting for its answer tells
                self.connection.send(self.current)

    def receive(self) -> bytes:
        """Return the result of the current job. Raises EOFError, OSError where the process has ended."""
        answer: bytes = self.connection.recv_bytes()
        self._loaded = True
        return answer

    def late_at(self, seconds: float) -> float:
        """Return when its job has taken too long, by time.monotonic; the first one waits for the catalog too."""
        return self._since + seconds + (0 if self._loaded else _PATIENCE)

    def end(self) -> tuple[str, Group]:
        """Kill it; return how it ended, and the jobs that it never began."""
        self._process.join(0.2)  # one that ended by itself says so
        self._process.kill()
        self._process.join(_GRACE)
        self.connection.close()
        return _how(self._process.exitcode), tuple(self._next)


def serve(connection: Connection, make: MakeTask) -> None:
    """Do jobs until there are no more: what runs in the process."""
    die_with_parent()
    if os.getppid() == 1:  # the parent had died before that was asked for
        return
    task = make()
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            return
        connection.send_bytes(task(job))


def _how(code: int | None) -> str:
    if code is None:
        return "does not end"
    return signal.Signals(-code).name if code < 0 else f"exit {code}"
