"""The files of a recording, wherever they lie: in a folder, in a tar, or alone. Never through a link."""

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, cast

import msgspec

from netaudit.errors import RecordingError
from netaudit.model.facts import Source
from netaudit.store.archive import is_tar, read_tar
from netaudit.store.index import INDEX
from netaudit.store.limits import LARGEST_FILE, MOST_FILES, read_bounded, too_many
from netaudit.store.packed import unpacked

_NAMES = frozenset([*Source, INDEX])


class Files(msgspec.Struct):
    """`ours` have the names of a recording's files; `others` do not, and may hold the same."""

    ours: dict[str, bytes] = {}
    others: dict[str, bytes] = {}


def read_files(path: Path) -> Files:
    """Read a folder, a tar or a plain file. Raises RecordingError, OSError, or the error of what unpacks it."""
    return _read_folder(path) if path.is_dir() else _read_file(path)


def recordings_in(path: Path) -> list[Path]:
    """Name the recordings that lie in a folder, such as the two of `run --keep`; none where it cannot be read."""
    with suppress(OSError):
        return sorted(index.parent for index in path.glob(f"*/{INDEX}"))
    return []


def _read_folder(path: Path) -> Files:
    files = Files()
    with os.scandir(path) as entries:
        names = [entry.name for _, entry in zip(range(MOST_FILES + 1), entries, strict=False)]
    if len(names) > MOST_FILES:
        raise too_many(path)
    for name in sorted(names, key=lambda name: (name not in _NAMES, name)):
        ours = name in _NAMES
        if (ours or INDEX not in files.ours) and (data := _read_one(path / name, ours=ours)) is not None:
            (files.ours if ours else files.others)[name] = data
    return files


def _read_one(path: Path, *, ours: bool) -> bytes | None:
    """Read a plain file; None for a link, a device, a folder, and for another's that is too large to be ours."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        if ours and not path.is_symlink():
            raise
        return None
    kept = os.fstat(handle)
    if not stat.S_ISREG(kept.st_mode) or (not ours and kept.st_size > LARGEST_FILE):
        os.close(handle)  # a folder could not even be made a file object
        return None
    with os.fdopen(handle, "rb") as file:
        return read_bounded(file, path)


def _read_file(path: Path) -> Files:
    """Read a tar or a plain file; a pipe such as <(iptables-save) can be read only once, and a device has no end."""
    with path.open("rb") as opened:
        if path.is_file():
            return _unpack(opened, path)
        with tempfile.TemporaryFile() as copy:
            copy.write(read_bounded(opened, path))
            copy.seek(0)
            return _unpack(cast("IO[bytes]", copy), path)


def _unpack(file: IO[bytes], path: Path) -> Files:
    files = Files()
    with unpacked(file, path) as stream:
        if not is_tar(stream):
            files.others[path.name] = stream.read_all(LARGEST_FILE)
            return files
        for name, data in read_tar(stream, path):
            ours = name.name in _NAMES
            kept, key = (files.ours, name.name) if ours else (files.others, str(name))
            if key in kept:
                raise RecordingError(f"{path} holds {key} twice", hint="pack one recording into one tar")
            kept[key] = data
    return files
