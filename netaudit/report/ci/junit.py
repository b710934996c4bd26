"""An audit as JUnit XML: a test case for each finding, for each check without one, and for what is undecided."""

from collections.abc import Iterator

from netaudit.audit.finding import Audit, Finding
from netaudit.report.text.findings.audit import (
    describe_not_put,
    describe_status,
    describe_undecided,
    gather_undecided,
    proofs,
    summarise_audit,
)
from netaudit.report.text.sanitize import xml_attribute, xml_text


def render_audit(audit: Audit, failing: tuple[Finding, ...]) -> str:
    """Print an audit; a finding is a failure where it fails the gate, else a test that passed with a remark."""
    bar = {one.fingerprint for one in failing}
    flagged = {one.check.id for one in audit.findings}
    skipped = [
        (check.id, "undecided", describe_undecided(members)) for check, members in gather_undecided(audit.undecided)
    ]
    skipped += [(check.id, "not put", describe_not_put(one)) for one in audit.not_put for check in one.checks]
    quiet = [one.id for one in audit.checks if one.id not in flagged | {name for name, _, _ in skipped}]
    number = len(audit.findings) + len(skipped) + len(quiet)
    name = audit.head.host or "host"
    counts = f'tests="{number}" failures="{len(bar)}" errors="0" skipped="{len(skipped)}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="netaudit audit" {counts}>']
    lines.append(f"<testsuite name={xml_attribute(name)} {counts}>")
    for finding in audit.findings:
        lines += _case(finding, finding.fingerprint in bar)
    for check, what, words in skipped:
        lines.append(f"<testcase classname={xml_attribute(check)} name={xml_attribute(what)}>")
        lines.append(f"<skipped message={xml_attribute(words)}/></testcase>")
    lines += [f"<testcase classname={xml_attribute(one)} name={xml_attribute('every subject')}/>" for one in quiet]
    lines.append(f"<system-out>{xml_text(summarise_audit(audit))}</system-out>")
    return "\n".join([*lines, "</testsuite>", "</testsuites>"]) + "\n"


def _case(finding: Finding, failed: bool) -> Iterator[str]:  # noqa: FBT001 (what the gate says of it)
    yield f"<testcase classname={xml_attribute(finding.check.id)} name={xml_attribute(finding.subject)}>"
    evidence = [f"{proof.kind} {proof.where} {proof.text}" for proof in proofs(finding)]
    words = "\n".join(xml_text(line) for line in (finding.message, *evidence, finding.remediation))
    if failed:
        message = xml_attribute(f"{finding.severity}: {finding.message}")
        yield f"<failure type={xml_attribute(finding.severity)} message={message}>{words}</failure></testcase>"
    else:
        status = describe_status(finding) or "below the bar"
        yield f"<system-out>{xml_text(f'{finding.severity}, {status}')}\n{words}</system-out></testcase>"
