"""Write a report whole or not at all: in a folder beside its place, which then takes the place of an earlier report."""

from collections.abc import Iterable
from pathlib import Path

from netaudit.errors import OutputError, TakenError
from netaudit.store.writing.place import held
from netaudit.store.writing.rename import exchange, move_to_free
from netaudit.store.writing.temporary import new_folder, sweep

_MARK = ".netaudit-fleet-report"  # only a folder that has it is replaced


def write_site(place: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Write the files of a report, and return how many. Raises OutputError, and TakenError for a folder of others."""
    require_site_place(place)
    place.absolute().parent.mkdir(parents=True, exist_ok=True)
    try:
        with held(place) as there:
            sweep(there.folder)
            with new_folder(there.folder) as (name, handle):
                number = _fill(Path(f"/proc/self/fd/{handle}"), files)
                if there.stat() is None:
                    move_to_free(there.folder, name, there.name)
                else:
                    exchange(there.folder, name, there.name)  # the earlier one goes with the temporary name
    except OSError as error:
        raise OutputError(f"cannot write {place}: {error.strerror}", hint="give another -o") from error
    return number


def require_site_place(place: Path) -> None:
    """Refuse a place that holds anything but an earlier report, before any work is done. Raises TakenError."""
    if place.exists() and not (place / _MARK).is_file() and (not place.is_dir() or any(place.iterdir())):
        raise TakenError(f"{place} is there already, and is no report of a fleet", hint="give a name that is free")


def _fill(folder: Path, files: Iterable[tuple[str, bytes]]) -> int:
    (folder / _MARK).touch()
    (folder / "hosts").mkdir()
    number = 0
    for name, data in files:
        (folder / name).write_bytes(data)
        number += 1
    return number
