"""What is known where a command line is not finished yet: the recording that it names, this host, the last look.

Only what is quick is done, and nothing is written. What cannot be read offers nothing: it is no place for errors.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.errors import NetauditError

if TYPE_CHECKING:
    from netaudit.model.facts import Facts
    from netaudit.model.snapshot import Snapshot

_LINES = ("COMP_WORDS", "_TYPER_COMPLETE_ARGS")  # where scripts of bash, and of zsh and fish, leave the words
_PATIENCE = 1.0  # seconds for the engine
_MOST_FILES = 100
_MOST_BYTES = 4 << 20  # of a recording that is parsed for a TAB: a host of 10,000 rules
_SHOWN = 20
_FAILURES = (NetauditError, OSError, ValueError, RuntimeError)


@cache
def snapshot_now() -> "Snapshot | None":
    """Return the recording that the command line names so far, else the last look of the history."""
    from netaudit.parse import parse_snapshot

    facts = recording() or _look("@last")
    if facts is None or sum(map(len, facts.files.values())) > _MOST_BYTES:
        return None
    try:
        return parse_snapshot(facts)
    except _FAILURES:
        return None


@cache
def containers_now() -> tuple[tuple[str, str], ...]:
    """List the containers of that recording, where none is named of this host, with their projects."""
    if recording() is None and (listed := _living()):
        return listed
    snapshot = snapshot_now()
    known = snapshot.inventory.containers if snapshot and snapshot.inventory else ()
    return tuple((one.name, one.project) for one in known)


def list_references() -> Iterator[str]:
    """List what names looks of the history: the last ones by their numbers."""
    from netaudit.history import default_place, read_history

    try:
        with closing(read_history(default_place())) as history:
            yield from (f"@{one.number}" for one in history.list_all()[-_SHOWN:])
    except _FAILURES:
        return


@cache
def recording() -> "Facts | None":
    """Return the recording that a word names; typer forgets words where the value of an option is still to come."""
    from netaudit.history.reference import is_reference

    line = next((os.environ[name] for name in _LINES if os.environ.get(name)), "")
    named = [word for word in line.split()[2:] if not word.startswith("-")]
    found = (_look(word) if is_reference(word) else _load(Path(word)) for word in named)
    return next((facts for facts in found if facts), None)


def _load(path: Path) -> "Facts | None":
    from netaudit.store import load

    try:
        files = path.iterdir() if path.is_dir() else (path,)
        size = sum(one.stat().st_size for one in islice(files, _MOST_FILES) if one.is_file())
        return load(path) if 0 < size <= _MOST_BYTES else None
    except _FAILURES:
        return None


def _look(reference: str) -> "Facts | None":
    from datetime import UTC, datetime

    from netaudit.history import default_place, find_look, read_history

    try:
        with closing(read_history(default_place())) as history:
            return history.facts(find_look(history, reference, datetime.now(UTC).astimezone()).number)
    except _FAILURES:
        return None


def _living() -> tuple[tuple[str, str], ...]:
    from netaudit.collect.asking.options import Where
    from netaudit.collect.docker.names import list_names

    return tuple((one.name, one.project) for one in list_names(Where(timeout=_PATIENCE)))
