"""The place of a result: a folder, held open, and a name in it.

Once the folder is open, nobody who may write above it can redirect what is written. On the way there no link of another
user is followed in a folder that others may write, as the kernel's fs.protected_symlinks has it for sticky folders.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

import msgspec

from netaudit.errors import OutputError

_LOOK = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_MOST_LINKS = 40  # as the kernel has it


class Place(msgspec.Struct, frozen=True):
    """A name in a folder that is held open; `path` is how messages call it."""

    folder: int
    name: str
    path: Path

    def stat(self) -> os.stat_result | None:
        """Return what is there, a link as a link; None for nothing."""
        with suppress(FileNotFoundError):
            return os.stat(self.name, dir_fd=self.folder, follow_symlinks=False)
        return None


@contextmanager
def held(path: Path) -> Iterator[Place]:
    """Hold the folder of a path open. Raises OSError, and OutputError for a link that another user may have planted."""
    whole = path.absolute()
    if whole.name in {"", ".."}:
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    folder = _open_folder(whole.parent, path)
    try:
        yield Place(folder, whole.name, path)
    finally:
        os.close(folder)


def _open_folder(path: Path, named: Path) -> int:
    """Open a folder, one name after the other."""
    at = os.open("/", _LOOK | os.O_DIRECTORY)
    left = list(reversed(path.parts[1:]))
    links = 0
    try:
        while left:
            step = os.open(left.pop(), _LOOK, dir_fd=at)
            if stat.S_ISLNK(os.fstat(step).st_mode):
                links += 1
                parts = _target(step, at, links, named)
                left.extend(reversed(parts))
                os.close(step)
                step = os.open("/" if parts[:1] == ("/",) else ".", _LOOK, dir_fd=at)
            os.close(at)
            at = step
        return os.open(".", _LOOK | os.O_DIRECTORY, dir_fd=at)
    finally:
        os.close(at)


def _target(link: int, folder: int, links: int, named: Path) -> tuple[str, ...]:
    """Return the names that a link leads through. Raises OutputError where another user may have planted it."""
    if links > _MOST_LINKS:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    around = os.fstat(folder)
    others_write = around.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    if others_write and os.fstat(link).st_uid not in {0, os.geteuid(), around.st_uid}:
        raise OutputError(
            f"cannot write {named}: on the way is another user's link, in a folder that others may write",
            hint="give the folder that it leads to",
        )
    return PurePosixPath(os.readlink("", dir_fd=link)).parts
