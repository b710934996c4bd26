"""A history: looks at one host over time. Each change of it is one transaction: it is there whole, or not at all."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec

from netaudit.errors import HistoryError
from netaudit.history.contents import CHANGES, HEAD, Contents
from netaudit.history.heads import Head, encode_head, facts_of, make_head, read_head
from netaudit.model.facts import Facts
from netaudit.model.history.change import LoggedChange
from netaudit.model.history.look import Look, Origin
from netaudit.store import parse_time

_COLUMNS = "SELECT id, taken, until, host, origin FROM look"
Changes = Sequence[LoggedChange]


class History:
    """The looks of a history, oldest first. Whatever SQLite cannot do is a HistoryError that names the file."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self.name = name
        self.connection = connection
        self.contents = Contents(connection)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def list_all(self, first: int = 1) -> tuple[Look, ...]:
        """Return all looks from a number on."""
        with self.explained():
            rows = self.connection.execute(f"{_COLUMNS} WHERE id >= ? ORDER BY id", (first,)).fetchall()
        return tuple(_look(row) for row in rows)

    def last(self) -> Look | None:
        """Return the last look; None where there is no look yet."""
        with self.explained():
            row = self.connection.execute(f"{_COLUMNS} ORDER BY id DESC LIMIT 1").fetchone()
        return _look(row) if row else None

    def add(self, facts: Facts, origin: Origin, changes: Changes | None = None) -> Look:
        """Keep a look, with what changed since the one before it where that is known.

        A look that saw what the one before it saw makes that one last longer, unless there are changes to be kept.
        """
        with self.transaction():
            last = self.connection.execute("SELECT id, host, head FROM look ORDER BY id DESC LIMIT 1").fetchone()
            head = make_head(facts, self.contents)
            taken = _seconds(facts.taken_at)
            if last and not changes and last[1] == facts.host and self._is_same(last[2], head):
                self.connection.execute("UPDATE look SET until = ? WHERE id = ?", (taken, last[0]))
                number = last[0]
            else:
                noted = None if changes is None else self.contents.add(CHANGES, _encode(changes))
                row = (taken, taken, facts.host, origin, self.contents.add(HEAD, encode_head(head)), noted)
                insert = "INSERT INTO look (taken, until, host, origin, head, changes) VALUES (?, ?, ?, ?, ?, ?)"
                number = self.connection.execute(insert, row).lastrowid
            found = self.connection.execute(f"{_COLUMNS} WHERE id = ?", (number,)).fetchone()
        return _look(found)

    def facts(self, number: int) -> Facts:
        """Return what a look saw, byte for byte. Raises HistoryError where there is no such look, or it is damaged."""
        with self.explained():
            row = self.connection.execute("SELECT host, head FROM look WHERE id = ?", (number,)).fetchone()
            if row is None:
                raise HistoryError(f"{self.name} has no look {number}", hint="`netaudit log` lists them")
            return facts_of(read_head(self.contents.get(row[1])), row[0], self.contents)

    def state(self, number: int) -> bytes:
        """Return what tells apart looks at a host that somebody changed in between. Raises HistoryError."""
        with self.explained():
            row = self.connection.execute("SELECT head FROM look WHERE id = ?", (number,)).fetchone()
            if row is None:
                raise HistoryError(f"{self.name} has no look {number}", hint="`netaudit log` lists them")
            return msgspec.msgpack.encode(read_head(self.contents.get(row[0])).stable_part())

    def changes(self, number: int) -> tuple[LoggedChange, ...] | None:
        """Return what changed between the look before and this one; None where nobody has worked it out yet."""
        with self.explained():
            row = self.connection.execute("SELECT changes FROM look WHERE id = ?", (number,)).fetchone()
            if row is None or row[0] is None:
                return None
            return _decode(self.contents.get(row[0]))

    def note(self, number: int, changes: Changes) -> None:
        """Keep what changed between the look before and this one."""
        with self.transaction():
            noted = self.contents.add(CHANGES, _encode(changes))
            self.connection.execute("UPDATE look SET changes = ? WHERE id = ?", (noted, number))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do several things whole, or none of them."""
        with self.explained():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                self.contents.forget()
                if self.connection.in_transaction:  # SQLite itself takes back what met a full disk
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn what SQLite fails with into the error of a history."""
        try:
            yield
        except sqlite3.Error as error:
            raise HistoryError(f"{self.name}: {error}", hint=_hint(error)) from error

    def _is_same(self, number: int, head: Head) -> bool:
        return read_head(self.contents.get(number)).stable_part() == head.stable_part()


def _look(row: tuple[int, int, int, str, str]) -> Look:
    number, taken, until, host, origin = row
    return Look(number, _time(taken), _time(until), host, Origin(origin))


def _seconds(taken_at: str) -> int:
    at = parse_time(taken_at)
    if at is None:
        raise HistoryError("a recording without a time has no place in a history", hint="record the host again")
    return int(at.timestamp())


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _encode(changes: Changes) -> bytes:
    return msgspec.msgpack.encode(tuple(changes))


def _decode(data: bytes) -> tuple[LoggedChange, ...]:
    try:
        return msgspec.msgpack.decode(data, type=tuple[LoggedChange, ...])
    except msgspec.MsgspecError as error:
        raise HistoryError(
            f"the changes of a look are damaged: {error}", hint="`netaudit history fsck` says which"
        ) from error


def _hint(error: sqlite3.Error) -> str:
    words = str(error)
    if "full" in words:
        return "free some space; what was kept before is whole"
    if "locked" in words or "busy" in words:
        return "another netaudit is writing; try again"
    if "readonly" in words or "unable to open" in words:
        return "run it as the user that keeps the history, often root"
    return "`netaudit history fsck` says what is damaged"
