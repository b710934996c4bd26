"""What a person calls an engine -> the engine."""

from functools import partial

from netaudit.errors import UsageError
from netaudit.fleet.engines.cluster import Spread
from netaudit.fleet.engines.executor import Executor
from netaudit.fleet.engines.local import Local


def choose_engine(name: str, workers: int, seconds: float) -> Executor:
    """Return the engine of that name. Raises UsageError for one that is not known or not installed."""
    if name == "local":
        return Local(workers, seconds)
    if name.startswith("ray://"):
        from netaudit.fleet.engines.ray_cluster import connect_ray  # noqa: PLC0415 (late: only who asks needs it)

        return Spread(partial(connect_ray, name), seconds)
    raise UsageError(f"{name} is no engine", hint="write local, or ray://HOST:10001")
