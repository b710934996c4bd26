"""Read a file as another process sees it: below its root, with its own links, and without opening what is no file."""

import errno
import os
import stat

from netaudit.bounded import UnfitError, read_descriptor
from netaudit.collect.asking.proc import PROC

_MOST_LINKS = 40  # as the kernel's own limit
_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC


class ForeignRoot:
    """The root folder of a process, and the folder that it works in; `handle` is of its folder in /proc.

    Links lead where they lead for that process: an absolute one begins at its root, and `..` does not leave it.
    """

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def read(self, path: str, most: int) -> tuple[bytes, os.stat_result]:
        """Return what a regular file holds, and which it is. Raises OSError, UnfitError."""
        found = self._find(self._absolute(path))
        try:
            state = os.fstat(found)
            if not stat.S_ISREG(state.st_mode):
                raise UnfitError("is not a regular file")
            return _read(found, state, most), state
        finally:
            os.close(found)

    def _absolute(self, path: str) -> str:
        return path if path.startswith("/") else f"{os.readlink('cwd', dir_fd=self._handle)}/{path}"

    def _find(self, path: str) -> int:
        """Find what a path means, part by part; a device or a pipe is not opened for it."""
        above, parts, links = [self._root()], path.split("/")[::-1], 0
        try:
            while parts:
                part = parts.pop()
                if part == "..":
                    os.close(above.pop()) if len(above) > 1 else None
                elif part not in ("", "."):
                    above.append(os.open(part, _LOOK, dir_fd=above[-1]))
                    if stat.S_ISLNK(os.fstat(above[-1]).st_mode):
                        links += 1
                        parts += _target(above, links)
            return os.dup(above[-1])
        finally:
            for handle in above:
                os.close(handle)

    def _root(self) -> int:
        return os.open("root", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._handle)


def _target(above: list[int], links: int) -> list[str]:
    """Leave a link, and return the parts of what it says, last first."""
    link = above.pop()
    try:
        target = os.readlink("", dir_fd=link)
    finally:
        os.close(link)
    if links > _MOST_LINKS:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    while target.startswith("/") and len(above) > 1:
        os.close(above.pop())
    return target.split("/")[::-1]


def _read(found: int, state: os.stat_result, most: int) -> bytes:
    """Read a file that is not empty: those that the kernel makes up, below /proc, say that they are."""
    if not state.st_size:
        return b""
    handle = os.open(f"{PROC}/self/fd/{found}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        return read_descriptor(handle, most, None)
    finally:
        os.close(handle)
