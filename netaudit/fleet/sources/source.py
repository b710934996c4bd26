"""What a person named as a source -> its entries; the place of an entry -> its head, its facts."""

from collections.abc import Iterator
from pathlib import Path

from netaudit.fleet.sources.entry import Entry
from netaudit.fleet.sources.folder import list_folder
from netaudit.fleet.sources.objects import is_object, list_objects, open_object
from netaudit.model.facts import Facts
from netaudit.store import load, load_stream
from netaudit.store.head import Head, load_head, load_stream_head


def list_source(source: str) -> Iterator[Entry]:
    """List the recordings of a folder, a pattern, or an object store. Raises RecordingError."""
    return list_objects(source) if is_object(source) else list_folder(source)


def read_head(location: str) -> Head:
    """Read what names a recording. Raises RecordingError."""
    if is_object(location):
        return load_stream_head(open_object(location), Path(location))
    return load_head(Path(location))


def read_facts(location: str) -> Facts:
    """Read a recording. Raises RecordingError."""
    if is_object(location):
        return load_stream(open_object(location), Path(location))
    return load(Path(location))
