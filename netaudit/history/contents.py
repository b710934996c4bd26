"""What files of recordings hold: each content once, packed against the one before it of its kind.

The chain of contents that one is packed against has an end: each `_LONGEST`-th content is packed by itself. So any is
read in bounded time, and what a damaged content takes with it is bounded too.
"""

import hashlib
import sqlite3
from collections import OrderedDict

from netaudit.errors import HistoryError
from netaudit.history.packing import pack, unpack

HEAD, CHANGES, NOISE = "head", "changes", "noise"  # kinds beside the files of recordings
_ROW = "SELECT base, hash, size, packed FROM content WHERE id = ?"
_LONGEST = 60  # contents behind one another
_CACHED = 64 << 20  # bytes


class Contents:
    """The contents of a history; reads and writes them by number, in the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cache: OrderedDict[int, bytes] = OrderedDict()
        self._cached = 0

    def add(self, kind: str, data: bytes) -> int:
        """Keep a content, unless it is there; return its number."""
        digits = content_hash(data)
        same = "SELECT id FROM content WHERE hash = ? AND kind = ? AND size = ?"
        if found := self._connection.execute(same, (digits, kind, len(data))).fetchone():
            return int(found[0])
        last = "SELECT id, depth FROM content WHERE kind = ? ORDER BY id DESC LIMIT 1"
        before = self._connection.execute(last, (kind,)).fetchone()
        base, depth, packed = None, 0, b""
        if before is not None and before[1] < _LONGEST:
            base, depth, packed = before[0], before[1] + 1, pack(data, self.get(before[0]))
        if base is None or len(packed) > len(data) // 4:
            alone = pack(data)
            if base is None or len(alone) <= len(packed):
                base, depth, packed = None, 0, alone
        insert = "INSERT INTO content (kind, hash, base, depth, size, packed) VALUES (?, ?, ?, ?, ?, ?)"
        number = self._connection.execute(insert, (kind, digits, base, depth, len(data), packed)).lastrowid or 0
        if before is not None:
            self._drop(before[0])  # nothing is packed against it again: who writes for months reads no other
        self._remember(number, data)
        return number

    def get(self, number: int) -> bytes:
        """Return a content. Raises HistoryError where it is damaged or missing."""
        chain: list[tuple[int, bytes, int, bytes]] = []
        at: int | None = number
        while at is not None and at not in self._cache:
            row = self._connection.execute(
                "SELECT base, hash, size, packed FROM content WHERE id = ?", (at,)
            ).fetchone()
            if row is None or len(chain) > _LONGEST:
                raise _damaged(at, "it is not there")
            chain.append((at, row[1], row[2], row[3]))
            at = row[0]
        data = self._cache[at] if at is not None else b""
        for each, digits, size, packed in reversed(chain):
            try:
                data = unpack(packed, size, data)
            except ValueError as error:
                raise _damaged(each, str(error)) from error
            if content_hash(data) != digits:
                raise _damaged(each, "it does not match its SHA-256")
            self._remember(each, data)
        return data

    def _remember(self, number: int, data: bytes) -> None:
        self._drop(number)
        self._cache[number] = data
        self._cached += len(data)
        while self._cached > _CACHED and len(self._cache) > 1:
            self._cached -= len(self._cache.popitem(last=False)[1])

    def _drop(self, number: int) -> None:
        self._cached -= len(self._cache.pop(number, b""))

    def forget(self) -> None:
        """Forget what was read: its numbers may mean something else after a rollback."""
        self._cache.clear()
        self._cached = 0


def content_hash(data: bytes) -> bytes:
    """Identify a content."""
    return hashlib.sha256(data).digest()[:16]


def _damaged(number: int, why: str) -> HistoryError:
    return HistoryError(
        f"content {number} of the history is damaged: {why}", hint="`netaudit history fsck` says what is lost"
    )
