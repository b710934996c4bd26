"""Bundles on a Ray cluster. ray is imported here alone, and late."""

import logging
from collections.abc import Collection, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from netaudit.errors import CollectError, UsageError
from netaudit.fleet.executors.carry import pack_task, perform
from netaudit.fleet.executors.cluster import LostError
from netaudit.fleet.executors.executor import Group, MakeTask
from netaudit.release import RELEASE

_INSTALL = (
    "in a checkout of netaudit: pip install '.[ray]' (docs/install.md), of the same version on every machine of the"
    " cluster"
)
_ONE_CORE = {"num_cpus": 1, "max_retries": 0}  # what is lost is told, and done again by netaudit itself


@contextmanager
def connect_ray(address: str) -> Iterator["RayCluster"]:
    """Connect to the cluster behind `ray://HOST:PORT`; `ray://` is that of this machine. Raises CollectError."""
    ray = _library()
    try:
        ray.init(
            address=address if address != "ray://" else "auto",
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, OSError, RuntimeError, ValueError, TimeoutError) as error:
        said = str(error).strip().partition("\n")[0]
        raise CollectError(f"{address}: no Ray cluster answers: {said}", hint="`ray status` on that machine") from error
    try:
        yield RayCluster(ray)
    finally:
        ray.shutdown()


class RayCluster:
    """A cluster that this process is connected to; each bundle is a task of one core."""

    def __init__(self, ray: Any) -> None:  # noqa: ANN401 (a module)
        self._ray = ray
        self._perform = ray.remote(**_ONE_CORE)(perform)
        self._packed: tuple[MakeTask, bytes] | None = None

    def slots(self) -> int:
        """Return how many cores the cluster has now."""
        return int(self._ray.cluster_resources().get("CPU", 0))

    def start(self, make: MakeTask, bundle: Group) -> Hashable:
        """Send a bundle on its way."""
        if self._packed is None or self._packed[0] is not make:
            self._packed = (make, pack_task(make))
        flight: Hashable = self._perform.remote(self._packed[1], bundle, RELEASE)
        return flight

    def wait(self, flights: Collection[Hashable], seconds: float) -> Collection[Hashable]:
        """Return one that has ended, where there is one in time."""
        ready, _ = self._ray.wait(list(flights), num_returns=1, timeout=seconds)
        return list(ready)

    def fetch(self, flight: Hashable) -> list[bytes] | str:
        """Return its results. Raises LostError."""
        errors = self._ray.exceptions
        try:
            found: list[bytes] | str = self._ray.get(flight)
        except errors.RayTaskError as error:  # it could not even begin: netaudit is not there, or another Python
            said = str(error).strip().rpartition("\n")[2]
            return f"a machine of the cluster cannot run netaudit: {said}"
        except errors.RayError as error:
            raise LostError(type(error).__name__.removesuffix("Error")) from None
        return found

    def stop(self, flight: Hashable) -> None:
        """End it, with its process."""
        self._ray.cancel(flight, force=True)


def _library() -> Any:  # noqa: ANN401 (a module)
    try:
        import ray  # noqa: PLC0415 (late: an extra of 240 MB)
    except ImportError as error:
        raise UsageError("--engine ray:// needs Ray", hint=_INSTALL) from error
    return ray
