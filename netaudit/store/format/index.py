"""recording.json: the version of a recording's format, and what its files hold."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from netaudit.bounded import UnfitError, decode_json
from netaudit.errors import NewerFormatError, RecordingError
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.release import RELEASE
from netaudit.store.format.limits import LARGEST_INDEX, too_large
from netaudit.store.format.times import parse_time

FORMAT = 1
INDEX = "recording.json"
NAMES = frozenset([*Source, INDEX])  # of the files that a recording has


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
    """Write recording.json for facts; `hashes` are the SHA-256 of their files."""
    index = Index(
        format=FORMAT,
        netaudit=RELEASE,
        host=_text(facts.host),
        taken_at=_text(facts.taken_at),
        partial=facts.partial,
        gaps=[Gap(_text(gap.source), gap.reason, _text(gap.detail)) for gap in facts.gaps],
        unused=[_text(source) for source in facts.unused],
        sha256=hashes,
    )
    return msgspec.json.format(msgspec.json.encode(index), indent=1) + b"\n"


def read_index(path: Path, data: bytes) -> Index:
    """Read recording.json; an invalid time becomes a gap, for the rest is still good.

    Raises RecordingError, or NewerFormatError for one of a newer netaudit.
    """
    if len(data) > LARGEST_INDEX:
        raise too_large(path / INDEX, LARGEST_INDEX)
    try:
        version = decode_json(data, _Version).format
        if version > FORMAT:
            raise NewerFormatError(
                f"{path} has recording format {version}; this netaudit reads up to {FORMAT}",
                hint="update netaudit",
            )
        index = decode_json(data, Index)
    except UnfitError as error:
        raise RecordingError(f"{path}/{INDEX}: {error}", hint="record the host again") from error
    if index.taken_at and parse_time(index.taken_at) is None:
        said = Gap(INDEX, GapReason.INVALID, "its time is not as RFC 3339 has it; the host may have said anything")
        return msgspec.structs.replace(index, taken_at="", gaps=[*index.gaps, said])
    return index


def _text(text: str) -> str:
    """Return a text that JSON can hold: a name of the host's may be no UTF-8."""
    return text.encode(errors="backslashreplace").decode()


class _Version(msgspec.Struct):
    """The one field that every version has: it identifies newer versions, whatever they change."""

    format: int


def digest(files: Mapping[str, bytes]) -> str:
    """Identify a recording by what its files hold: SHA-256 over names and contents, in the order of names."""
    return digest_of(hash_files(files))


def hash_files(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of each file, in the order of names."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}


def digest_of(hashes: Mapping[str, str]) -> str:
    """Identify a recording by the hashes of its files."""
    return hashlib.sha256("".join(f"{name}\0{digits}\0" for name, digits in hashes.items()).encode()).hexdigest()
