"""An audit as lines of JSON: an object for each finding, and for each thing that could not be seen or decided."""

from collections.abc import Iterator

import msgspec

from netaudit.audit.finding import Audit
from netaudit.report.json.audit import configuration_json, not_put_json, undecided_json
from netaudit.report.json.finding import findings_json
from netaudit.report.json.printing import print_json_line
from netaudit.report.json.snapshot import gap_json

_SCHEMA = "netaudit/audit-line/v1"


def render_audit(audit: Audit) -> bytes:
    """Print a line for each finding, undecided check, check without subjects and gap, and for the configuration."""
    head = {"schema": _SCHEMA, "host": audit.head.host, "taken_at": audit.head.taken_at}
    said = (head | {"what": what} | msgspec.to_builtins(one) for what, one in _lines(audit))
    return b"".join(map(print_json_line, said))


def _lines(audit: Audit) -> Iterator[tuple[str, msgspec.Struct]]:
    yield from (("finding", one) for one in findings_json(audit.findings))
    yield from (("undecided", undecided_json(one)) for one in audit.undecided)
    yield from (("not_put", not_put_json(one)) for one in audit.not_put)
    yield from (("gap", gap_json(one)) for one in audit.head.gaps)
    if isinstance(obeyed := configuration_json(audit.obeyed), msgspec.Struct):
        yield "configuration", obeyed
