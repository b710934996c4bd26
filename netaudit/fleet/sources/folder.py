"""Recordings below a folder: folders that have an index, and tars. Links are not followed."""

import glob
import os
from collections.abc import Iterator
from pathlib import Path

from netaudit.errors import RecordingError
from netaudit.fleet.sources.entry import Entry
from netaudit.store.format.index import INDEX
from netaudit.store.reading.archive import is_archive


def list_folder(source: str) -> Iterator[Entry]:
    """List what lies below a folder, or at the names that a pattern such as `hosts/*/latest.tar.gz` matches.

    Raises RecordingError where there is no such place.
    """
    place = Path(source).absolute()  # results outlive the folder that a command was given in
    roots = [place] if place.exists() else _matching(str(place))
    if not roots:
        raise RecordingError(f"no such place: {source}", hint="give a folder of recordings, or a pattern in quotes")
    for root in sorted(set(roots)):
        yield from _below(root)


def _matching(pattern: str) -> list[Path]:
    return [Path(name) for name in glob.iglob(pattern, recursive=True)]  # noqa: PTH207 (of an absolute pattern)


def _below(root: Path) -> Iterator[Entry]:
    if root.is_file():
        yield _entry(root, root)
        return
    for above, folders, files in os.walk(root):
        if INDEX in files:
            folders.clear()
            yield _entry(Path(above), Path(above) / INDEX)
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        tars = sorted(name for name in files if is_archive(name) and not name.startswith("."))
        yield from (_entry(Path(above) / name, Path(above) / name) for name in tars)


def _entry(path: Path, file: Path) -> Entry:
    try:
        found = file.stat()
    except OSError as error:  # gone, or not to be seen: reading it says why
        return Entry(str(path), f"{error.errno}", _host(path))
    return Entry(str(path), f"{found.st_size}-{found.st_mtime_ns}", _host(path))


def _host(path: Path) -> str:
    """Name the host of a recording that does not: by its file, in text that every format holds."""
    name = path.name.partition(".")[0] if path.is_file() else path.name
    return name.encode(errors="backslashreplace").decode()
