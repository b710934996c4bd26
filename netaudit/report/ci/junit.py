"""An audit as JUnit XML: a test case for each mistake, for each check without one, and for what is undecided.

What one mistake brings about is one test case, as it is one finding everywhere; it names its aspects.
"""

from collections.abc import Collection, Iterator

from netaudit.audit.finding import Audit, Finding
from netaudit.audit.risk import Mistake, gather_by_status
from netaudit.report.text.findings.accepted import describe_obeyed, describe_status
from netaudit.report.text.findings.audit import (
    all_proofs,
    describe_not_put,
    describe_undecided,
    gather_undecided,
    summarise_audit,
)
from netaudit.report.text.findings.places import describe_places
from netaudit.report.text.sanitize import xml_attribute, xml_text


def render_audit(audit: Audit, failing: tuple[Finding, ...]) -> str:
    """Print an audit; a mistake is a failure where it fails the gate, else a test that passed with a remark."""
    bar = {one.fingerprint for one in failing}
    mistakes = [one for members in gather_by_status(audit.findings).values() for one in members]
    failed = sum(_fails(one, bar) for one in mistakes)
    flagged = {one.check.id for one in audit.findings}
    skipped = [
        (check.id, "undecided", describe_undecided(members)) for check, members in gather_undecided(audit.undecided)
    ]
    skipped += [(check.id, "not put", describe_not_put(one)) for one in audit.not_put for check in one.checks]
    quiet = [one.id for one in audit.checks if one.id not in flagged | {name for name, _, _ in skipped}]
    number = len(mistakes) + len(skipped) + len(quiet)
    name = audit.head.host or "host"
    counts = f'tests="{number}" failures="{failed}" errors="0" skipped="{len(skipped)}"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="netaudit audit" {counts}>']
    lines.append(f"<testsuite name={xml_attribute(name)} {counts}>")
    for mistake in mistakes:
        lines += _case(mistake, failed=_fails(mistake, bar))
    for check, what, words in skipped:
        lines.append(f"<testcase classname={xml_attribute(check)} name={xml_attribute(what)}>")
        lines.append(f"<skipped message={xml_attribute(words)}/></testcase>")
    lines += [f"<testcase classname={xml_attribute(one)} name={xml_attribute('every subject')}/>" for one in quiet]
    summed_up = filter(None, (summarise_audit(audit), describe_obeyed(audit.obeyed)))
    lines.append(f"<system-out>{chr(10).join(map(xml_text, summed_up))}</system-out>")
    return "\n".join([*lines, "</testsuite>", "</testsuites>"]) + "\n"


def _fails(mistake: Mistake, bar: Collection[str]) -> bool:
    return any(one.fingerprint in bar for one in mistake.findings)


def _case(mistake: Mistake, *, failed: bool) -> Iterator[str]:
    first = mistake.first
    yield f"<testcase classname={xml_attribute(first.check.id)} name={xml_attribute(describe_places(mistake))}>"
    words = "\n".join(xml_text(line) for one in mistake.findings for line in _words(one))
    if failed:
        message = xml_attribute(f"{first.severity}: {first.message}")
        yield f"<failure type={xml_attribute(first.severity)} message={message}>{words}</failure></testcase>"
    else:
        status = describe_status(first) or "below the bar"
        yield f"<system-out>{xml_text(f'{first.severity}, {status}')}\n{words}</system-out></testcase>"


def _words(one: Finding) -> Iterator[str]:
    """Say what a check found, with its proof and what to do."""
    yield f"{one.severity} {one.check.id} {one.subject}: {one.message}"
    yield from (f"{proof.kind} {proof.where} {proof.text}" for proof in all_proofs(one))
    yield one.remediation
