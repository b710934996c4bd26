"""The files of a recording, wherever they lie: in a folder, in a tar, or alone. Never through a link."""

import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import IO, cast

import msgspec

from netaudit.bounded import UnfitError, read_descriptor
from netaudit.errors import RecordingError
from netaudit.store.format.index import INDEX, NAMES, hash_files
from netaudit.store.format.limits import HINT, LARGEST_FILE, PATIENCE
from netaudit.store.reading.archive import FOLDER, is_tar, read_tar
from netaudit.store.reading.folder import hash_strangers, kind_of, read_folder
from netaudit.store.reading.packed import Bounded, unpack

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_AFTER_THE_END = "bytes after the tar's end"


class Files(msgspec.Struct):
    """`ours` have the names of a recording's files; `others` do not, and may hold the same.

    `passed` says of what was not read what it is, such as a link; in a folder, `others` are read without an index only.
    """

    ours: dict[str, bytes] = {}
    others: dict[str, bytes] = {}
    passed: dict[str, str] = {}


def read_files(path: Path) -> Files:
    """Read a folder, a tar or a plain file. Raises RecordingError, OSError, or the error of what unpacks it."""
    with _opened(path) as handle:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            return _sorted_out(read_folder(handle, path))
        if stat.S_ISREG(mode):
            with os.fdopen(os.dup(handle), "rb") as file:
                return read_stream(file, path)
        if not stat.S_ISFIFO(mode):
            raise RecordingError(f"{path} is {kind_of(mode)}, not a recording", hint=HINT)
        with tempfile.TemporaryFile() as copy:  # a pipe such as <(iptables-save) can be read only once
            copy.write(_drain(handle, path))
            copy.seek(0)
            return read_stream(cast("IO[bytes]", copy), path)


def read_stream(file: IO[bytes], path: Path) -> Files:
    """Read a tar or a plain file that is open; `path` is how messages call it."""
    files = Files()
    stream = unpack(file, path)
    if is_tar(stream):
        _read_tar(stream, path, files)
    else:
        files.others[path.name] = stream.read_all(LARGEST_FILE)
    return files


def put_together(found: Iterable[tuple[Path, Files]]) -> Files:
    """Put several files of one host together, such as a listing and what docker ps printed. Raises RecordingError."""
    together = Files()
    for path, files in found:
        if files.ours or path.is_dir():
            hint = "name one recording alone, or compare two: netaudit diff BEFORE AFTER"
            raise RecordingError(f"{path} is a recording, not one of several files of a host", hint=hint)
        for name, data in files.others.items():
            together.others[name if name not in together.others else str(path)] = data
    return together


def read_strangers(path: Path, files: Files) -> dict[str, str]:
    """Return a SHA-256, or the kind, of everything that is not a file of a recording. Raises as `read_files`."""
    with _opened(path) as handle:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            return hash_strangers(handle, path)
    return {**files.passed, **hash_files(files.others)}


def recordings_in(path: Path) -> list[Path]:
    """Name the recordings that lie in a folder, such as the two of `run --keep`; none where it cannot be read."""
    with suppress(OSError):
        return sorted(index.parent for index in path.glob(f"*/{INDEX}"))
    return []


def _sorted_out(found: Iterator[tuple[str, bytes]]) -> Files:
    files = Files()
    for name, data in found:
        (files.ours if name in NAMES else files.others)[name] = data
    return files


def _read_tar(stream: Bounded, path: Path, files: Files) -> None:
    folders: set[str] = set()
    for name, data in read_tar(stream, path):
        if isinstance(data, str):
            files.passed[str(name)] = data
        elif name.name in NAMES:
            _put(files.ours, name.name, data, path)
            folders.add(str(name.parent))
        else:
            _put(files.others, str(name), data, path)
    for folder in {".", *folders}:
        if files.passed.get(folder) == FOLDER:
            del files.passed[folder]
    files.others = {_below(name, folders): data for name, data in files.others.items()}
    files.passed = {_below(name, folders): kind for name, kind in files.passed.items()}
    if not stream.rest_is_zero():
        files.passed[_AFTER_THE_END] = "no file"


def _put(there: dict[str, bytes], name: str, data: bytes, path: Path) -> None:
    if name in there:
        raise RecordingError(f"{path} holds {name} twice", hint="pack one recording into one tar")
    there[name] = data


def _below(name: str, folders: set[str]) -> str:
    """Name a file within the recording's folder, so that a tar tells the same as the folder it was made of."""
    at = PurePosixPath(name)
    return at.name if folders == {str(at.parent)} else name


def _drain(handle: int, path: Path) -> bytes:
    try:
        return read_descriptor(handle, LARGEST_FILE, PATIENCE)
    except UnfitError as error:
        raise RecordingError(f"cannot read {path}: it {error}", hint=HINT) from error


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open without waiting for the writer of a pipe."""
    handle = os.open(path, _FLAGS)
    try:
        yield handle
    finally:
        os.close(handle)
