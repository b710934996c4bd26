"""What is there already: whether it may be replaced."""

import errno
import os
import stat
from contextlib import suppress
from enum import Enum

from netaudit.errors import TakenError
from netaudit.store.format.index import INDEX, NAMES
from netaudit.store.writing.ours import HEAD, Kind, is_ours
from netaudit.store.writing.place import Place

FREE = "give a name that is free"
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Replace(Enum):
    """What may be replaced where the place is taken."""

    OURS = "a file that an earlier netaudit wrote"
    ANY = "any file, and a folder that is a recording and nothing else"


def replaces_file(place: Place, replace: Replace, kind: Kind) -> bool:
    """Tell whether a file is to be replaced. Raises TakenError where it must not be, OSError for a folder."""
    found = place.stat()
    if found is None:
        return False
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if replace is Replace.ANY:
        return True
    if stat.S_ISLNK(found.st_mode):
        raise TakenError(f"{place.path} is a link", hint="name the file itself, or replace the link with --force")
    if stat.S_ISREG(found.st_mode) and is_ours(_head(place), kind):
        return True
    raise TakenError(
        f"{place.path} is there already, and is no {kind} that netaudit wrote",
        hint=f"{FREE}, or replace it with --force",
    )


def replaces_folder(place: Place, replace: Replace) -> bool:
    """Tell whether a recording is to be replaced. Raises TakenError for what must not be, or cannot be."""
    found = place.stat()
    if found is None:
        return False
    names = _names(place) if stat.S_ISDIR(found.st_mode) else {""}
    if not names:
        return False
    if replace is Replace.OURS:
        raise TakenError(f"{place.path} is there already", hint=FREE)
    if INDEX in names and names <= NAMES:
        return True
    raise TakenError(f"{place.path} is there already, and is not a recording alone", hint=FREE)


def _names(place: Place) -> set[str]:
    handle = os.open(place.name, _FLAGS | os.O_DIRECTORY, dir_fd=place.folder)
    try:
        with os.scandir(handle) as entries:
            return {entry.name for entry in entries}
    finally:
        os.close(handle)


def _head(place: Place) -> bytes:
    """Return the first bytes of a regular file; of one that may not be read, bytes that no file begins with."""
    with suppress(OSError):
        handle = os.open(place.name, _FLAGS, dir_fd=place.folder)
        try:
            return os.read(handle, HEAD)
        finally:
            os.close(handle)
    return b"\0"
