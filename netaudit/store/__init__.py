"""Facts <-> recordings on disk (recording.md): a folder, a tar of one, or what other programs printed.

A recording is written whole or not at all: beside its place first, then renamed into it. It is read as hostile
input: nothing through a link, nothing outside its folder, of bounded size and number.

    files    what lies in a folder, a tar, or alone
    archive  a recording in a tar          packed   what was packed with gzip, xz, zstd
    index    recording.json                verify   does a recording hold what its index says?
    foreign  files of other names          plain    which program printed this?
    writing  files and folders, whole or not at all
    limits   how much is read
"""

import lzma
import tarfile
import zlib
from contextlib import suppress
from itertools import count
from pathlib import Path

import msgspec

from netaudit.errors import OutputError, RecordingError, TakenError
from netaudit.model.facts import ON_REQUEST, Facts, Gap, GapReason, Source
from netaudit.store.archive import WRITTEN, is_archive, pack
from netaudit.store.files import Files, read_files, recordings_in
from netaudit.store.foreign import adopt
from netaudit.store.index import FORMAT, INDEX, digest, digest_of, hash_files, make_index, read_index
from netaudit.store.limits import HINT
from netaudit.store.plain import guess_source
from netaudit.store.verify import Difference, Verification, verify_files
from netaudit.store.writing import make_folder, reason, write_atomically, write_folder

__all__ = [
    "FORMAT",
    "INDEX",
    "Difference",
    "Verification",
    "digest",
    "keep",
    "load",
    "make_folder",
    "save",
    "verify",
    "write_atomically",
]

_UNREADABLE = (OSError, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError)


def load(path: Path) -> Facts:
    """Read a recording, or what other programs printed: iptables-save, iptables -L, nft -j, docker inspect.

    Raises RecordingError for what is none, is damaged, or was made by a newer netaudit (NewerFormatError).
    """
    files = _read(path)
    index = files.ours.pop(INDEX, None)
    if index is None:
        return _without_index(path, files)
    if not files.ours:
        raise _nothing(path)
    return _with_index(path, files.ours, index)


def verify(path: Path) -> Verification:
    """Hold a recording's files against the SHA-256 that its index has of each.

    Raises RecordingError for what is none, has no index, or was made by a newer netaudit (NewerFormatError).
    """
    files = _read(path)
    if INDEX not in files.ours and recordings_in(path):
        raise _nothing(path)
    return verify_files(files, path)


def save(facts: Facts, path: Path) -> Facts:
    """Write a recording, as a tar where the name ends so, else as a folder; gives the facts with their digest.

    Raises OutputError where the place is taken or cannot be written; then nothing is left behind.
    """
    # The index comes first: what is cut off a tar's end is then found missing.
    hashes = hash_files(facts.files)
    files = {INDEX: make_index(facts, hashes), **dict(sorted(facts.files.items()))}
    if not is_archive(path.name):
        write_folder(path, files)
    elif path.name.endswith(WRITTEN):
        write_atomically(path, pack(files, path.name))
    else:
        raise OutputError(f"cannot write {path}: such a tar is only read", hint=f"end its name in {WRITTEN[1]}")
    return msgspec.structs.replace(facts, digest=digest_of(hashes))


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


def _read(path: Path) -> Files:
    try:
        return read_files(path)
    except FileNotFoundError as error:
        raise RecordingError(f"no such recording: {path}", hint=HINT) from error
    except _UNREADABLE as error:
        raise RecordingError(f"cannot read {path}: {reason(error)}", hint=HINT) from error


def _nothing(path: Path) -> RecordingError:
    """Say that this is no recording; one folder too high is the commonest reason."""
    if inside := recordings_in(path):
        names = ", ".join(one.name for one in inside[:3]) + (", …" if inside[3:] else "")
        return RecordingError(f"{path} is no recording, but holds some: {names}", hint=f"name one, such as {inside[0]}")
    return RecordingError(f"{path} is no recording: it holds no file that one has", hint=HINT)


def _with_index(path: Path, files: dict[str, bytes], data: bytes) -> Facts:
    index = read_index(path, data)
    hashes = hash_files(files)
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
        digest=digest_of(hashes),
        partial=index.partial,
    )


def _without_index(path: Path, files: Files) -> Facts:
    """Take files that another program collected: what is absent, or empty where no answer is empty, is a gap."""
    alone = path.name in files.others and not files.ours and not path.is_dir()
    if alone:
        guess_source(files.others[path.name], path)  # says why it is none
    adopted = adopt(files.others, files.ours, path)
    there = {**files.ours, **adopted.files}
    if not there:
        raise _nothing(path)
    said = {name: data for name, data in there.items() if data.strip() or not name.endswith(".json")}
    gaps = (
        Gap(name, GapReason.EMPTY, "the file is empty") if name in there else Gap(name, GapReason.NOT_RECORDED)
        for name in Source
        if name not in said and name not in ON_REQUEST
    )
    host = path.stem if path.is_file() else ""
    return Facts(files=said, gaps=(*gaps, *adopted.gaps), host=host, digest=digest(said))
