"""A recording in a tar. Nothing is extracted to disk, and no name in a tar is trusted."""

import gzip
import io
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, cast

from netaudit.store.limits import LARGEST_FILE, MOST_FILES, too_large, too_many
from netaudit.store.packed import Bounded

WRITTEN = (".tar", ".tar.gz", ".tgz")
_READ = (*WRITTEN, ".tar.zst", ".tar.xz", ".tar.bz2")


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


def read_tar(stream: Bounded, path: Path) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Give the plain files at a tar's top or in one folder; links, devices, sparse files and ways out are passed by.

    Raises RecordingError for more or larger files than a recording has, before they are kept.
    """
    with tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|") as tar:
        for number, member in enumerate(tar):
            if number >= MOST_FILES:
                raise too_many(path)
            if not _is_ours(member):
                continue
            stored = tar.extractfile(member)
            if member.size > LARGEST_FILE or stored is None:
                raise too_large(path)
            yield PurePosixPath(member.name), stored.read()


def _is_ours(member: tarfile.TarInfo) -> bool:
    *folders, name = PurePosixPath(member.name).parts or ("",)
    inside = len(folders) <= 1 and not {"/", "..", ""} & {*folders, name}
    return member.isreg() and not member.issparse() and inside
