"""recording.json: the version of a recording's format, and what its files hold."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from netaudit.errors import NewerFormatError, RecordingError
from netaudit.model.facts import Facts, Gap
from netaudit.release import RELEASE

FORMAT = 1
INDEX = "recording.json"


class Index(msgspec.Struct):
    """recording.json."""

    format: int
    netaudit: str = ""
    host: str = ""
    taken_at: str = ""
    partial: bool = False
    gaps: list[Gap] = []
    unused: list[str] = []
    sha256: dict[str, str] = {}


def make_index(facts: Facts, hashes: dict[str, str]) -> bytes:
    """Write recording.json for facts; `hashes` are those of their files."""
    index = Index(
        format=FORMAT,
        netaudit=RELEASE,
        host=facts.host,
        taken_at=facts.taken_at,
        partial=facts.partial,
        gaps=list(facts.gaps),
        unused=list(facts.unused),
        sha256=hashes,
    )
    return msgspec.json.format(msgspec.json.encode(index), indent=1) + b"\n"


def read_index(path: Path, data: bytes) -> Index:
    """Read recording.json. Raises RecordingError, or NewerFormatError for one of a newer netaudit."""
    try:
        version = msgspec.json.decode(data, type=_Version).format
        if version > FORMAT:
            raise NewerFormatError(
                f"{path} has recording format {version}; this netaudit reads up to {FORMAT}",
                hint="update netaudit",
            )
        return msgspec.json.decode(data, type=Index)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RecordingError(f"{path}/{INDEX}: {error}", hint="record the host again") from error


class _Version(msgspec.Struct):
    """The one field that every version has: whatever a newer one changes, it is told apart."""

    format: int


def digest(files: Mapping[str, bytes]) -> str:
    """Identify a recording by what its files hold: SHA-256 over names and contents, in the order of names."""
    return digest_of(hash_files(files))


def hash_files(files: Mapping[str, bytes]) -> dict[str, str]:
    """Give the SHA-256 of each file, in the order of names."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}


def digest_of(hashes: Mapping[str, str]) -> str:
    """Identify a recording by the hashes of its files."""
    return hashlib.sha256("".join(f"{name}\0{digits}\0" for name, digits in hashes.items()).encode()).hexdigest()
