"""A cluster of two machines, each some processes of this one: what engines of clusters are held against without one."""

from collections.abc import Collection, Hashable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from netaudit.fleet.executors.carry import pack_task, perform
from netaudit.fleet.executors.cluster import Cluster, LostError
from netaudit.fleet.executors.executor import Group, MakeTask

_FORK = get_context("forkserver")
_FORK.set_forkserver_preload(["fleets.machines", "fleets.tasks"])  # else each process imports them


class Machines:
    """Two machines of two slots; `die_at` is the number of the bundle with whose start the first machine ends."""

    def __init__(self, die_at: int = 0, release: str = "") -> None:
        self.started = 0
        self._die_at, self._release = die_at, release
        self._alive = ["first", "second"]
        self._flights: dict[Connection, tuple[str, Any]] = {}

    def slots(self) -> int:
        return 2 * len(self._alive)

    def start(self, make: MakeTask, bundle: Group) -> Hashable:
        self.started += 1
        ours, theirs = _FORK.Pipe()
        arguments = (theirs, pack_task(make), bundle, self._release)
        process = _FORK.Process(target=serve_bundle, args=arguments, daemon=True)
        process.start()
        theirs.close()
        self._flights[ours] = (self._alive[self.started % len(self._alive)], process)
        if self.started == self._die_at:
            self._kill("first")
        return ours

    def wait(self, flights: Collection[Hashable], seconds: float) -> Collection[Hashable]:
        return wait([one for one in self._flights if one in flights], seconds)  # type: ignore[return-value]

    def fetch(self, flight: Hashable) -> list[bytes] | str:
        assert isinstance(flight, Connection)
        try:
            found: list[bytes] | str = flight.recv()
        except (EOFError, OSError):
            raise LostError("machine ended") from None
        finally:
            self.stop(flight)
        return found

    def stop(self, flight: Hashable) -> None:
        assert isinstance(flight, Connection)
        _, process = self._flights.pop(flight)
        process.kill()
        process.join()
        flight.close()

    def _kill(self, machine: str) -> None:
        self._alive.remove(machine)
        for where, process in self._flights.values():
            if where == machine:
                process.kill()


def serve_bundle(connection: Connection, make: bytes, bundle: Group, release: str) -> None:
    connection.send(perform(make, bundle, release) if release else perform(make, bundle))


class Standing:
    """A cluster on which all but `hang` ends at once, so that nothing in a test depends on time."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, tuple[bytes, Group]] = {}

    def slots(self) -> int:
        return 2

    def start(self, make: MakeTask, bundle: Group) -> Hashable:
        flight = object()
        self._flights[flight] = (pack_task(make), bundle)
        return flight

    def wait(self, flights: Collection[Hashable], seconds: float) -> Collection[Hashable]:
        del seconds
        return [one for one in flights if all(job.named.location != "hang" for job in self._flights[one][1])]

    def fetch(self, flight: Hashable) -> list[bytes] | str:
        return perform(*self._flights.pop(flight))

    def stop(self, flight: Hashable) -> None:
        del self._flights[flight]


@contextmanager
def connected(cluster: Cluster) -> Iterator[Cluster]:
    yield cluster
