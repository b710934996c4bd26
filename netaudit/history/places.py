"""Where a history is, who may read it, and that one process alone watches into it."""

import fcntl
import os
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path
from typing import Self

from netaudit.errors import HistoryError
from netaudit.history import schema
from netaudit.history.history import History
from netaudit.store import make_folder

SERVICE = Path("/var/lib/netaudit/history.sqlite")  # of the systemd unit that `netaudit watch --install` prints
VARIABLE = "NETAUDIT_STORE"
_PATIENCE = 30.0  # seconds for another process that writes
_PRIVATE = 0o600
_LARGEST_VALUE = 300 << 20  # bytes of one value that SQLite reads


def default_place() -> Path:
    """Return NETAUDIT_STORE, else the service's history where this user can read it, else this user's own."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    if os.access(SERVICE, os.R_OK):
        return SERVICE
    return own_place()


def own_place() -> Path:
    """Return the place of this user's own history."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(state) / "netaudit" / "history.sqlite"


def make_history(path: Path) -> History:
    """Open a history to write to it; where there is no such file, make one for its owner alone. Raises HistoryError."""
    make_folder(path.absolute().parent)
    _make_private(path)
    return open_history(path)


def open_history(path: Path) -> History:
    """Open a history that is there, to write to it. Raises HistoryError."""
    _require_own_file(path)
    history = _connect(path, "rw")
    with history.explained():
        schema.require_ours(history.connection, path)
        history.connection.execute("PRAGMA journal_mode = WAL")
        history.connection.execute("PRAGMA synchronous = FULL")  # also a power cut takes nothing that was kept
        schema.prepare(history.connection)
    return history


def read_history(path: Path) -> History:
    """Open a history that is there, to read it. Raises HistoryError."""
    _require_own_file(path)
    history = _connect(path, "ro")
    with history.explained():
        schema.require_current(history.connection, path)
    return history


def is_watched(path: Path) -> bool:
    """Tell whether a process watches into a history now."""
    try:
        handle = os.open(_lock_of(path), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _lock_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.watch")


class WatchLock:
    """A context manager: as long as it is held, no other process watches into the same history."""

    def __init__(self, path: Path) -> None:
        self._path = _lock_of(path)
        self._handle = -1

    def __enter__(self) -> Self:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            self._handle = os.open(self._path, flags, _PRIVATE)
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._handle)
            raise HistoryError(
                f"another netaudit watches into {self._path.with_suffix('')} already",
                hint="one is enough; give --store another file to keep a second history",
            ) from error
        except OSError as error:
            raise HistoryError(
                f"cannot lock {self._path}: {error.strerror}", hint="give --store another file"
            ) from error
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)


def _connect(path: Path, mode: str) -> History:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=_PATIENCE, isolation_level=None
        )
    except sqlite3.Error as error:
        raise HistoryError(f"cannot open {path}: {error}", hint="give another file") from error
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LARGEST_VALUE)
    history = History(connection, str(path))
    with history.explained():
        connection.execute("PRAGMA trusted_schema = OFF")  # a file of another user's may hold anything
        connection.execute("PRAGMA cell_size_check = ON")
    return history


def _make_private(path: Path) -> None:
    """Make an empty file for its owner alone, whatever the umask; SQLite gives its other files the same mode."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        with suppress(FileExistsError):
            handle = os.open(path, flags, _PRIVATE)
            os.fchmod(handle, _PRIVATE)
            os.close(handle)
    except OSError as error:
        raise HistoryError(f"cannot make {path}: {error.strerror}", hint="give another file") from error


def _require_own_file(path: Path) -> None:
    """Refuse what is no file of this user's: another user who may write to it could make the history say anything."""
    try:
        found = path.lstat()
    except FileNotFoundError as error:
        hint = "`netaudit watch` keeps one, and so does `netaudit record`"
        raise HistoryError(f"there is no history at {path}", hint=hint) from error
    except OSError as error:
        raise HistoryError(f"cannot read {path}: {error.strerror}", hint="run it as its owner, often root") from error
    if not stat.S_ISREG(found.st_mode):
        raise HistoryError(f"{path} is not a regular file", hint="name the file itself")
    if found.st_uid not in {0, os.geteuid()}:
        raise HistoryError(f"{path} belongs to another user", hint="copy it, and name the copy")
