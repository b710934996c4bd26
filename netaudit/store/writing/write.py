"""Write files and folders whole or not at all: beside their place first, then moved there.

Nothing follows a link at the place itself, and the folder is held open, so a link that is planted in between leads
nothing elsewhere. What is there already is replaced only where an earlier netaudit wrote it (`ours`), or on demand.
"""

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from netaudit.errors import OutputError, TakenError
from netaudit.store.writing.ours import Kind
from netaudit.store.writing.place import Place, held
from netaudit.store.writing.rename import exchange, move_to_free
from netaudit.store.writing.stream import is_stream, own_descriptor, write_all, write_into
from netaudit.store.writing.taken import FREE, Replace, replaces_file, replaces_folder
from netaudit.store.writing.temporary import PRIVATE_FILE, make_private_folder, new_file, new_folder, sweep

_FULL = "free some space, or give a place on another disk"
_HINTS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: "give a place that you may write to",
    errno.EROFS: "give a place that is not read-only",
    errno.ENOENT: "make the folder first",
    errno.ENOTEMPTY: FREE,  # taken since we looked
    errno.EEXIST: FREE,
}
_TAKEN = (errno.ENOTEMPTY, errno.EEXIST)
_MODES = {Kind.RECORDING: PRIVATE_FILE, Kind.REPORT: 0o666}  # reports are for people: the umask decides
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_atomically(path: Path, data: bytes, replace: Replace = Replace.OURS, kind: Kind = Kind.REPORT) -> None:
    """Write a file beside its place, then move it there; an existing file is replaced only when all went well.

    A pipe, a device or one of our own descriptors is written to directly. Raises OutputError, and TakenError for a
    file that is not to be replaced.
    """
    with _explained(path):
        if (handle := own_descriptor(path)) is not None:
            write_all(handle, data)
            return
        with held(path) as place:
            if is_stream(place.stat()):
                write_into(place, data)
            else:
                _write_file(place, data, replace, kind)


def write_folder(path: Path, files: Mapping[str, bytes], replace: Replace = Replace.OURS) -> None:
    """Write a folder of files where there is no folder, or an empty one. Raises OutputError.

    A recording that is there already is replaced on demand only, and no other folder ever is.
    """
    with _explained(path), held(path) as place:
        taken = replaces_folder(place, replace)
        sweep(place.folder)
        with new_folder(place.folder) as (name, handle):
            for file, data in files.items():
                _write_private(handle, file, data)
            os.fsync(handle)
            if taken:
                exchange(place.folder, name, place.name)  # the earlier one goes with the temporary name
            else:
                os.rename(name, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)


def require_free(path: Path, replace: Replace, kind: Kind) -> None:
    """Refuse a place that a file could not be written to, before any work is done. Raises OutputError."""
    with _explained(path):
        if own_descriptor(path) is None:
            with held(path) as place:
                _ = is_stream(place.stat()) or replaces_file(place, replace, kind)


def require_free_folder(path: Path, replace: Replace) -> None:
    """Refuse a place that a folder could not be written to, before any work is done. Raises OutputError."""
    with _explained(path), held(path) as place:
        replaces_folder(place, replace)


def make_folder(path: Path) -> None:
    """Make a folder for recordings and those above it, where they are not there. Raises OutputError."""
    with _explained(path):
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        with held(path) as place, suppress(FileExistsError):
            make_private_folder(place.folder, place.name)
        with held(path / "any"):  # it is a folder, or a link to one that no other user planted
            return


def _write_file(place: Place, data: bytes, replace: Replace, kind: Kind) -> None:
    taken = replaces_file(place, replace, kind)
    sweep(place.folder)
    with new_file(place.folder, _MODES[kind]) as (name, handle):
        write_all(handle, data)
        os.fsync(handle)
        if taken:
            os.rename(name, place.name, src_dir_fd=place.folder, dst_dir_fd=place.folder)
        else:
            move_to_free(place.folder, name, place.name)


def _write_private(folder: int, name: str, data: bytes) -> None:
    handle = os.open(name, _NEW, PRIVATE_FILE, dir_fd=folder)
    try:
        os.fchmod(handle, PRIVATE_FILE)  # whatever the umask
        write_all(handle, data)
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into one line with a hint."""
    try:
        yield
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "give another place")
        kind = TakenError if error.errno in _TAKEN else OutputError
        raise kind(f"cannot write {path}: {reason(error)}", hint=hint) from error


def reason(error: BaseException) -> str:
    """Return the reason of an error, in short."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
