"""The tables of a history, and how a file of an earlier release becomes one of this release."""

import sqlite3

from netaudit.errors import HistoryError

APPLICATION = 0x6E657461  # "neta": SQLite's application_id
# Each step leads from one version to the next; a step that was released is never edited.
STEPS = (
    """
    CREATE TABLE content (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,         -- a file of a recording, or one of contents.py
        hash BLOB NOT NULL,         -- the first half of the SHA-256 of what is packed
        base INTEGER,               -- the content that it is packed against
        depth INTEGER NOT NULL,     -- how many contents it is packed against, one behind the other
        size INTEGER NOT NULL,
        packed BLOB NOT NULL
    );
    CREATE INDEX content_hash ON content (hash);
    CREATE TABLE look (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        taken INTEGER NOT NULL,     -- seconds since 1970, UTC
        until INTEGER NOT NULL,     -- when it was last seen to be so
        host TEXT NOT NULL,
        origin TEXT NOT NULL,
        head INTEGER NOT NULL
    );
    """,
    """
    ALTER TABLE look ADD COLUMN changes INTEGER;   -- what changed since the look before, when that was worked out
    CREATE INDEX look_taken ON look (taken);
    CREATE TABLE state (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    """,
)
NEWEST = len(STEPS)


_MARKS = ("user_version", "application_id")


def prepare(connection: sqlite3.Connection) -> None:
    """Make the tables, or lead an earlier release's here, whole or not at all."""
    if _marks(connection)[0] == NEWEST:
        return
    connection.execute("BEGIN IMMEDIATE")
    version, _ = _marks(connection)  # another process may have been faster
    for step in STEPS[version:]:
        for statement in filter(str.strip, step.split(";")):
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {NEWEST}")
    connection.execute("COMMIT")


def require_ours(connection: sqlite3.Connection, path: object) -> None:
    """Refuse a database of another program, or a history of a newer netaudit. Raises HistoryError."""
    version, application = _marks(connection)
    empty = not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if application != APPLICATION and not empty:
        raise HistoryError(f"{path} is a database, but not a history of netaudit", hint="name another file")
    if version > NEWEST:
        raise HistoryError(
            f"{path} has version {version} of a history; this netaudit knows up to {NEWEST}", hint="update netaudit"
        )


def require_current(connection: sqlite3.Connection, path: object) -> None:
    """Refuse a file that cannot be read as it is. Raises HistoryError."""
    require_ours(connection, path)
    version = _marks(connection)[0]
    if not version:
        raise HistoryError(f"{path} is empty", hint="`netaudit watch` and `netaudit record` fill it")
    if version < NEWEST:
        hint = "`netaudit history fsck` leads it to this one"
        raise HistoryError(f"{path} is a history of an earlier netaudit", hint=hint)


def _marks(connection: sqlite3.Connection) -> tuple[int, int]:
    version, application = (int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in _MARKS)
    return version, application
