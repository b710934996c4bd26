"""Facts <-> recordings on disk (recording.md): a folder, a tar of one, or the plain output of iptables-save.

A recording is written whole or not at all: beside its place first, then renamed into it. It is read as hostile
input: only files with known names, of bounded size, and never through a link.
"""

import errno
import hashlib
import io
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from netaudit.errors import NewerFormatError, OutputError, RecordingError
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.release import RELEASE

FORMAT = 1
INDEX = "recording.json"
_TAR_SUFFIXES = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz"}
_NAMES = frozenset([*Source, INDEX])
_LARGEST_FILE = 1 << 30  # 100,000 rules are 12 MB, 33,000 containers 40 MB
_HINT = "give a folder or tar that `netaudit record` wrote, or the output of iptables-save"


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
        files = _read(path)
    except FileNotFoundError as error:
        raise RecordingError(f"no such recording: {path}", hint=_HINT) from error
    except (OSError, tarfile.TarError, EOFError) as error:
        raise RecordingError(f"cannot read {path}: {_reason(error)}", hint=_HINT) from error
    index = files.pop(INDEX, None)
    if not files:
        raise RecordingError(f"{path} is no recording: it holds no file that one has", hint=_HINT)
    return _with_index(path, files, index) if index is not None else _without_index(path, files)


def save(facts: Facts, path: Path) -> Facts:
    """Write a recording, as a tar where the name ends so, else as a folder; gives the facts with their digest.

    Raises OutputError where the place is taken or cannot be written; then nothing is left behind.
    """
    index = _make_index(facts)
    files = {**facts.files, INDEX: msgspec.json.format(msgspec.json.encode(index), indent=1) + b"\n"}
    suffix = next((suffix for suffix in _TAR_SUFFIXES if path.name.endswith(suffix)), None)
    with _explained(path):
        if suffix:
            write_atomically(path, _tar(files, _TAR_SUFFIXES[suffix]))
        else:
            _write_folder(path, files)
    return msgspec.structs.replace(facts, digest=digest(facts.files))


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


def digest(files: Mapping[str, bytes]) -> str:
    """Identify a recording by what its files hold: SHA-256 over names and contents, in the order of names."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name}\0{_sha256(files[name])}\0".encode())
    return total.hexdigest()


def _read(path: Path) -> dict[str, bytes]:
    if path.is_dir():
        return {name: _bounded(path / name) for name in _NAMES if (path / name).is_file()}
    if tarfile.is_tarfile(path):
        return _untar(path)
    return {_guess_source(path): _bounded(path)}


def _bounded(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST_FILE:
        raise RecordingError(f"{path} is larger than {_LARGEST_FILE >> 20} MiB", hint=_HINT)
    return path.read_bytes()


def _untar(path: Path) -> dict[str, bytes]:
    """Read the known names, at the top or in one folder; nothing is extracted to disk."""
    files: dict[str, bytes] = {}
    left = 2 * _LARGEST_FILE
    with tarfile.open(path) as tar:
        for member in tar:
            name = member.name.rpartition("/")[2]
            if not member.isreg() or name not in _NAMES or member.name.count("/") > 1:
                continue
            left -= member.size
            stream = tar.extractfile(member)
            if left < 0 or member.size > _LARGEST_FILE or stream is None:
                raise RecordingError(f"{path} is larger than {_LARGEST_FILE >> 20} MiB unpacked", hint=_HINT)
            if name in files:
                raise RecordingError(f"{path} holds {name} twice", hint="pack one recording into one tar")
            files[name] = stream.read()
    return files


def _guess_source(path: Path) -> Source:
    """Tell what a plain file is by how it begins."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if b"\0" in head or not head.strip():
        raise RecordingError(f"{path} is no recording: it is {'binary' if head.strip() else 'empty'}", hint=_HINT)
    text = head.decode(errors="replace")
    if text.lstrip().startswith("{") and '"nftables"' in text:
        return Source.NFT_RULESET
    if not re.search(r"^\*(raw|mangle|nat|filter|security)\s*$", text, re.MULTILINE):
        raise RecordingError(f"{path} is no recording: it names no table as iptables-save does", hint=_HINT)
    ipv6 = bool(
        re.search(
            r"^# Generated by ip6tables|^(\[\d+:\d+\] )?-A .*(:[0-9a-f]*:|icmpv6|ipv6-icmp)",
            text,
            re.MULTILINE,
        )
    )
    legacy = bool(re.search(r"^# Generated by ip6?tables-legacy", text, re.MULTILINE))
    if legacy:
        return Source.IP6TABLES_LEGACY if ipv6 else Source.IPTABLES_LEGACY
    return Source.IP6TABLES_NFT if ipv6 else Source.IPTABLES_NFT


def _with_index(path: Path, files: dict[str, bytes], data: bytes) -> Facts:
    index = _read_index(path, data)
    for name, expected in index.sha256.items():
        if name in files and _sha256(files[name]) != expected:
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
        digest=digest(files),
        partial=index.partial,
    )


def _read_index(path: Path, data: bytes) -> _Index:
    try:
        index = msgspec.json.decode(data, type=_Index)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path}/{INDEX}: {error}", hint="record the host again") from error
    if index.format > FORMAT:
        raise NewerFormatError(
            f"{path} has recording format {index.format}; this netaudit reads up to {FORMAT}",
            hint="update netaudit",
        )
    return index


def _without_index(path: Path, files: dict[str, bytes]) -> Facts:
    """Take files that another program collected: what is absent is a gap."""
    gaps = tuple(Gap(name, GapReason.NOT_RECORDED) for name in Source if name not in files)
    return Facts(files=files, gaps=gaps, host=path.stem if path.is_file() else "", digest=digest(files))


def _make_index(facts: Facts) -> _Index:
    return _Index(
        format=FORMAT,
        netaudit=RELEASE,
        host=facts.host,
        taken_at=facts.taken_at,
        partial=facts.partial,
        gaps=list(facts.gaps),
        unused=list(facts.unused),
        sha256={name: _sha256(data) for name, data in sorted(facts.files.items())},
    )


def _write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    path = path.absolute()
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise OutputError(f"{path} is there already", hint="give -o a name that is free")
    beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        for name, data in files.items():
            (beside / name).write_bytes(data)
        beside.chmod(0o700)  # rules and addresses of a host are not for everyone
        beside.rename(path)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _tar(files: Mapping[str, bytes], mode: str) -> bytes:
    """Pack deterministically: no owner, no clock."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as tar:  # type: ignore[call-overload]
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(files[name]), 0o600
            tar.addfile(member, io.BytesIO(files[name]))
    return buffer.getvalue()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what the file system refuses into one line with a hint."""
    try:
        yield
    except OSError as error:
        hints = {
            errno.ENOSPC: "free some space, or give -o a place on another disk",
            errno.EDQUOT: "free some space, or give -o a place on another disk",
            errno.EACCES: "give -o a place that you may write to",
            errno.EROFS: "give -o a place that is not read-only",
            errno.ENOENT: "make the folder first",
        }
        hint = hints.get(error.errno or 0, "give -o another place")
        raise OutputError(f"cannot write {path}: {_reason(error)}", hint=hint) from error


def _reason(error: BaseException) -> str:
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
