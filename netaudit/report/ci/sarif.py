"""An audit, or what a plan would bring, as SARIF 2.1.0, as GitHub's code scanning takes it.

Each result has a place in a real file (the recording's, or one of the operator's), a fingerprint that stays, and a
suppression where a waiver or the baseline accepts it. https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from netaudit.audit.checks.check import Check
from netaudit.audit.finding import Audit
from netaudit.audit.planned import JudgedPlan, judged_findings
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.release import RELEASE
from netaudit.report.ci.location import Locator
from netaudit.report.ci.sarif_remarks import remark_rules, remarks
from netaudit.report.ci.sarif_results import LEVELS, ROOT, gather_results, result
from netaudit.report.json.printing import print_json
from netaudit.report.text.findings.accepted import describe_obeyed, describe_unheeded
from netaudit.report.text.findings.audit import describe_not_put, describe_undecided, gather_undecided
from netaudit.report.text.findings.ways import describe_remedies
from netaudit.report.text.sanitize import sarif_text
from netaudit.report.text.words import describe_gap, distinct_gaps

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_PAGES = "https://github.com/netaudit/netaudit/blob/main/docs/checks.md"
# GitHub sorts by these: over 9.0 is critical, 7.0 high, 4.0 medium, above 0 low.
_SCORES = {
    Severity.INFO: "0.1",
    Severity.LOW: "2.0",
    Severity.MEDIUM: "5.0",
    Severity.HIGH: "8.0",
    Severity.CRITICAL: "9.5",
}
_PRECISIONS = {FindingConfidence.LOW: "low", FindingConfidence.MEDIUM: "medium", FindingConfidence.HIGH: "high"}
_Json = dict[str, Any]


def render_audit(audit: Audit, locator: Locator, base: str) -> bytes:
    """Print an audit as one SARIF log; `base` leads from the repository to the recording's files."""
    return _print(audit, "audit", locator, base)


def render_plan(plan: JudgedPlan, locator: Locator, base: str) -> bytes:
    """Print what a plan would bring, and what its command does not do, as one SARIF log."""
    return _print(judged_findings(plan), "plan", locator, base, plan)


def _print(audit: Audit, what: str, locator: Locator, base: str, plan: JudgedPlan | None = None) -> bytes:
    worst: dict[str, Severity] = {}
    for one in audit.findings:
        worst[one.check.id] = max(one.severity, worst.get(one.check.id, one.severity), key=lambda each: each.rank)
    rules = [_rule(check, worst.get(check.id, check.severity)) for check in audit.checks]
    numbers = {check.id: number for number, check in enumerate(audit.checks)}
    found = gather_results(audit.findings, locator, base)
    results = [result(one, numbers[one.first.check.id]) for one in found]
    if plan is not None:
        results += remarks(plan, len(rules), locator.anywhere(), base)
        rules += remark_rules()
    run: _Json = {
        "tool": {"driver": {"name": "netaudit", "semanticVersion": RELEASE, "rules": rules}},
        "automationDetails": {"id": f"netaudit/{what}/{quote(_host(audit), safe='')}/"},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    if any(one.place.outside for one in found):
        run["originalUriBaseIds"] = {ROOT: {"uri": "file:///"}}
    if said := [*_not_answered(audit), *_decided_by(audit, plan)]:
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": said}]
    return print_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _host(audit: Audit) -> bytes:
    return (audit.head.host or "host").encode(errors="replace")


def _not_answered(audit: Audit) -> Iterator[_Json]:
    """Say what a log without a result does not mean: checks without an answer, and sources that were not seen."""
    for one in audit.not_put:
        yield _notification("warning", f"not asked: {describe_not_put(one)}")
    for check, members in gather_undecided(audit.undecided):
        rule = {"associatedRule": {"id": check.id}}
        yield _notification("note", f"undecided: {check.id}: {describe_undecided(members)}") | rule
    for gap in distinct_gaps((audit.head,)):
        yield _notification("warning", f"could not be seen: {describe_gap(gap)}")


def _decided_by(audit: Audit, plan: JudgedPlan | None) -> Iterator[_Json]:
    """Say which configuration decides, and which waivers do not."""
    if said := describe_obeyed(audit.obeyed):
        yield _notification("note", said)
    yield from (_notification("warning", describe_unheeded(one)) for one in (plan.unheeded if plan else ()))


def _notification(level: str, text: str) -> _Json:
    return {"level": level, "message": {"text": sarif_text(text)}}


def _rule(check: Check, worst: Severity) -> _Json:
    """Describe a check; GitHub takes the severity of its results from here, so it is that of the worst of them."""
    return {
        "id": check.id,
        "shortDescription": {"text": check.summary},
        "fullDescription": {"text": check.rationale},
        "help": {"text": _help((check.rationale, *describe_remedies(check), "\n".join(check.references)))},
        "helpUri": next((one for one in check.references if one.startswith("https://")), _PAGES),
        "defaultConfiguration": {"level": LEVELS[check.severity]},
        "properties": {
            "tags": ["security", "docker", "netfilter", str(check.subject)],
            "precision": _PRECISIONS[check.confidence],
            "security-severity": _SCORES[worst],
        },
    }


def _help(parts: Iterable[str]) -> str:
    return "\n\n".join(filter(None, parts))
