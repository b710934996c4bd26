"""Facts <-> recordings on disk (docs/recording.md): a folder, a tar of one, or what other programs printed.

A recording is written whole or not at all: beside its place first, then renamed into it. It is read as hostile
input: nothing through a link, nothing outside its folder, of bounded size and number.

    reading    files     what lies in a folder, a tar, or alone       folder, archive, packed: each of these
               index     recording.json                               foreign, plain: files of other programs
               limits    how much is read                             times: when it was
    trusting   verify    does it hold what its index says?            manifest: all that it says, for one digest
               signature who signed the manifest
    writing    writing   files and folders, whole or not at all       place, stream: where to
               taken     what may be replaced                         ours: what netaudit wrote itself
               temporary what is half written                         rename: renameat2(2)
"""

import tarfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import IO

import msgspec

from netaudit.bounded import UnfitError, read_plain
from netaudit.errors import RecordingError, TakenError
from netaudit.model.facts import Facts, Gap, GapReason
from netaudit.store.format.index import FORMAT, INDEX, digest, digest_of, hash_files, make_index, read_index
from netaudit.store.format.limits import HINT, LARGEST_INDEX
from netaudit.store.format.times import parse_time
from netaudit.store.integrity.manifest import Manifest, make_manifest
from netaudit.store.integrity.signature import find_signer
from netaudit.store.integrity.verify import Difference, Verification, verify_files
from netaudit.store.reading.archive import is_archive, pack, require_written
from netaudit.store.reading.files import Files, put_together, read_files, read_strangers, read_stream, recordings_in
from netaudit.store.reading.packed import DAMAGED
from netaudit.store.writing.ours import Kind
from netaudit.store.writing.taken import Replace
from netaudit.store.writing.write import (
    make_folder,
    reason,
    require_free,
    require_free_folder,
    write_atomically,
    write_folder,
)

__all__ = [
    "FORMAT",
    "INDEX",
    "Difference",
    "Kind",
    "Manifest",
    "Replace",
    "Verification",
    "digest",
    "find_signer",
    "keep",
    "load",
    "load_stream",
    "load_together",
    "make_folder",
    "manifest_of",
    "parse_time",
    "require_free",
    "require_place",
    "save",
    "taken_at",
    "verify",
    "write_atomically",
]

_STDIN = Path("/dev/stdin")
_UNREADABLE = (OSError, tarfile.TarError, *DAMAGED)


def load(path: Path) -> Facts:
    """Read a recording, or what other programs printed: iptables-save, iptables -L, nft, docker inspect; `-` is stdin.

    Raises RecordingError for what is not a recording, is damaged, or was made by a newer netaudit (NewerFormatError).
    """
    place = _STDIN if path == Path("-") else path
    return _facts(_read(place), place)


def load_together(paths: Sequence[Path]) -> Facts:
    """Read several files of one host as one recording. Raises RecordingError, also where one of them is a recording."""
    places = [_STDIN if path == Path("-") else path for path in paths]
    return _without_index(places[0], put_together((path, _read(path)) for path in places), places)


def load_stream(file: IO[bytes], path: Path) -> Facts:
    """Read a recording from a file that is open; `path` is how messages call it. Raises as `load` does."""
    with _refused(path):
        files = read_stream(file, path)
    return _facts(files, path)


def verify(path: Path) -> Verification:
    """Hold a recording's files against the SHA-256 that its index has of each, and make the manifest of all.

    Raises RecordingError for what is not a recording, has no index, or was made by a newer netaudit (NewerFormatError).
    """
    files = _read(path)
    if INDEX not in files.ours and recordings_in(path):
        raise _nothing(path)
    with _refused(path):
        return verify_files(files, read_strangers(path, files), path)


def save(facts: Facts, path: Path, replace: Replace = Replace.OURS) -> Facts:
    """Write a recording, as a tar where the name ends so, else as a folder; gives the facts with their digest.

    It is its owner's alone, whatever the umask. Raises OutputError where the place is taken or cannot be written; then
    nothing is left behind.
    """
    require_written(path)
    files = _files(facts)
    if is_archive(path.name):
        write_atomically(path, pack(files, path.name), replace, Kind.RECORDING)
    else:
        write_folder(path, files, replace)
    return msgspec.structs.replace(facts, digest=digest(facts.files))


