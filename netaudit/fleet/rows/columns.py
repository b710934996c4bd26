"""Rows <-> columns, as bytes: so they cross from a worker, and lie in the spool until all of them are written."""

import datetime as dt
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from netaudit.fleet.tables.key import Row
from netaudit.fleet.tables.schema import Kind, Table, columns

Columns = Mapping[Table, list[list[Any]]]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY = dt.date(1970, 1, 1)
_LEVEL = 1  # of zlib: rows are texts that repeat
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, list[list[Any]]]).decode


def in_columns(table: Table, rows: Iterable[Row]) -> list[list[Any]]:
    """Turn rows into columns of texts, numbers, and times as numbers."""
    listed = [msgspec.structs.astuple(row) for row in rows]
    return [
        _plain(values, column.kind) for values, column in zip(zip(*listed, strict=True), columns(table), strict=False)
    ]


def pack(found: Columns) -> bytes:
    """Encode the columns of some tables."""
    try:
        data = _encode(found)
    except UnicodeEncodeError:
        data = _encode(
            {table: [[_printable(value) for value in column] for column in some] for table, some in found.items()}
        )
    return zlib.compress(data, _LEVEL)


def unpack(data: bytes) -> Columns:
    """Decode what `pack` encoded."""
    return {Table(name): some for name, some in _decode(zlib.decompress(data)).items()}


def _plain(values: Iterable[Any], kind: Kind) -> list[Any]:
    match kind:
        case Kind.DATE:
            return [None if value is None else (value - _DAY).days for value in values]
        case Kind.TIME:
            return [None if value is None else (value - _EPOCH) // _MICROSECOND for value in values]
        case _:
            return list(values)


_MICROSECOND = dt.timedelta(microseconds=1)


def _printable(value: Any) -> Any:  # noqa: ANN401 (the same)
    """Write a byte that is no UTF-8 as its code: Parquet holds texts alone."""
    match value:
        case str():
            return value.encode(errors="backslashreplace").decode()
        case list() | tuple():
            return [_printable(one) for one in value]
        case _:
            return value
