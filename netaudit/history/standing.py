"""The problems for which an alert was sent and which last: a watcher that starts again sends no second one."""

from collections.abc import Iterable

import msgspec

from netaudit.history.history import History
from netaudit.model.history.alert import Problem

_NAME = "problems"


def read_standing(history: History) -> tuple[Problem, ...]:
    """Return them; none where that cannot be read: then alerts are sent once more."""
    with history.explained():
        row = history.connection.execute("SELECT value FROM state WHERE name = ?", (_NAME,)).fetchone()
    try:
        return msgspec.msgpack.decode(row[0], type=tuple[Problem, ...]) if row else ()
    except msgspec.MsgspecError:
        return ()


def write_standing(history: History, problems: Iterable[Problem]) -> None:
    """Keep them."""
    value = msgspec.msgpack.encode(tuple(problems))
    with history.transaction():
        history.connection.execute("INSERT OR REPLACE INTO state (name, value) VALUES (?, ?)", (_NAME, value))
