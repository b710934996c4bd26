"""The files of a folder, through its descriptor: never through a link, never waiting, within one budget."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from netaudit.bounded import UnfitError, read_descriptor
from netaudit.errors import RecordingError
from netaudit.store.format import limits
from netaudit.store.format.index import INDEX, NAMES
from netaudit.store.format.limits import HINT, Budget, too_large, too_many

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_CHUNK = 1 << 20
_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_folder(folder: int, path: Path) -> Iterator[tuple[str, bytes]]:
    """Return the regular files: those that have names of ours first, others only where there is no index.

    Raises RecordingError for more than a recording has, before it is read, and OSError.
    """
    names = _names(folder, path)
    ours = [name for name in names if name in NAMES]
    sizes = _sizes(folder, ours if INDEX in names else names)
    budget = Budget(path)
    for name, size in sizes.items():
        if name in NAMES or size <= limits.LARGEST_FILE:
            budget.spend(size)
    for name, size in sizes.items():
        if name in NAMES or size <= limits.LARGEST_FILE:
            data = _read(folder, name, path / name)
            budget.spend(max(0, len(data) - size))  # it grew
            yield name, data


def hash_strangers(folder: int, path: Path) -> dict[str, str]:
    """Return a SHA-256, or the kind, of everything in a folder that is not a file of a recording.

    Raises RecordingError for more than a recording can hold, and OSError.
    """
    budget = Budget(path)
    return {name: _describe(folder, name, budget) for name in _names(folder, path) if not _is_ours(folder, name)}


def kind_of(mode: int) -> str:
    """Say what is no regular file, in words."""
    return _KINDS.get(stat.S_IFMT(mode), "something else")


def _is_ours(folder: int, name: str) -> bool:
    return name in NAMES and stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)


def _names(folder: int, path: Path) -> list[str]:
    with os.scandir(folder) as entries:
        names = [entry.name for _, entry in zip(range(limits.MOST_FILES + 1), entries, strict=False)]
    if len(names) > limits.MOST_FILES:
        raise too_many(path)
    return sorted(names, key=lambda name: (name not in NAMES, name))


def _sizes(folder: int, names: list[str]) -> Mapping[str, int]:
    """Return the sizes of those that are regular files."""
    found = ((name, os.stat(name, dir_fd=folder, follow_symlinks=False)) for name in names)
    return {name: kept.st_size for name, kept in found if stat.S_ISREG(kept.st_mode)}


def _read(folder: int, name: str, path: Path) -> bytes:
    with _opened(folder, name) as handle:
        if not stat.S_ISREG(os.fstat(handle).st_mode):  # replaced since we looked
            raise RecordingError(f"{path} is {kind_of(os.fstat(handle).st_mode)}, not a file", hint=HINT)
        try:
            return read_descriptor(handle, limits.LARGEST_FILE, None)
        except UnfitError as error:
            raise too_large(path, limits.LARGEST_FILE) from error


def _describe(folder: int, name: str, budget: Budget) -> str:
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if not stat.S_ISREG(mode):
        return kind_of(mode)
    sha256 = hashlib.sha256()
    with _opened(folder, name) as handle:
        budget.spend(os.fstat(handle).st_size)
        while part := os.read(handle, _CHUNK):
            sha256.update(part)
    return sha256.hexdigest()


@contextmanager
def _opened(folder: int, name: str) -> Iterator[int]:
    handle = os.open(name, _FLAGS, dir_fd=folder)
    try:
        yield handle
    finally:
        os.close(handle)
