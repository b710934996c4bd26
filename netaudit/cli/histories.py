"""The history that a command means: looks in it, and what is kept into it."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from netaudit.cli.say import say
from netaudit.errors import NetauditError

if TYPE_CHECKING:
    from netaudit.history import History
    from netaudit.model.facts import Facts
    from netaudit.model.history.change import LoggedChange
    from netaudit.model.history.look import Origin


@contextmanager
def reading(store: Path | None = None) -> Iterator["History"]:
    """Open a history to read it: the one that is named, or the default. Raises HistoryError."""
    from netaudit.history import default_place, make_history, read_history

    path = store or default_place()
    if not path.exists() and store is None and _kept(path).is_dir():
        _take_over(path, make_history(path))
    with closing(read_history(path)) as history:
        yield history


@contextmanager
def writing(store: Path | None = None) -> Iterator["History"]:
    """Open a history to add to it, and make it where it is missing. Raises HistoryError."""
    from netaudit.history import default_place, make_history

    path = store or default_place()
    new = not path.exists()
    history = make_history(path)
    if new and store is None:
        _take_over(path, history)
        history = make_history(path)
    with closing(history):
        yield history


def load_look(reference: str) -> "Facts":
    """Return the recording that a reference such as @yesterday means. Raises HistoryError, SubjectError, UsageError."""
    from netaudit.history import find_look

    with reading() as history:
        return history.facts(find_look(history, reference, datetime.now(UTC).astimezone()).number)


def keep_look(facts: "Facts", origin: "Origin") -> None:
    """Keep a recording in the history too; where that fails, say so, and go on: the recording itself is made."""
    _add(lambda history: history.add(facts, origin))


def keep_look_where_one_is(facts: "Facts", origin: "Origin") -> None:
    """Keep a recording that has its place elsewhere in the history too, where there is one."""
    from netaudit.history import default_place

    try:
        there = default_place().exists()
    except RuntimeError:  # this user has no home
        return
    if there:
        keep_look(facts, origin)


def keep_change(before: "Facts", after: "Facts", changes: "tuple[LoggedChange, ...]", origin: "Origin") -> None:
    """Keep two recordings, and what changed between them."""

    def add(history: "History") -> None:
        history.add(before, origin)
        history.add(after, origin, changes)

    _add(add)


def _add(add: "Callable[[History], object]") -> None:
    """Add to the default history; where somebody watches into it, the watcher does, and each change is there once."""
    from netaudit.history import default_place, is_watched

    try:
        if not is_watched(default_place()):
            with writing() as history:
                add(history)
    except (NetauditError, RuntimeError) as error:  # the latter where this user has no home
        say(f"not kept in the history: {getattr(error, 'message', error)}")


def _kept(path: Path) -> Path:
    return path.with_name("recordings")


def _take_over(path: Path, history: "History") -> None:
    from netaudit.history.takeover import take_over

    with closing(history):
        if count := take_over(history, _kept(path)):
            said = "1 recording" if count == 1 else f"{count} recordings"
            say(f"taken over into the history {path}: {said} of {_kept(path)}")
