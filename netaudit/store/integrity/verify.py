"""Hold a recording against its own index, and say by one digest what it is."""

from enum import StrEnum
from pathlib import Path

import msgspec

from netaudit.errors import RecordingError
from netaudit.store.format.index import INDEX, hash_files, read_index
from netaudit.store.integrity.manifest import Manifest, make_manifest
from netaudit.store.reading.files import Files


class Difference(StrEnum):
    """How a file differs from what the index says."""

    CHANGED = "changed"
    GONE = "gone"
    ADDED = "added"


class Verification(msgspec.Struct, frozen=True):
    """How many files are as the index says, which are not, and the manifest of all that is there."""

    intact: int
    manifest: Manifest
    differences: tuple[tuple[str, Difference], ...] = ()


def verify_files(files: Files, strangers: dict[str, str], path: Path) -> Verification:
    """Compare every file. Raises RecordingError where there is no index to hold it against."""
    data = files.ours.get(INDEX)
    if data is None:
        raise RecordingError(
            f"{path} cannot be verified: it has no {INDEX}", hint="only what `netaudit record` wrote can be"
        )
    index = read_index(path, data)
    there = hash_files({name: content for name, content in files.ours.items() if name != INDEX})
    names = sorted(index.sha256.keys() | there.keys())
    found = {name: difference for name in names if (difference := _compare(index.sha256, there, name)) is not None}
    intact = len(names) - len(found)
    found.update({name: Difference.ADDED for name in strangers if name not in found})
    return Verification(intact, make_manifest(index, files.ours, strangers), tuple(sorted(found.items())))


def _compare(expected: dict[str, str], there: dict[str, str], name: str) -> Difference | None:
    if name not in there:
        return Difference.GONE
    if name not in expected:
        return Difference.ADDED
    return None if expected[name] == there[name] else Difference.CHANGED
