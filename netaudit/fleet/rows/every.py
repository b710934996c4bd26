"""The rows of one recording, of all tables; and a recording of which nothing is known but why."""

from netaudit.fleet.rows.audited import Audited, Named
from netaudit.fleet.rows.changes import change_rows
from netaudit.fleet.rows.columns import Columns, in_columns
from netaudit.fleet.rows.exposure import cell_rows
from netaudit.fleet.rows.findings import assertion_rows, finding_rows
from netaudit.fleet.rows.hosts import host_row
from netaudit.fleet.rows.rules import attribution_rows, rule_rows
from netaudit.fleet.tables.change import ErrorRow
from netaudit.fleet.tables.schema import Table


def rows_of(audited: Audited) -> Columns:
    """Return all that is known of a recording, by table and column."""
    return {
        Table.HOSTS: in_columns(Table.HOSTS, [host_row(audited)]),
        Table.RULES: in_columns(Table.RULES, rule_rows(audited)),
        Table.ATTRIBUTIONS: in_columns(Table.ATTRIBUTIONS, attribution_rows(audited)),
        Table.EXPOSURE: in_columns(Table.EXPOSURE, cell_rows(audited)),
        Table.FINDINGS: in_columns(Table.FINDINGS, finding_rows(audited)),
        Table.ASSERTIONS: in_columns(Table.ASSERTIONS, assertion_rows(audited)),
        Table.CHANGES: in_columns(Table.CHANGES, change_rows(audited)),
    }


def error_rows(named: Named, stage: str, kind: str, message: str, hint: str = "") -> Columns:
    """Return the row of a recording that could not be audited."""
    row = ErrorRow(
        recording=named.recording,
        host=named.host,
        taken_at=named.taken_at,
        location=named.location,
        stamp=named.stamp,
        stage=stage,
        kind=kind,
        message=message,
        hint=hint or None,
    )
    return {Table.ERRORS: in_columns(Table.ERRORS, [row])}
