"""The manifest of a recording: all that it says, in one canonical form, so that one digest or signature covers it.

It names the host, the time, the gaps and what is unused or partial, the SHA-256 of every file (recording.json is one of
them) and everything that no recording has. A folder and a tar of it have the same manifest.
"""

import hashlib
from collections.abc import Mapping

import msgspec

from netaudit.model.facts import Gap
from netaudit.store.format.index import INDEX, Index, hash_files

SCHEMA = "netaudit/manifest/v1"


class Manifest(msgspec.Struct, frozen=True):
    """What is signed. `files` maps names to SHA-256; `strangers` what else lies there to a SHA-256, or to its kind."""

    schema: str
    format: int
    netaudit: str
    host: str
    taken_at: str
    partial: bool
    gaps: list[Gap]
    unused: list[str]
    files: dict[str, str]
    strangers: dict[str, str]

    def to_bytes(self) -> bytes:
        """Write it canonically: fields in this order, names sorted, UTF-8, one space of indentation, a last newline."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"

    def digest(self) -> str:
        """Return the SHA-256 of what is written."""
        return hashlib.sha256(self.to_bytes()).hexdigest()


def make_manifest(index: Index, files: Mapping[str, bytes], strangers: Mapping[str, str]) -> Manifest:
    """Make the manifest of a recording of which `files` are all, recording.json too."""
    hashes = hash_files({name: data for name, data in files.items() if name != INDEX})
    return Manifest(
        schema=SCHEMA,
        format=index.format,
        netaudit=index.netaudit,
        host=index.host,
        taken_at=index.taken_at,
        partial=index.partial,
        gaps=index.gaps,
        unused=index.unused,
        files={**hash_files({INDEX: files[INDEX]}), **hashes},
        strangers={_printable(name): strangers[name] for name in sorted(strangers)},
    )


def _printable(name: str) -> str:
    """Return a file's name as JSON can hold it, so that different names stay different."""
    return name.replace("\\", "\\\\").encode(errors="backslashreplace").decode()
