"""What runs jobs: the protocol of all executors."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import msgspec

from netaudit.fleet.job import Job

Task = Callable[[Job], bytes]
MakeTask = Callable[[], Task]  # goes to each worker: a function of a module, or a partial of one
Group = tuple[Job, ...]  # jobs that are best done by one worker, in this order


class WorkerEnd(msgspec.Struct, frozen=True):
    """How a worker ended, twice, over the same job."""

    kind: str  # SIGKILL, exit 3, timeout: as the system says it


Ended = tuple[Job, bytes | WorkerEnd]


class Executor(Protocol):
    """Runs every job once, each to its own end: a worker that dies costs its job, and no other."""

    def run(self, make: MakeTask, groups: Iterable[Group]) -> Iterator[Ended]:
        """Give each job with its result, in the order in which they end."""
        ...
