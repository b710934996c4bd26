"""A results folder: what it knows already, the spool of a running audit, and the step in which its rows appear.

    RESULTS/fleet.json                               which files belong to it
    RESULTS/TABLE/day=2026-11-28/part-….parquet      Hive partitions
    RESULTS/.spool, RESULTS/.new                     what a running or killed audit has done

The rows of an audit are written in the order of hosts and times, not of the work: however often it was interrupted, the
files are the same, byte for byte, and so are their names.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import msgspec

from netaudit.errors import OutputError, UsageError
from netaudit.fleet.results.manifest import Manifest, read_manifest, write_manifest
from netaudit.fleet.results.parquet import PartWriter, read_columns, require_library
from netaudit.fleet.results.spool import Beginning, Spool, Spooled
from netaudit.fleet.rows.audited import Named
from netaudit.fleet.rows.columns import unpack
from netaudit.fleet.sources.entry import in_order
from netaudit.fleet.tables.schema import VERSION, Table
from netaudit.store import make_folder

SPOOL = ".spool"
_LOCK = ".lock"
_NEW = ".new"
_NO_DAY = "__HIVE_DEFAULT_PARTITION__"  # Hive's word for a row without one


class Known(msgspec.Struct, frozen=True):
    """What earlier audits did: recordings by name, and where they lay with their stamps."""

    recordings: dict[str, Named]
    places: frozenset[tuple[str, str]]


class Results:
    """A results folder that this process alone writes to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._manifest = read_manifest(folder)
        if self._manifest.version < VERSION:
            raise UsageError(
                f"{folder} has tables of version {self._manifest.version}, of an earlier netaudit, whose columns mean"
                f" something else; this one writes version {VERSION}",
                hint="give another --out: every recording is audited again there",
            )

    def known(self) -> Known:
        """Read which recordings are done."""
        names = ["recording", "host", "taken_at", "location", "stamp"]
        recordings: dict[str, Named] = {}
        places: set[tuple[str, str]] = set()
        for table in (Table.HOSTS, Table.ERRORS):
            paths = [self._folder / part for part in self._manifest.parts.get(table, [])]
            for found in read_columns(paths, names):
                rows = [Named(*row) for row in zip(*found.values(), strict=True)]
                places.update((one.location, one.stamp) for one in rows)
                recordings.update((one.recording, one) for one in rows if table is Table.HOSTS)
        return Known(recordings, frozenset(places))

    def open_spool(self, beginning: Beginning) -> Spool:
        """Begin an audit, or go on with one that was interrupted. Raises UsageError where that one was another."""
        spool = Spool(self._folder / SPOOL, beginning)
        if spool.beginning.depends_on != beginning.depends_on:
            spool.close()
            raise UsageError(
                f"{self._folder} holds an audit that was interrupted, with other options, policy or netaudit",
                hint=f"give the same options, or remove {self._folder / SPOOL} to begin again",
            )
        return spool

    def publish(self, spool: Spool) -> int:
        """Write the rows of a spool, where it has any, as Parquet, let them appear, and remove it. Raises OutputError.

        Return how many of its recordings could not be audited.
        """
        failed = self._write(spool) if spool.done else 0
        spool.remove()
        return failed

    def _write(self, spool: Spool) -> int:
        done = sorted(spool.done.values(), key=lambda one: (_day(one.named), in_order(one.named)))
        parts = {table: list(names) for table, names in self._manifest.parts.items()}
        failed = 0
        try:
            for day, members in groupby(done, key=lambda one: _day(one.named)):
                for table, part, rows in self._write_day(spool, day, list(members)):
                    failed += rows if table is Table.ERRORS else 0
                    parts.setdefault(table, [])
                    parts[table] = sorted({*parts[table], part})
            self._manifest = Manifest(parts=parts)
            write_manifest(self._folder, self._manifest)
            self._sweep()
        except OSError as error:
            raise OutputError(f"cannot write {self._folder}: {error.strerror}", hint="then run it again") from error
        return failed

    def _write_day(self, spool: Spool, day: str, members: list[Spooled]) -> Iterator[tuple[Table, str, int]]:
        """Write the rows of a day, a file for each table that has any; give also how many rows it has."""
        name = hashlib.sha256("".join(one.named.recording for one in members).encode()).hexdigest()[:16]
        new = self._folder / _NEW
        new.mkdir(exist_ok=True)
        writers: dict[Table, PartWriter] = {}
        for member in members:
            for table, found in unpack(spool.read(member)).items():
                if found and table not in writers:
                    writers[table] = PartWriter(table, new / table)
                if found:
                    writers[table].add(found)
        for table, writer in writers.items():
            writer.close()
            part = f"{table}/day={day}/part-{name}.parquet"
            (self._folder / part).parent.mkdir(parents=True, exist_ok=True)
            (new / table).replace(self._folder / part)
            yield table, part, writer.rows

    def _sweep(self) -> None:
        """Remove parts that no manifest names: an interrupted audit wrote them before it knew of more recordings."""
        named = {self._folder / part for parts in self._manifest.parts.values() for part in parts}
        for table in Table:
            for path in (self._folder / table).glob("day=*/*.parquet"):
                if path not in named:
                    path.unlink(missing_ok=True)


@contextmanager
def opened(folder: Path) -> Iterator[Results]:
    """Hold a results folder; it is made where it is not there. Raises UsageError where another audit has it."""
    require_library()
    make_folder(folder)
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            hint = "wait until it ends, or give another --out"
            raise UsageError(f"another audit writes to {folder}", hint=hint) from None
        yield Results(folder)
    finally:
        os.close(handle)


def _day(named: Named) -> str:
    return f"{named.taken_at:%Y-%m-%d}" if named.taken_at else _NO_DAY
