"""Hold a recording against its own index: whether it is what `netaudit record` wrote."""

from enum import StrEnum
from pathlib import Path

import msgspec

from netaudit.errors import RecordingError
from netaudit.store.files import Files
from netaudit.store.index import INDEX, hash_files, read_index


class Difference(StrEnum):
    """How a file differs from what the index says."""

    CHANGED = "changed"
    GONE = "gone"
    ADDED = "added"


class Verification(msgspec.Struct, frozen=True):
    """How many files are as they were written, and which are not."""

    intact: int
    differences: tuple[tuple[str, Difference], ...] = ()


def verify_files(files: Files, path: Path) -> Verification:
    """Compare every file. Raises RecordingError where there is no index to hold it against."""
    index = files.ours.get(INDEX)
    if index is None:
        raise RecordingError(
            f"{path} cannot be verified: it has no {INDEX}", hint="only what `netaudit record` wrote can be"
        )
    expected = read_index(path, index).sha256
    there = hash_files({name: data for name, data in files.ours.items() if name != INDEX})
    differences = [(name, _compare(expected, there, name)) for name in sorted(expected.keys() | there.keys())]
    found = tuple((name, difference) for name, difference in differences if difference is not None)
    return Verification(len(differences) - len(found), found)


def _compare(expected: dict[str, str], there: dict[str, str], name: str) -> Difference | None:
    if name not in there:
        return Difference.GONE
    if name not in expected:
        return Difference.ADDED
    return None if expected[name] == there[name] else Difference.CHANGED
