"""An audit for spreadsheets: one row for each finding, and for each thing that could not be seen or decided."""

from collections.abc import Iterator, Mapping

from netaudit.audit.finding import Audit, Finding
from netaudit.audit.risk import aspects_of
from netaudit.report.text.findings.accepted import describe_obeyed, describe_status
from netaudit.report.text.findings.audit import (
    all_proofs,
    describe_doubts,
    describe_not_put,
    describe_undecided,
    short_id,
)
from netaudit.report.text.findings.places import zones_of
from netaudit.report.text.formats.csv_rows import print_rows
from netaudit.report.text.words import distinct_gaps

COLUMNS = (
    *("what", "severity", "confidence", "status", "reached_from", "service", "check", "subject", "container", "place"),
    *("message", "doubts", "remediation", "evidence", "accepted_by", "id", "fingerprint", "host", "taken_at"),
    "aspect_of",
)
_Row = Mapping[str, object]


def render_audit(audit: Audit) -> str:
    """Print an audit in its own order: the most severe first."""
    head = {"host": audit.head.host, "taken_at": audit.head.taken_at}
    rows = [head | row for row in _rows(audit)]
    return print_rows(COLUMNS, ([row.get(column) for column in COLUMNS] for row in rows))


def _rows(audit: Audit) -> Iterator[dict[str, object]]:
    aspects = aspects_of(audit.findings)
    yield from (_finding(one) | {"aspect_of": aspects.get(one.fingerprint, "")} for one in audit.findings)
    if audit.obeyed and (obeyed := describe_obeyed(audit.obeyed)):
        yield {"what": "configuration", "subject": audit.obeyed.file, "message": obeyed}
    for one in audit.undecided:
        said = {"check": one.check.id, "severity": one.check.severity, "message": describe_undecided((one,))}
        yield {"what": "undecided", "subject": one.subject, **said}
    for group in audit.not_put:
        yield {"what": "not asked", "subject": group.kind, "message": describe_not_put(group)}
    for gap in distinct_gaps((audit.head,)):
        yield {"what": "gap", "subject": gap.source, "message": f"{gap.reason}: {gap.detail}"}


def _finding(one: Finding) -> dict[str, object]:
    evidence = (" ".join(filter(None, (proof.kind, proof.where, proof.text))) for proof in all_proofs(one))
    return {
        "what": "finding",
        "severity": one.severity,
        "confidence": one.confidence,
        "status": one.status,
        "reached_from": ", ".join(zones_of(one)),
        "service": one.service,
        "check": one.check.id,
        "subject": one.subject,
        "container": one.container,
        "place": one.about,
        "message": one.message,
        "doubts": "; ".join(describe_doubts(one.doubts, most=None)),
        "remediation": one.remediation,
        "evidence": "; ".join(evidence),
        "accepted_by": describe_status(one),
        "id": short_id(one),
        "fingerprint": one.fingerprint,
    }
