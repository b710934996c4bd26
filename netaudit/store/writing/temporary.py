"""Files and folders that are being written, beside their place.

Each is locked (flock) by the process that writes it; the kernel gives the lock back however that process ends. So one
that can be locked is left over from a process that was killed, and the next run that writes into the folder removes it.
"""

import fcntl
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_NAME = re.compile(r"\.netaudit-[0-9a-f]{16}\.part")
_LOOK = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700  # rules and addresses of a host are not for everyone
_TRIES = 100


@contextmanager
def new_file(folder: int, mode: int) -> Iterator[tuple[str, int]]:
    """Return a new file's name and descriptor; it is removed at the end, unless it was moved. Raises OSError."""
    name, handle = _make_file(folder, mode)
    try:
        yield name, handle
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        os.close(handle)


@contextmanager
def new_folder(folder: int) -> Iterator[tuple[str, int]]:
    """Return a new folder's name and descriptor; it is removed at the end, unless it was moved. Raises OSError."""
    name, handle = _make_folder(folder)
    try:
        yield name, handle
    finally:
        shutil.rmtree(name, ignore_errors=True, dir_fd=folder)
        os.close(handle)


def sweep(folder: int) -> None:
    """Remove what killed processes of this user left in a folder; what cannot be removed stays."""
    with suppress(OSError):
        listing = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
        try:
            with os.scandir(listing) as entries:
                left = [entry.name for entry in entries if _NAME.fullmatch(entry.name)]
        finally:
            os.close(listing)
        for name in left:
            with suppress(OSError):
                _remove_if_left(folder, name)


def make_private_folder(folder: int, name: str) -> None:
    """Make a folder for its owner alone, whatever the umask. Raises OSError."""
    os.mkdir(name, PRIVATE_FOLDER, dir_fd=folder)
    pinned = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        Path(f"/proc/self/fd/{pinned}").chmod(PRIVATE_FOLDER)  # of what was opened: the name may lead elsewhere by now
    finally:
        os.close(pinned)


def _remove_if_left(folder: int, name: str) -> None:
    handle = os.open(name, _LOOK, dir_fd=folder)
    try:
        found = os.fstat(handle)
        if found.st_uid != os.geteuid():
            return
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # its writer is alive where this fails
        if not os.path.samestat(found, os.stat(name, dir_fd=folder, follow_symlinks=False)):
            return
        if stat.S_ISDIR(found.st_mode):
            shutil.rmtree(name, dir_fd=folder)
        elif stat.S_ISREG(found.st_mode):
            os.unlink(name, dir_fd=folder)
    finally:
        os.close(handle)


def _make_file(folder: int, mode: int) -> tuple[str, int]:
    for _ in range(_TRIES):
        name = _new_name()
        handle = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=folder)
        if mode == PRIVATE_FILE:
            os.fchmod(handle, mode)  # whatever the umask
        if _lock(handle):
            return name, handle
        os.close(handle)
    raise BlockingIOError


def _make_folder(folder: int) -> tuple[str, int]:
    for _ in range(_TRIES):
        name = _new_name()
        with suppress(FileNotFoundError):  # swept before it could be locked
            make_private_folder(folder, name)
            handle = os.open(name, _LOOK | os.O_DIRECTORY, dir_fd=folder)
            if _lock(handle):
                return name, handle
            os.close(handle)
    raise BlockingIOError


def _new_name() -> str:
    return f".netaudit-{secrets.token_hex(8)}.part"


def _lock(handle: int) -> bool:
    """Lock what was just made; False where a sweep was faster. A file system without locks is not swept either."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return os.fstat(handle).st_nlink > 0
