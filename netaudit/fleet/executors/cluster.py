"""Jobs on the machines of a cluster, whichever program runs it: what is in flight, what is lost, what is late.

A bundle of jobs travels together: a cluster takes milliseconds for each journey. If one is lost, its jobs are done
again one by one, after all others: so the one that ends its process is known, and costs no other.
"""

import time
from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from netaudit.errors import CollectError
from netaudit.fleet.executors.executor import Ended, Group, MakeTask, WorkerEnd
from netaudit.fleet.job import Job

TIMEOUT = "timeout"
_TOGETHER = 16  # jobs of a bundle, about a second of work
_TRIES = 3  # of a job that was lost alone; a machine that ends may take it along once or twice
_PATIENCE = 120.0  # seconds to start a process and load a catalog on a busy machine, on top of the jobs' own time


class LostError(Exception):
    """The process that had a bundle has ended, or its machine; `args[0]` says how."""


class Cluster(Protocol):
    """What a cluster's own program can do: one class for each, in one file that imports its library."""

    def slots(self) -> int:
        """Return how many bundles can run at the same time now; it changes as machines come and go."""
        ...

    def start(self, make: MakeTask, bundle: Group) -> Hashable:
        """Let some process do a bundle by `carry.perform`, and name the flight."""
        ...

    def wait(self, flights: Collection[Hashable], seconds: float) -> Collection[Hashable]:
        """Return flights that have ended: none where that takes longer."""
        ...

    def fetch(self, flight: Hashable) -> list[bytes] | str:
        """Return what `perform` did. Raises LostError."""
        ...

    def stop(self, flight: Hashable) -> None:
        """End a flight, by force."""
        ...


Connect = Callable[[], AbstractContextManager[Cluster]]


class Spread(msgspec.Struct, frozen=True):
    """Runs jobs on a cluster; `seconds` is how long one job may take."""

    connect: Connect
    seconds: float = 600.0

    def run(self, make: MakeTask, groups: Iterable[Group]) -> Iterator[Ended]:
        """Run every job, as Executor has it. Raises NetauditError where the cluster cannot."""
        with self.connect() as cluster:
            air = _Air(cluster, make, self.seconds)
            try:
                yield from air.carry(bundles(groups))
            finally:
                air.clear()


class _Flight(msgspec.Struct, frozen=True):
    bundle: Group
    tries: int
    late_at: float


class _Air:
    """What is in flight, and the jobs that are done again when all others are."""

    def __init__(self, cluster: Cluster, make: MakeTask, seconds: float) -> None:
        self._cluster, self._make, self._seconds = cluster, make, seconds
        self._flights: dict[Hashable, _Flight] = {}
        self._again: deque[tuple[Job, int]] = deque()

    def carry(self, waiting: Iterator[Group]) -> Iterator[Ended]:
        """Give each job with its end."""
        while True:
            self._fill(waiting)
            if not self._flights:
                return
            yield from self._gather()

    def clear(self) -> None:
        """Stop what is in flight."""
        for name in self._flights:
            self._cluster.stop(name)

    def _fill(self, waiting: Iterator[Group]) -> None:
        slots = max(1, self._cluster.slots())  # with no machine left, one waits until there is one again
        while len(self._flights) < slots:
            if bundle := next(waiting, ()):
                self._start(bundle, 1)
            elif self._again:
                job, tries = self._again.popleft()
                self._start((job,), tries)
            else:
                return

    def _start(self, bundle: Group, tries: int) -> None:
        late_at = time.monotonic() + self._seconds * len(bundle) + _PATIENCE
        self._flights[self._cluster.start(self._make, bundle)] = _Flight(bundle, tries, late_at)

    def _gather(self) -> Iterator[Ended]:
        first_late = min(one.late_at for one in self._flights.values())
        ended = self._cluster.wait(self._flights.keys(), max(0.0, first_late - time.monotonic()))
        for name in ended:
            yield from self._land(name, self._flights.pop(name))
        late = [name for name, one in self._flights.items() if one.late_at <= time.monotonic()]
        for name in late:
            self._cluster.stop(name)
            yield from self._lose(self._flights.pop(name), TIMEOUT)

    def _land(self, name: Hashable, flight: _Flight) -> Iterator[Ended]:
        try:
            found = self._cluster.fetch(name)
        except LostError as error:
            yield from self._lose(flight, str(error.args[0]))
            return
        if isinstance(found, str):
            raise CollectError(found, hint="every machine of the cluster needs what this one has, at the same paths")
        yield from zip(flight.bundle, found, strict=True)

    def _lose(self, flight: _Flight, kind: str) -> Iterator[Ended]:
        """Do its jobs again, one by one; one that was alone, and has had its tries or its time, ends so."""
        alone = len(flight.bundle) == 1
        if alone and (kind == TIMEOUT or flight.tries >= _TRIES):
            yield flight.bundle[0], WorkerEnd(kind)
            return
        tries = flight.tries + 1 if alone else 1
        self._again.extend((job, tries) for job in flight.bundle)


def bundles(groups: Iterable[Group]) -> Iterator[Group]:
    """Put groups together until they are worth a journey; a group is not divided."""
    bundle: list[Job] = []
    for group in groups:
        if bundle and len(bundle) + len(group) > _TOGETHER:
            yield tuple(bundle)
            bundle = []
        bundle += group
    if bundle:
        yield tuple(bundle)
