"""What a person calls an executor -> the executor."""

from functools import partial

from netaudit.errors import UsageError
from netaudit.fleet.executors.cluster import Spread
from netaudit.fleet.executors.executor import Executor
from netaudit.fleet.executors.local import Local


def choose_executor(name: str, workers: int, seconds: float) -> Executor:
    """Return the executor of that name. Raises UsageError for one that is not known or not installed."""
    if name == "local":
        return Local(workers, seconds)
    if name.startswith("ray://"):
        from netaudit.fleet.executors.ray_cluster import connect_ray  # noqa: PLC0415 (late: only who asks needs it)

        return Spread(partial(connect_ray, name), seconds)
    raise UsageError(f"{name} is no engine", hint="write local, or ray://HOST:10001")
