"""Whether a limit leaves enough memory for decision diagrams: without enough, the library would abort."""

import resource
import threading
from pathlib import Path

from netaudit.errors import NetauditError

_STACKS = 1 << 30  # bytes of address space that the manager's threads reserve
_NODE = 32  # bytes of a node, with its place in the table that finds it
_SPARE = 256 << 20  # bytes for the arenas of two threads, caches, and all that is built beside
_THREADS = 2
_LIMITS = ((resource.RLIMIT_AS, 0, "ulimit -v"), (resource.RLIMIT_DATA, 5, "ulimit -d"))  # and the field of statm


def require_room(nodes: int) -> None:
    """Raise NetauditError where a limit leaves too little memory for so many nodes."""
    needed = _STACKS + nodes * _NODE + _SPARE
    used = [int(pages) * resource.getpagesize() for pages in Path("/proc/self/statm").read_text("ascii").split()]
    for limit, field, name in _LIMITS:
        most = resource.getrlimit(limit)[0]
        if most != resource.RLIM_INFINITY and used[field] + needed > most:
            raise NetauditError(
                f"{name} is {most >> 20} MiB: too little for sets of packets, which need"
                f" {needed >> 20} MiB beside the {used[field] >> 20} MiB in use",
                hint=f"raise it, as with `{name} unlimited`; `diff` and `report` do without sets under --no-exposure",
            )
    _require_threads()


def _require_threads() -> None:
    """Refuse where no more threads may be started, as under `ulimit -u`. Raises NetauditError."""
    done = threading.Event()
    started = []
    try:
        for _ in range(_THREADS):
            thread = threading.Thread(target=done.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError as error:
        hint = "raise `ulimit -u`, or the limit of tasks of this service or container"
        raise NetauditError("no thread may be started for sets of packets", hint=hint) from error
    finally:
        done.set()
        for thread in started:
            thread.join()
