"""What a person calls an engine -> the engine."""

from netaudit.errors import UsageError
from netaudit.fleet.engines.executor import Executor
from netaudit.fleet.engines.local import Local


def choose_engine(name: str, workers: int, seconds: float) -> Executor:
    """Return the engine of that name. Raises UsageError for one that is not known or not installed."""
    if name == "local":
        return Local(workers, seconds)
    raise UsageError(f"{name} is no engine", hint="write local")
