"""An audit as JUnit XML: a test case for each finding, for each check without one, and for what is undecided."""

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from netaudit.audit.finding import Audit, Finding
from netaudit.report.audit_words import (
    describe_status,
    describe_undecided,
    gather_undecided,
    proofs,
    summarise_audit,
)
from netaudit.report.safe_text import visible


def render_audit(audit: Audit, failing: tuple[Finding, ...]) -> str:
    """Print an audit; a finding is a failure where it fails the gate, else a test that passed with a remark."""
    bar = {one.fingerprint for one in failing}
    flagged = {one.check.id for one in audit.findings}
    gathered = gather_undecided(audit.undecided)
    quiet = [one.id for one in audit.checks if one.id not in flagged and one.id not in {c.id for c, _ in gathered}]
    number = len(audit.findings) + len(gathered) + len(quiet)
    name = visible(audit.head.host) or "host"
    counts = f'tests="{number}" failures="{len(bar)}" errors="0" skipped="{len(gathered)}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="netaudit audit" {counts}>']
    lines.append(f"<testsuite name={_attribute(name)} {counts}>")
    for finding in audit.findings:
        lines += _case(finding, finding.fingerprint in bar)
    for check, members in gathered:
        lines.append(f"<testcase classname={_attribute(check.id)} name={_attribute('undecided')}>")
        lines.append(f"<skipped message={_attribute(describe_undecided(members))}/></testcase>")
    lines += [f"<testcase classname={_attribute(one)} name={_attribute('every subject')}/>" for one in quiet]
    lines.append(f"<system-out>{_text(summarise_audit(audit))}</system-out>")
    return "\n".join([*lines, "</testsuite>", "</testsuites>"]) + "\n"


def _case(finding: Finding, failed: bool) -> Iterator[str]:  # noqa: FBT001 (what the gate says of it)
    yield f"<testcase classname={_attribute(finding.check.id)} name={_attribute(finding.subject)}>"
    evidence = [f"{proof.kind} {proof.where} {proof.text}" for proof in proofs(finding)]
    words = "\n".join(_text(line) for line in (finding.message, *evidence, finding.remediation))
    if failed:
        message = _attribute(f"{finding.severity}: {finding.message}")
        yield f"<failure type={_attribute(finding.severity)} message={message}>{words}</failure></testcase>"
    else:
        status = describe_status(finding) or "below the bar"
        yield f"<system-out>{_text(f'{finding.severity}, {status}')}\n{words}</system-out></testcase>"


def _attribute(text: str) -> str:
    return quoteattr(visible(text))


def _text(text: str) -> str:
    return escape(visible(text))
