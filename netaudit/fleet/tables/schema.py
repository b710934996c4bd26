"""The schema of the tables, read off the types of their rows: names, kinds and meanings of columns."""

import datetime as dt
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, get_args, get_type_hints

import msgspec

from netaudit.fleet.tables.change import ChangeRow, ErrorRow
from netaudit.fleet.tables.exposure import CellRow
from netaudit.fleet.tables.finding import AssertionRow, FindingRow
from netaudit.fleet.tables.host import HostRow
from netaudit.fleet.tables.key import Row
from netaudit.fleet.tables.rule import AttributionRow, RuleRow

VERSION = 2  # of the tables; columns are added at the end without a new one, and never change their kind


class Table(StrEnum):
    """The tables; a folder of the results has each name."""

    HOSTS = "hosts"
    RULES = "rules"
    ATTRIBUTIONS = "attributions"
    EXPOSURE = "exposure"
    FINDINGS = "findings"
    ASSERTIONS = "assertions"
    CHANGES = "changes"
    ERRORS = "errors"


ROWS: dict[Table, type[Row]] = {
    Table.HOSTS: HostRow,
    Table.RULES: RuleRow,
    Table.ATTRIBUTIONS: AttributionRow,
    Table.EXPOSURE: CellRow,
    Table.FINDINGS: FindingRow,
    Table.ASSERTIONS: AssertionRow,
    Table.CHANGES: ChangeRow,
    Table.ERRORS: ErrorRow,
}


class Kind(StrEnum):
    """The kinds of columns: what Spark, Trino, ClickHouse, pandas and DuckDB all read."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIME = "time"  # microseconds, UTC
    DATE = "date"
    TEXTS = "list of text"


_KINDS: dict[Any, Kind] = {
    str: Kind.TEXT,
    int: Kind.INTEGER,
    bool: Kind.BOOLEAN,
    dt.datetime: Kind.TIME,
    dt.date: Kind.DATE,
    tuple[str, ...]: Kind.TEXTS,
}


class Column(msgspec.Struct, frozen=True):
    """A column; `optional`: null says that there is nothing to tell."""

    name: str
    kind: Kind
    optional: bool
    meaning: str


@cache
def columns(table: Table) -> tuple[Column, ...]:
    """Return the columns of a table, in order."""
    hints = get_type_hints(ROWS[table], include_extras=True)
    return tuple(_column(field.name, hints[field.name]) for field in msgspec.structs.fields(ROWS[table]))


def _column(name: str, hint: Any) -> Column:  # noqa: ANN401 (a type)
    kind, meta = get_args(hint)
    optional = isinstance(kind, UnionType)
    if optional:
        kind = next(one for one in get_args(kind) if one is not type(None))
    return Column(name, _KINDS[kind], optional, meta.description or "")
