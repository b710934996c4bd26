"""What names a recording, without reading all of it: its index alone, which comes first in a tar."""

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import msgspec

from netaudit.bounded import UnfitError, read_plain
from netaudit.errors import RecordingError
from netaudit.model.facts import Facts
from netaudit.store import load, load_stream
from netaudit.store.format.index import INDEX, digest_of, read_index
from netaudit.store.format.limits import HINT, LARGEST_INDEX
from netaudit.store.reading.archive import is_tar, read_tar
from netaudit.store.reading.packed import DAMAGED, unpack

_UNREADABLE = (OSError, tarfile.TarError, UnfitError, *DAMAGED)


class Head(msgspec.Struct, frozen=True):
    """What a recording says of itself; `digest` is what its index promises: only loading it verifies that."""

    host: str
    taken_at: str
    digest: str


def load_head(path: Path) -> Head:
    """Read the head of a folder, a tar or a plain file. Raises RecordingError, as `netaudit.store.load` does."""
    return _head(path, lambda: _folder(path) if path.is_dir() else _file(path), lambda: load(path))


def load_stream_head(file: IO[bytes], path: Path) -> Head:
    """Read the head of a file that is open; `path` is how messages call it. Raises as `load_head`."""

    def load_all() -> Facts:
        file.seek(0)
        return load_stream(file, path)

    return _head(path, lambda: _stream(file, path), load_all)


def _head(path: Path, quickly: Callable[[], Head | None], load_all: Callable[[], Facts]) -> Head:
    try:
        head = quickly()
    except _UNREADABLE as error:
        raise RecordingError(f"cannot read {path}: {error}", hint=HINT) from error
    if head is None:
        facts = load_all()
        head = Head(facts.host, facts.taken_at, facts.digest)
    return head


def _folder(path: Path) -> Head | None:
    try:
        return _of_index(path, read_plain(path / INDEX, LARGEST_INDEX))
    except FileNotFoundError:
        return None


def _file(path: Path) -> Head | None:
    with path.open("rb") as file:
        return _stream(file, path)


def _stream(file: IO[bytes], path: Path) -> Head | None:
    """Return the head of a tar; None where the index is not its first file."""
    stream = unpack(file, path)
    if not is_tar(stream):
        return None
    files = ((name, data) for name, data in read_tar(stream, path) if isinstance(data, bytes))
    name, data = next(files, (None, b""))
    return _of_index(path, data) if name is not None and name.name == INDEX else None


def _of_index(path: Path, data: bytes) -> Head | None:
    """Read the head off an index; None where it does not say what the files hold."""
    index = read_index(path, data)
    if not index.sha256:
        return None
    return Head(index.host, index.taken_at, digest_of(dict(sorted(index.sha256.items()))))
