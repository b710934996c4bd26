"""An audit for spreadsheets: one row for each finding, and for each thing that could not be seen or decided."""

from collections.abc import Iterator, Mapping

from netaudit.audit.finding import Audit, Finding
from netaudit.audit.risk import reach_of
from netaudit.report.text.findings.audit import (
    describe_doubts,
    describe_not_put,
    describe_status,
    describe_undecided,
    proofs,
    short_id,
)
from netaudit.report.text.findings.places import REACHED_FROM
from netaudit.report.text.formats.csv_rows import print_rows
from netaudit.report.text.words import distinct_gaps

COLUMNS = (
    *("what", "severity", "confidence", "status", "reached_from", "service", "check", "subject", "container", "place"),
    *("message", "doubts", "remediation", "evidence", "accepted_by", "id", "fingerprint", "host", "taken_at"),
)
_Row = Mapping[str, object]


def render_audit(audit: Audit) -> str:
    """Print an audit in its own order: the most severe first."""
    head = {"host": audit.head.host, "taken_at": audit.head.taken_at}
    rows = [head | row for row in _rows(audit)]
    return print_rows(COLUMNS, ([row.get(column) for column in COLUMNS] for row in rows))


def _rows(audit: Audit) -> Iterator[dict[str, object]]:
    yield from map(_finding, audit.findings)
    for one in audit.undecided:
        said = {"check": one.check.id, "severity": one.check.severity, "message": describe_undecided((one,))}
        yield {"what": "undecided", "subject": one.subject, **said}
    for group in audit.not_put:
        yield {"what": "not asked", "subject": group.kind, "message": describe_not_put(group)}
    for gap in distinct_gaps((audit.head,)):
        yield {"what": "gap", "subject": gap.source, "message": f"{gap.reason}: {gap.detail}"}


def _finding(one: Finding) -> dict[str, object]:
    evidence = (f"{proof.kind} {proof.where} {proof.text}".strip() for proof in proofs(one) if proof.kind != "unsure")
    return {
        "what": "finding",
        "severity": one.severity,
        "confidence": one.confidence,
        "status": one.status,
        "reached_from": REACHED_FROM[reach_of(one)],
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
