"""A recording in a tar. Nothing is extracted to disk, and no name in a tar is trusted."""

import gzip
import io
import struct
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path, PurePosixPath
from typing import IO, Self, cast

from netaudit.errors import OutputError, RecordingError
from netaudit.store.format.limits import (
    HINT,
    LARGEST_FILE,
    LARGEST_HEADER,
    LARGEST_RECORDING,
    MOST_FILES,
    too_large,
    too_many,
)
from netaudit.store.reading.packed import Bounded

WRITTEN = (".tar", ".tar.gz", ".tgz")
FOLDER = "a folder"
_HEADERS = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}
# Sparse maps, sizes and records that are no numbers, headers before headers before headers: tarfile checks few of them.
_ODD = (
    ValueError,
    LookupError,
    ArithmeticError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
    struct.error,
)
_OTHER_FORMS = (".zip", ".7z", ".rar", ".gz", ".xz", ".bz2", ".zst", ".json", ".txt", ".html")
_READ = (*WRITTEN, ".tar.zst", ".tar.xz", ".tar.bz2")


def require_written(path: Path) -> None:
    """Refuse a name of a form that is not written. Raises OutputError."""
    if is_archive(path.name) and not path.name.endswith(WRITTEN):
        raise OutputError(f"cannot write {path}: such a tar is only read", hint=f"end its name in {WRITTEN[1]}")
    if path.name.lower().endswith(_OTHER_FORMS) and not is_archive(path.name) and not path.is_dir():
        said = f"cannot write {path}: a recording is not written as {path.suffix}"
        raise OutputError(said, hint=f"end its name in {', '.join(WRITTEN)}, or name a folder")


def is_archive(name: str) -> bool:
    """Tell whether a file's name says that it is a tar."""
    return name.endswith(_READ)


def pack(files: Mapping[str, bytes], name: str) -> bytes:
    """Pack deterministically: no owner, no clock; compressed where the name says so."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for member in files:
            info = tarfile.TarInfo(member)
            info.size, info.mode = len(files[member]), 0o600
            tar.addfile(info, io.BytesIO(files[member]))
    data = buffer.getvalue()
    return data if name.endswith(".tar") else gzip.compress(data, mtime=0)


def is_tar(stream: Bounded) -> bool:
    """Tell whether a stream begins as a tar does."""
    header = stream.peek(tarfile.BLOCKSIZE)
    if header == bytes(tarfile.BLOCKSIZE):
        return True  # an empty one
    try:
        tarfile.TarInfo.frombuf(header, tarfile.ENCODING, "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def read_tar(stream: Bounded, path: Path) -> Iterator[tuple[PurePosixPath, bytes | str]]:
    """Return what a tar holds: of a plain file at its top or in one folder the bytes, of anything else what it is.

    Raises RecordingError for more or larger files than a recording has, before they are kept, and for a tar that is
    none.
    """
    with _explained(path):
        opened = tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|", tarinfo=_Member)  # noqa: SIM115 (closed below)
    with opened as tar:
        for number in count():
            with _explained(path):
                member = tar.next()
            if member is None:
                return
            if number >= MOST_FILES:
                raise too_many(path)
            if member.isreg() and not member.issparse() and member.size > LARGEST_FILE:
                raise too_large(path, LARGEST_FILE)
            if not 0 <= tar.offset <= LARGEST_RECORDING:  # PAX may say any size: the way to the next would never end
                raise too_large(path, LARGEST_RECORDING)
            yield PurePosixPath(member.name), _read_member(tar, member, path)


def _read_member(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> bytes | str:
    kind = _kind(member)
    if kind:
        return kind
    with _explained(path):
        stored = tar.extractfile(member)
        if stored is None:
            raise too_large(path, LARGEST_FILE)
        return stored.read()


def _kind(member: tarfile.TarInfo) -> str:
    """Say why a member is not read: what it is, or where it leads; nothing for one that is."""
    *folders, name = PurePosixPath(member.name).parts or ("",)
    if member.isdir():
        return FOLDER
    if not member.isreg():
        return "a link or device"
    if member.issparse():
        return "a sparse file"
    inside = len(folders) <= 1 and not {"/", "..", ""} & {*folders, name}
    return "" if inside else "a file elsewhere"


class _Member(tarfile.TarInfo):
    """A member whose headers are bounded: tarfile reads them whole."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read a header. Raises ValueError, or _LargeHeaderError, for what only an attack has."""
        member = super().frombuf(buf, encoding, errors)
        if member.type in _HEADERS and member.size > LARGEST_HEADER:
            raise _LargeHeaderError(member.size)
        if member.size < 0:
            raise ValueError("a negative size")
        return member


class _LargeHeaderError(Exception):
    """A header that would fill the memory."""


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what tarfile raises on headers made by hand into the error of a recording."""
    try:
        yield
    except _ODD as error:
        raise RecordingError(f"cannot read {path}: its tar is damaged ({type(error).__name__})", hint=HINT) from error
    except _LargeHeaderError as error:
        if error.args[0] > LARGEST_FILE:
            raise too_large(path, LARGEST_FILE) from error
        raise RecordingError(f"cannot read {path}: a header of its tar has {error} bytes", hint=HINT) from error
