"""An audit as JSON: `netaudit/audit/v1`. Its fingerprints are what `--baseline` reads."""

from netaudit.audit.checks.check import Check
from netaudit.audit.checks.waiver import Waiver
from netaudit.audit.finding import Audit, Finding, Undecided, Verified
from netaudit.report.json.exposure import cell_json, change_json
from netaudit.report.json.parts import Json, head_json, print_json
from netaudit.report.json.rules import attributed_json

SCHEMA = "netaudit/audit/v1"


def render_audit(audit: Audit) -> bytes:
    """Print an audit as one JSON object."""
    return print_json(
        {
            "schema": SCHEMA,
            "snapshot": head_json(audit.head),
            "findings": [_finding(one) for one in audit.findings],
            "undecided": [_undecided(one) for one in audit.undecided],
            "checks": [_check(one, dict(audit.checked).get(one.id, 0)) for one in audit.checks],
        }
    )


def _finding(one: Finding) -> Json:
    return {
        "check": one.check.id,
        "subject": {"kind": one.subject_kind, "name": one.subject},
        "severity": one.severity,
        "confidence": one.confidence,
        "message": one.message,
        "remediation": one.remediation,
        "fingerprint": one.fingerprint,
        "status": "waived" if one.waiver else "known" if one.known else "open",
        "waiver": _waiver(one.waiver) if one.waiver else None,
        "verified": _verified(one.verified) if one.verified else None,
        "evidence": {
            "exposure": [cell_json(cell) for cell in one.evidence.cells],
            "missing": [attributed_json(item) for item in one.evidence.missing],
            "rules": [attributed_json(item) for item in one.evidence.rules],
        },
    }


def _verified(verified: Verified) -> Json:
    return {
        "closes": verified.closes,
        "changes": [change_json(change) for change in verified.changes],
        "others": [change_json(change) for change in verified.others],
        "opens": verified.opens,
        "exposure_computed": verified.computed,
    }


def _waiver(waiver: Waiver) -> Json:
    return {
        "reason": waiver.reason,
        "owner": waiver.owner,
        "until": waiver.until.isoformat(),
        "place": waiver.place,
    }


def _undecided(one: Undecided) -> Json:
    return {"check": one.check.id, "subject": one.subject, "facts": one.facts, "because": one.because}


def _check(check: Check, subjects: int) -> Json:
    return {
        "id": check.id,
        "summary": check.summary,
        "severity": check.severity,
        "confidence": check.confidence,
        "subject": check.subject,
        "references": check.references,
        "subjects": subjects,
    }