def manifest_of(facts: Facts) -> Manifest:
    """Return the manifest of the recording that `save` writes of these facts."""
    files = _files(facts)
    return make_manifest(read_index(Path(INDEX), files[INDEX]), files, {})


def require_place(path: Path, replace: Replace) -> None:
    """Refuse a place that `save` could not write to, before the host is read. Raises OutputError."""
    require_written(path)
    if is_archive(path.name):
        require_free(path, replace, Kind.RECORDING)
    else:
        require_free_folder(path, replace)


def keep(facts: Facts, folder: Path, now: datetime | None = None) -> Path:
    """Save a recording in a folder of recordings, named after the time at which it was taken; gives its place.

    `now` names it where the time is another host's word, or none. The second of a second gets a number, which sorts
    behind it. Raises OutputError.
    """
    make_folder(folder)
    at = now or parse_time(facts.taken_at) or datetime.now(UTC)
    name = f"{at:%Y-%m-%dT%H%M%SZ}"
    for number in count(1):
        path = folder / (f"{name}.{number}" if number > 1 else name)
        with suppress(TakenError):
            save(facts, path)
            return path
    raise AssertionError


def taken_at(path: Path) -> datetime | None:
    """Return when a recording was taken, without reading all of it; None where it does not say.

    Raises RecordingError.
    """
    with _refused(path):
        try:
            data = read_plain(path / INDEX, LARGEST_INDEX) if path.is_dir() else _read(path).ours.get(INDEX)
        except UnfitError as error:
            raise RecordingError(f"cannot read {path / INDEX}: it {error}", hint=HINT) from error
    return parse_time(read_index(path, data).taken_at) if data is not None else None


def _files(facts: Facts) -> dict[str, bytes]:
    """Return the files of a recording. The index comes first: what is cut off a tar's end is then found missing."""
    return {INDEX: make_index(facts, hash_files(facts.files)), **dict(sorted(facts.files.items()))}


def _facts(files: Files, path: Path) -> Facts:
    if (index := files.ours.pop(INDEX, None)) is None:
        return _without_index(path, files)
    if not files.ours:
        raise _nothing(path)
    return _with_index(path, files.ours, index)


def _read(path: Path) -> Files:
    with _refused(path):
        return read_files(path)


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Turn what reading fails with into the error of a recording."""
    try:
        yield
    except FileNotFoundError as error:
        raise RecordingError(f"no such recording: {path}", hint=HINT) from error
    except _UNREADABLE as error:
        raise RecordingError(f"cannot read {path}: {reason(error)}", hint=HINT) from error


def _nothing(path: Path) -> RecordingError:
    """Say that this is not a recording; one folder too high is the commonest reason."""
    if inside := recordings_in(path):
        names = ", ".join(one.name for one in inside[:3]) + (", …" if inside[3:] else "")
        hint = f"name one, such as {inside[0]}"
        return RecordingError(f"{path} is not a recording, but holds recordings: {names}", hint=hint)
    return RecordingError(f"{path} is not a recording: it holds none of the files of a recording", hint=HINT)


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


def _without_index(path: Path, files: Files, named: Sequence[Path] = ()) -> Facts:
    """Take files that another program collected: what is absent, or empty where no answer is empty, is a gap."""
    from netaudit.store.reading.foreign import adopt, unsaid  # noqa: PLC0415 (late: it reads what people paste)
    from netaudit.store.reading.plain import guess_source  # noqa: PLC0415 (late, as above)

    alone = path.name in files.others and not files.ours and not path.is_dir()
    adopted = adopt(files.others, files.ours, path, named)
    if alone and not adopted.files:
        guess_source(files.others[path.name], path)  # raises, and says why it is not one
    there = {**files.ours, **adopted.files}
    if not there:
        raise _nothing(path)
    said = {name: data for name, data in there.items() if data.strip() or not name.endswith(".json")}
    gaps = (*unsaid(there, said, adopted.gaps), *adopted.gaps)
    host = path.stem if path.is_file() else ""
    return Facts(files=said, gaps=gaps, host=host, digest=digest(said), names=adopted.names)
