"""Keep a history small, and find out whether it is whole."""

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

import msgspec

from netaudit.errors import HistoryError
from netaudit.history.heads import read_head
from netaudit.history.history import History


class Pruned(msgspec.Struct, frozen=True):
    """How many looks went, and how many are left."""

    removed: int
    left: int


class Damage(msgspec.Struct, frozen=True):
    """Something of a history that cannot be read; `look` is 0 where it is the file itself."""

    look: int
    why: str


def prune(history: History, before: datetime) -> Pruned:
    """Remove looks that had ended before an instant, and what only they needed; the last look always stays."""
    with history.transaction():
        old = "SELECT id FROM look WHERE until < ? AND id < (SELECT max(id) FROM look)"
        gone = [(row[0],) for row in history.connection.execute(old, (int(before.timestamp()),))]
        history.connection.executemany("DELETE FROM look WHERE id = ?", gone)
        needed = _needed(history)
        every = [row[0] for row in history.connection.execute("SELECT id FROM content")]
        useless = [(number,) for number in every if number not in needed]
        history.connection.executemany("DELETE FROM content WHERE id = ?", useless)
        left = history.connection.execute("SELECT count(*) FROM look").fetchone()[0]
    history.contents.forget()
    if gone:
        with suppress(sqlite3.Error):  # it needs the room of a second copy; without it the file stays as large as it is
            history.connection.execute("VACUUM")
    return Pruned(len(gone), left)


def fsck(history: History) -> tuple[Damage, ...]:
    """Read everything that a history holds, and name what cannot be."""
    return tuple(_damages(history))


def _damages(history: History) -> Iterator[Damage]:
    try:
        said = [row[0] for row in history.connection.execute("PRAGMA integrity_check(100)")]
        yield from (Damage(0, line) for line in said if line != "ok")
        looks = history.list_all()
    except (sqlite3.Error, HistoryError) as error:
        yield Damage(0, str(error))
        return
    for look in looks:
        try:
            history.facts(look.number)
            history.changes(look.number)
        except HistoryError as error:
            yield Damage(look.number, error.message)


def _needed(history: History) -> set[int]:
    """Collect the contents that the looks need, and those that these are packed against."""
    bases = dict(history.connection.execute("SELECT id, base FROM content"))
    needed: set[int] = set()
    for head, changes in history.connection.execute("SELECT head, changes FROM look").fetchall():
        named = (head, changes, *read_head(history.contents.get(head)).contents())
        for number in named:
            at = number
            while at is not None and at not in needed:
                needed.add(at)
                at = bases.get(at)
    return needed
