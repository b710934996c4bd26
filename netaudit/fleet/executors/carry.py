"""What a process of a cluster does with a bundle: it loads what audits need once, and keeps it for the next bundle."""

import pickle
import platform
from functools import lru_cache

from netaudit.errors import NetauditError
from netaudit.fleet.executors.executor import Group, MakeTask, Task
from netaudit.release import RELEASE


def pack_task(make: MakeTask) -> bytes:
    """Return what makes a task as bytes: the same ones for the same orders, so that a process knows them again."""
    return pickle.dumps(make)


def perform(make: bytes, bundle: Group, release: str = RELEASE) -> list[bytes] | str:
    """Return the result of each job; or, in a sentence, why this machine can do none."""
    if release != RELEASE:
        return f"{platform.node()} has netaudit {RELEASE}, and this machine {release}"
    try:
        task = _task(make)
    except NetauditError as error:
        return f"{platform.node()}: {error.message}"
    return [task(job) for job in bundle]


@lru_cache(1)
def _task(make: bytes) -> Task:
    made: MakeTask = pickle.loads(make)  # noqa: S301 (from the command, which may run anything on its cluster)
    return made()
