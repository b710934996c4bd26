"""Outputs that are no files: our own descriptors, pipes and devices. They are written to, never replaced."""

import errno
import os
import re
import stat
from pathlib import Path

from netaudit.store.writing.place import Place

# Our own descriptors by name, as `-o >(program)` and `-o /dev/stdout` give them: nothing is opened.
_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d{1,9})|/dev/std(out|err)")
_STANDARD = {"out": 1, "err": 2}


def own_descriptor(path: Path) -> int | None:
    """Return the descriptor that a path names; None for any other path."""
    found = _DESCRIPTOR.fullmatch(str(path))
    if found is None:
        return None
    return int(found[1]) if found[1] else _STANDARD[found[2]]


def is_stream(found: os.stat_result | None) -> bool:
    """Tell a pipe or a character device. Another user's pipe may be planted: netaudit does not write to it."""
    if found is None:
        return False
    ours = found.st_uid in {0, os.geteuid()}
    return stat.S_ISCHR(found.st_mode) or (stat.S_ISFIFO(found.st_mode) and ours)


def write_into(place: Place, data: bytes) -> None:
    """Write to a pipe or device. Raises OSError, also where it has been replaced."""
    pinned = os.open(place.name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=place.folder)
    try:
        if not is_stream(os.fstat(pinned)):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        handle = os.open(f"/proc/self/fd/{pinned}", os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)
    finally:
        os.close(pinned)
    try:
        write_all(handle, data)
    finally:
        os.close(handle)


def write_all(handle: int, data: bytes) -> None:
    """Write everything: a single write may end short. Raises OSError."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]
