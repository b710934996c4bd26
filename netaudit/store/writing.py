"""Write files and folders whole or not at all: beside their place first, then moved there."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from netaudit.errors import OutputError, TakenError

_FULL = "free some space, or give a place on another disk"
_HINTS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: "give a place that you may write to",
    errno.EROFS: "give a place that is not read-only",
    errno.ENOENT: "make the folder first",
    errno.ENOTEMPTY: "give a name that is free",  # taken since we looked
}


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file beside its place, then move it there; an existing file is replaced only when all went well.

    A target that is no regular file (a pipe, /dev/stdout) is written to directly. Raises OutputError.
    """
    with _explained(path):
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            mask = os.umask(0)
            os.umask(mask)
            Path(name).chmod(0o666 & ~mask)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a folder of files where there is none, or an empty one. Raises OutputError."""
    path = path.absolute()
    with _explained(path):
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise TakenError(f"{path} is there already", hint=_HINTS[errno.ENOTEMPTY])
        beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            for name, data in files.items():
                (beside / name).write_bytes(data)
            beside.chmod(0o700)  # rules and addresses of a host are not for everyone
            beside.rename(path)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are not there. Raises OutputError."""
    with _explained(path):
        path.mkdir(parents=True, exist_ok=True)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into one line with a hint."""
    try:
        yield
    except OSError as error:
        hint = _HINTS.get(error.errno or 0, "give another place")
        kind = TakenError if error.errno == errno.ENOTEMPTY else OutputError
        raise kind(f"cannot write {path}: {reason(error)}", hint=hint) from error


def reason(error: BaseException) -> str:
    """Say why, in few words."""
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
