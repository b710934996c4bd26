"""A recording in a tar. Nothing is extracted to disk, and no name in a tar is trusted."""

import gzip
import io
import subprocess
import tarfile
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from netaudit.errors import RecordingError
from netaudit.store.limits import LARGEST_FILE, too_large

WRITTEN = (".tar", ".tar.gz", ".tgz")
_READ = (*WRITTEN, ".tar.zst", ".tar.xz", ".tar.bz2")
_ZSTD = b"\x28\xb5\x2f\xfd"  # RFC 8878


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


def unpack(file: IO[bytes], path: Path, names: Collection[str]) -> dict[str, bytes] | None:
    """Read the files of these names, at the top or in one folder; None where the file is no tar."""
    begins = file.read(len(_ZSTD))
    file.seek(0)
    if begins == _ZSTD:
        return _unpack_zstd(path, names)
    is_tar = tarfile.is_tarfile(file)
    file.seek(0)
    if not is_tar:
        return None
    with tarfile.open(fileobj=file) as tar:
        return _members(tar, path, names)


def _unpack_zstd(path: Path, names: Collection[str]) -> dict[str, bytes]:
    """Read through zstd(1): Python has no module for it before 3.14."""
    argv = ["zstd", "-dcq", "--", str(path)]
    try:
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, process_group=0
        )
    except OSError as error:
        raise RecordingError(
            f"cannot read {path}: zstd is not installed", hint="install zstd, or pack it as .tar.gz"
        ) from error
    with process, tarfile.open(fileobj=process.stdout, mode="r|") as tar:
        return _members(tar, path, names)


def _members(tar: tarfile.TarFile, path: Path, names: Collection[str]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    left = 2 * LARGEST_FILE
    for member in tar:
        name = _known_name(member, names)
        if name is None:
            continue
        left -= member.size
        stream = tar.extractfile(member)
        if left < 0 or member.size > LARGEST_FILE or stream is None:
            raise too_large(path)
        if name in files:
            raise RecordingError(f"{path} holds {name} twice", hint="pack one recording into one tar")
        files[name] = stream.read()
    return files


def _known_name(member: tarfile.TarInfo, names: Collection[str]) -> str | None:
    """Give the name of a plain file at the top or in one folder; None for links, strangers and ways out."""
    *folders, name = PurePosixPath(member.name).parts or ("",)
    inside = len(folders) <= 1 and not {"/", ".."} & {*folders}
    return name if member.isreg() and inside and name in names else None
