"""Facts <-> recordings on disk (recording.md): a folder, a tar of one, or the plain output of iptables-save.

A recording is written whole or not at all: beside its place first, then renamed into it. It is read as hostile
input: only files with known names, of bounded size, and never through a link.

    archive  a recording in a tar
    plain    a file that is no recording: which program printed it?
    writing  files and folders, whole or not at all
    limits   how much is read
"""

import hashlib
import io
import lzma
import tarfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO

import msgspec

from netaudit.errors import NewerFormatError, OutputError, RecordingError, TakenError
from netaudit.model.facts import ON_REQUEST, Facts, Gap, GapReason, Source
from netaudit.release import RELEASE
from netaudit.store.archive import WRITTEN, is_archive, pack, unpack
from netaudit.store.limits import HINT, read_bounded
from netaudit.store.plain import guess_source
from netaudit.store.writing import make_folder, reason, write_atomically, write_folder

__all__ = ["FORMAT", "INDEX", "digest", "keep", "load", "make_folder", "save", "write_atomically"]

FORMAT = 1
INDEX = "recording.json"
_NAMES = frozenset([*Source, INDEX])
_UNREADABLE = (OSError, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError)


class _Index(msgspec.Struct):
    """recording.json."""

    format: int
    netaudit: str = ""
    host: str = ""
    taken_at: str = ""
    partial: bool = False
    gaps: list[Gap] = []
    unused: list[str] = []
    sha256: dict[str, str] = {}


def load(path: Path) -> Facts:
    """Read a recording, or a plain iptables-save file.

    Raises RecordingError for what is none, is damaged, or was made by a newer netaudit (NewerFormatError).
    """
    try:
        files = _read_folder(path) if path.is_dir() else _read_file(path)
    except FileNotFoundError as error:
        raise RecordingError(f"no such recording: {path}", hint=HINT) from error
    except _UNREADABLE as error:
        raise RecordingError(f"cannot read {path}: {reason(error)}", hint=HINT) from error
    index = files.pop(INDEX, None)
    if not files:
        raise RecordingError(f"{path} is no recording: it holds no file that one has", hint=HINT)
    return _with_index(path, files, index) if index is not None else _without_index(path, files)


def save(facts: Facts, path: Path) -> Facts:
    """Write a recording, as a tar where the name ends so, else as a folder; gives the facts with their digest.

    Raises OutputError where the place is taken or cannot be written; then nothing is left behind.
    """
    hashes = _hashes(facts.files)
    index = msgspec.json.format(msgspec.json.encode(_make_index(facts, hashes)), indent=1) + b"\n"
    # The index comes first: what is cut off a tar's end is then found missing.
    files = {INDEX: index, **dict(sorted(facts.files.items()))}
    if not is_archive(path.name):
        write_folder(path, files)
    elif path.name.endswith(WRITTEN):
        write_atomically(path, pack(files, path.name))
    else:
        raise OutputError(f"cannot write {path}: such a tar is only read", hint=f"end its name in {WRITTEN[1]}")
    return msgspec.structs.replace(facts, digest=_digest_of(hashes))


def keep(facts: Facts, folder: Path) -> Path:
    """Save a recording in a folder of recordings, named after the time at which it was taken; gives its place.

    The second of a second gets a number, which sorts behind it. Raises OutputError.
    """
    make_folder(folder)
    name = facts.taken_at.replace(":", "")
    for number in count(1):
        path = folder / (f"{name}.{number}" if number > 1 else name)
        with suppress(TakenError):
            save(facts, path)
            return path
    raise AssertionError


def digest(files: Mapping[str, bytes]) -> str:
    """Identify a recording by what its files hold: SHA-256 over names and contents, in the order of names."""
    return _digest_of(_hashes(files))


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}


def _digest_of(hashes: Mapping[str, str]) -> str:
    return hashlib.sha256("".join(f"{name}\0{digits}\0" for name, digits in hashes.items()).encode()).hexdigest()


def _read_folder(path: Path) -> dict[str, bytes]:
    there = ((name, path / name) for name in sorted(_NAMES))
    return {name: _read_one(file) for name, file in there if file.is_file() and not file.is_symlink()}


def _read_one(path: Path) -> bytes:
    with path.open("rb") as file:
        return read_bounded(file, path)


def _read_file(path: Path) -> dict[str, bytes]:
    """Read a tar or a plain file; a pipe such as <(iptables-save) can be read only once, and a device has no end."""
    with path.open("rb") as opened:
        file: IO[bytes] = opened if path.is_file() else io.BytesIO(read_bounded(opened, path))
        files = unpack(file, path, _NAMES)
        if files is None:
            data = read_bounded(file, path)
            files = {guess_source(data, path): data}
    return files


def _with_index(path: Path, files: dict[str, bytes], data: bytes) -> Facts:
    index = _read_index(path, data)
    hashes = _hashes(files)
    for name, expected in index.sha256.items():
        if hashes.get(name, expected) != expected:
            raise RecordingError(
                f"{path}: {name} does not match its SHA-256: it was cut off or edited",
                hint=f"record again, or remove {INDEX} to read it as it is",
            )
    lost = [name for name in index.sha256 if name not in files]
    gaps = [
        *index.gaps,
        *(Gap(name, GapReason.NOT_RECORDED, "the file is gone from the recording") for name in lost),
    ]
    return Facts(
        files=files,
        gaps=tuple(gaps),
        unused=tuple(index.unused),
        host=index.host,
        taken_at=index.taken_at,
        digest=_digest_of(hashes),
        partial=index.partial,
    )


def _read_index(path: Path, data: bytes) -> _Index:
    try:
        index = msgspec.json.decode(data, type=_Index)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"{path}/{INDEX}: {error}", hint="record the host again") from error
    if index.format > FORMAT:
        raise NewerFormatError(
            f"{path} has recording format {index.format}; this netaudit reads up to {FORMAT}",
            hint="update netaudit",
        )
    return index


def _without_index(path: Path, files: dict[str, bytes]) -> Facts:
    """Take files that another program collected: what is absent, or empty where no answer is empty, is a gap."""
    said = {name: data for name, data in files.items() if data.strip() or not name.endswith(".json")}
    gaps = tuple(
        Gap(name, GapReason.EMPTY, "the file is empty") if name in files else Gap(name, GapReason.NOT_RECORDED)
        for name in Source
        if name not in said and name not in ON_REQUEST
    )
    return Facts(files=said, gaps=gaps, host=path.stem if path.is_file() else "", digest=digest(said))


def _make_index(facts: Facts, hashes: dict[str, str]) -> _Index:
    return _Index(
        format=FORMAT,
        netaudit=RELEASE,
        host=facts.host,
        taken_at=facts.taken_at,
        partial=facts.partial,
        gaps=list(facts.gaps),
        unused=list(facts.unused),
        sha256=hashes,
    )
