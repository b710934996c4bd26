"""Columns <-> Parquet. pyarrow is imported here alone, and late."""

import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netaudit.errors import RecordingError, UsageError
from netaudit.fleet.tables.schema import VERSION, Kind, Table, columns

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 20_000  # of a row group: its columns are in memory together
_INSTALL = "in a checkout of netaudit: pip install '.[fleet]' (docs/install.md)"


class PartWriter:
    """One file that is being written: rows are gathered until they make a row group."""

    def __init__(self, table: Table, path: Path) -> None:
        self._table, self._path = table, path
        self._gathered: list[list[Any]] = [[] for _ in columns(table)]
        self._writer: Any = None
        self.rows = 0

    def add(self, found: list[list[Any]]) -> None:
        """Add rows, by column."""
        self.rows += len(found[0])
        for gathered, more in zip(self._gathered, found, strict=True):
            gathered.extend(more)
        if len(self._gathered[0]) >= _ROWS:
            self._flush()

    def close(self) -> None:
        """Write what is left, whole, to the disk. Raises OSError."""
        self._flush()
        self._writer.close()
        handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def _flush(self) -> None:
        library, schema = _library(), _schema(self._table)
        if self._writer is None:
            from pyarrow import parquet  # noqa: PLC0415 (late: an extra)

            self._writer = parquet.ParquetWriter(self._path, schema, compression="zstd", version="2.6")
        arrays = [library.array(one, field.type) for one, field in zip(self._gathered, schema, strict=True)]
        self._writer.write_table(library.Table.from_arrays(arrays, schema=schema))
        self._gathered = [[] for _ in self._gathered]


def read_columns(paths: Iterable[Path], names: list[str]) -> Iterator[dict[str, list[Any]]]:
    """Read some columns of some files. Raises RecordingError."""
    library = _library()
    from pyarrow import parquet  # noqa: PLC0415 (late: an extra)

    for path in paths:
        try:
            found = parquet.ParquetFile(path).read(columns=names)
        except (OSError, library.ArrowException) as error:
            raise RecordingError(f"cannot read {path}: {error}", hint="audit into another folder") from error
        yield {name: found.column(name).to_pylist() for name in names}


def require_library() -> None:
    """Fail at once where there is no pyarrow. Raises UsageError."""
    _library()


@cache
def _schema(table: Table) -> "pa.Schema":
    library = _library()
    kinds = {
        Kind.TEXT: library.string(),
        Kind.INTEGER: library.int64(),
        Kind.BOOLEAN: library.bool_(),
        Kind.TIME: library.timestamp("us", tz="UTC"),
        Kind.DATE: library.date32(),
        Kind.TEXTS: library.list_(library.string()),
    }
    fields = [library.field(one.name, kinds[one.kind], one.optional) for one in columns(table)]
    return library.schema(fields, {"netaudit.table": str(table), "netaudit.version": str(VERSION)})


@cache
def _library() -> Any:  # noqa: ANN401 (a module)
    try:
        import pyarrow as pa  # noqa: PLC0415 (late: an extra, 0.2 s)
    except ImportError as error:
        raise UsageError("a fleet's results need pyarrow", hint=_INSTALL) from error
    return pa
