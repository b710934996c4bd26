"""An audit as SARIF 2.1.0, as GitHub's code scanning takes it.

Each result has a place in a real file (the recording's), a fingerprint that stays, and a suppression where a waiver
or the baseline accepts it. https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from netaudit.audit.checks.check import Check
from netaudit.audit.finding import Audit, Finding
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.release import RELEASE
from netaudit.report.ci.location import Locator
from netaudit.report.json.printing import print_json
from netaudit.report.text.findings.audit import (
    describe_finding,
    describe_not_put,
    describe_status,
    describe_undecided,
    gather_undecided,
)
from netaudit.report.text.findings.markdown import detail_lines
from netaudit.report.text.findings.ways import describe_remedies
from netaudit.report.text.markdown import code_outside
from netaudit.report.text.sanitize import sarif_text
from netaudit.report.text.words import describe_gap, distinct_gaps

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    Severity.INFO: "note",
    Severity.LOW: "note",
    Severity.MEDIUM: "warning",
    Severity.HIGH: "error",
    Severity.CRITICAL: "error",
}
# GitHub sorts by these: over 9.0 is critical, 7.0 high, 4.0 medium, above 0 low.
_SCORES = {
    Severity.INFO: "0.1",
    Severity.LOW: "2.0",
    Severity.MEDIUM: "5.0",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}
_PRECISIONS = {FindingConfidence.LOW: "low", FindingConfidence.MEDIUM: "medium", FindingConfidence.HIGH: "high"}


def render_audit(audit: Audit, locator: Locator, base: str) -> bytes:
    """Print an audit as one SARIF log; `base` leads from the repository to the recording's files."""
    driver = {
        "name": "netaudit",
        "semanticVersion": RELEASE,
        "rules": [_rule(check) for check in audit.checks],
    }
    numbers = {check.id: number for number, check in enumerate(audit.checks)}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, numbers[one.check.id], locator, base) for one in audit.findings],
    }
    if said := [*_not_answered(audit)]:
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": said}]
    return print_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _not_answered(audit: Audit) -> Iterator[dict[str, Any]]:
    """Say what a log without a result does not mean: checks without an answer, and sources that were not seen."""
    for one in audit.not_put:
        yield {"level": "warning", "message": {"text": sarif_text(f"not asked: {describe_not_put(one)}")}}
    for check, members in gather_undecided(audit.undecided):
        rule = {"associatedRule": {"id": check.id}}
        text = sarif_text(f"undecided: {check.id}: {describe_undecided(members)}")
        yield {"level": "note", "message": {"text": text}, **rule}
    for gap in distinct_gaps((audit.head,)):
        yield {"level": "warning", "message": {"text": sarif_text(f"could not be seen: {describe_gap(gap)}")}}


def _rule(check: Check) -> dict[str, Any]:
    references = "\n".join(check.references)
    return {
        "id": check.id,
        "shortDescription": {"text": check.summary},
        "fullDescription": {"text": check.rationale},
        "help": {"text": "\n\n".join(filter(None, (check.rationale, *describe_remedies(check), references)))},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": {
            "tags": ["security", "docker", "netfilter", str(check.subject)],
            "precision": _PRECISIONS[check.confidence],
            "security-severity": _SCORES[check.severity],
        },
    }


def _result(one: Finding, number: int, locator: Locator, base: str) -> dict[str, Any]:
    place = locator.locate(one)
    result: dict[str, Any] = {
        "ruleId": one.check.id,
        "ruleIndex": number,
        "level": _LEVELS[one.severity],
        "message": _message(one),
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(place.under(base).encode(errors="surrogateescape"))},
                    "region": {"startLine": place.line},
                },
                "logicalLocations": [{"fullyQualifiedName": sarif_text(one.subject), "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"netaudit/v1": one.fingerprint},
        "properties": {"severity": one.severity, "confidence": one.confidence},
    }
    if not one.open:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": sarif_text(describe_status(one))}
        ]
    return result


def _message(one: Finding) -> dict[str, str]:
    """Say it in one line, which lists show; the Markdown has the evidence, and what to do."""
    said = describe_finding(one)
    return {
        "text": sarif_text(said),
        "markdown": "\n".join([code_outside(said), "", *detail_lines(one)]),
    }
