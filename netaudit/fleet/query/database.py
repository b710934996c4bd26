"""The results of a fleet as tables of an embedded database. duckdb is imported here alone, and late.

A view has each table's name, and two more: `latest`, of each host its latest recording, and `previous`, of each host
the one before. Only statements that read are run, and they read the results and nothing else of this machine.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from netaudit.errors import UsageError
from netaudit.fleet.results.manifest import Manifest, require_results
from netaudit.fleet.tables.schema import VERSION, Kind, Table, columns

_INSTALL = "in a checkout of netaudit: pip install '.[fleet]' (docs/install.md)"
_TYPES = {
    Kind.TEXT: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.TIME: "TIMESTAMPTZ",
    Kind.DATE: "DATE",
    Kind.TEXTS: "VARCHAR[]",
}
_NUMBERED = """
CREATE VIEW {name} AS SELECT * EXCLUDE (place) FROM (
    SELECT *, row_number() OVER (PARTITION BY host ORDER BY taken_at DESC NULLS LAST, recording) AS place FROM hosts
) WHERE place = {place}
"""
Value = Any  # what a cell holds: text, number, time, list


class Answer(msgspec.Struct, frozen=True):
    """Columns and rows of an answer."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


class Database:
    """A results folder, open for questions. Raises RecordingError for a folder without results."""

    def __init__(self, folder: Path, values: dict[str, Value] | None = None) -> None:
        self._connection = _connect()
        manifest = require_results(folder)
        for table in Table:
            self._connection.execute(_view(folder, table, manifest))
        for place, name in enumerate(("latest", "previous"), 1):
            self._connection.execute(_NUMBERED.format(name=name, place=place))
        for name, value in (values or {}).items():
            self._connection.execute(f"SET VARIABLE {name} = $1", [value])
        self._close_doors(folder)

    def ask(self, sql: str) -> Answer:
        """Answer one statement that reads. Raises UsageError with the database's own message."""
        import duckdb  # noqa: PLC0415 (late: an extra)

        try:
            statements = self._connection.extract_statements(sql)
            if [one.type for one in statements] != [duckdb.StatementType.SELECT]:
                raise UsageError("only one statement that reads is answered", hint="begin with SELECT, WITH or FROM")
            cursor = self._connection.execute(statements[0])
            names = tuple(str(one[0]) for one in cursor.description or ())
            return Answer(names, tuple(cursor.fetchall()))
        except duckdb.Error as error:
            first = str(error).partition("\n")[0]  # then it points at the place, over several lines
            raise UsageError(f"SQL: {first}", hint="docs/fleet-tables.md lists the tables and their columns") from error

    def _close_doors(self, folder: Path) -> None:
        """Let nothing else be read, loaded or changed from here on."""
        self._connection.execute("SET allowed_directories = [$1]", [str(folder.absolute()) + "/"])
        self._connection.execute("SET enable_external_access = false")
        self._connection.execute("SET lock_configuration = true")


def _connect() -> Any:  # noqa: ANN401 (a connection of the library's)
    try:
        import duckdb  # noqa: PLC0415 (late: an extra, 0.2 s)
    except ImportError as error:
        raise UsageError("questions to a fleet need duckdb", hint=_INSTALL) from error
    return duckdb.connect(":memory:", config={"TimeZone": "UTC", "autoinstall_known_extensions": "false"})


def _view(folder: Path, table: Table, manifest: Manifest) -> str:
    """Return the statement that makes a table's view; an empty one where no recording has rows of it."""
    parts = manifest.parts.get(table, [])
    named = ", ".join(f'NULL::{_TYPES[one.kind]} AS "{one.name}"' for one in columns(table))
    empty = f"SELECT {named}, NULL::DATE AS day WHERE false"
    if not parts:
        return f"CREATE VIEW {table} AS {empty}"
    files = _list(str(folder.absolute() / part) for part in parts)
    options = "hive_partitioning = true, hive_types = {'day': DATE}, union_by_name = true"
    found = f"SELECT * FROM read_parquet({files}, {options})"  # noqa: S608 (quoted below)
    older = manifest.version < VERSION  # columns that an earlier netaudit did not write are null
    return f"CREATE VIEW {table} AS {empty} UNION ALL BY NAME {found}" if older else f"CREATE VIEW {table} AS {found}"


def _list(names: Iterable[str]) -> str:
    quoted = ("'" + name.replace("'", "''") + "'" for name in names)
    return f"[{', '.join(quoted)}]"
