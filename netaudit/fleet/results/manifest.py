"""`fleet.json`: which files of a results folder belong to it. It is replaced last, in one step."""

from pathlib import Path

import msgspec

from netaudit.bounded import UnfitError, decode_json, read_plain
from netaudit.errors import RecordingError
from netaudit.fleet.tables.schema import VERSION
from netaudit.store import Replace, write_atomically

NAME = "fleet.json"
SCHEMA = "netaudit/fleet/v1"
_LARGEST = 64 << 20
_HINT = "give the folder that `netaudit fleet audit --out` wrote"


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The files of each table, as paths in the folder; `version` is that of the tables."""

    schema: str = SCHEMA
    version: int = VERSION
    parts: dict[str, list[str]] = {}


def read_manifest(folder: Path) -> Manifest:
    """Read it; a folder without one has no results yet. Raises RecordingError for one of a newer netaudit."""
    try:
        found = decode_json(read_plain(folder / NAME, _LARGEST), Manifest)
    except FileNotFoundError:
        return Manifest()
    except (OSError, UnfitError) as error:
        raise RecordingError(f"cannot read {folder / NAME}: {error}", hint=_HINT) from error
    if found.version > VERSION:
        raise RecordingError(f"{folder} has tables of version {found.version}; this netaudit knows {VERSION}")
    if any(not _is_inside(part) for parts in found.parts.values() for part in parts):
        raise RecordingError(f"{folder / NAME} names a file outside its folder", hint=_HINT)
    return found


def require_results(folder: Path) -> Manifest:
    """Read the manifest of a folder that has results. Raises RecordingError."""
    found = read_manifest(folder)
    if not found.parts:
        raise RecordingError(f"{folder} holds no results of a fleet audit", hint=_HINT)
    return found


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Replace it."""
    data = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
    write_atomically(folder / NAME, data, Replace.ANY)


def _is_inside(part: str) -> bool:
    path = Path(part)
    return not path.is_absolute() and ".." not in path.parts
