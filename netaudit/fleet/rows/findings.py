"""The rows of `findings` and `assertions`."""

import re
from collections.abc import Iterator, Mapping

from netaudit.audit.checks.check import Check
from netaudit.audit.finding import Finding, NotPut, Undecided
from netaudit.fleet.rows.audited import Audited
from netaudit.fleet.tables.finding import AssertionRow, FindingRow
from netaudit.policy.verdict import Assertion
from netaudit.report.text.findings.assertion import judged_proofs
from netaudit.report.text.findings.audit import Proof, all_proofs, describe_doubts, describe_undecided

_CVE = re.compile(r"CVE-\d{4}-\d{4,}")


def finding_rows(audited: Audited) -> Iterator[FindingRow]:
    """List what is wrong, then what nobody can tell."""
    audit = audited.audit
    worst = {one.fingerprint: whole.first.fingerprint for whole in audited.mistakes for one in whole.findings}
    yield from (_finding(one, audited, worst) for one in audit.findings)
    yield from (_undecided(one, audited) for one in audit.undecided)
    for group in audit.not_put:
        yield from (_not_put(check, group, audited) for check in group.checks)


def assertion_rows(audited: Audited) -> Iterator[AssertionRow]:
    """List the entries of the policy with their verdicts."""
    assertion = audited.assertion or None
    for one in assertion.judged if assertion else ():
        yield AssertionRow(
            **audited.key,
            policy=_policy(assertion),
            line=one.entry.line,
            entry=one.entry.text,
            verdict=str(one.verdict),
            proofs=tuple(map(_proof, judged_proofs(one))),
            why=one.entry.why or None,
            owner=one.entry.owner or None,
            until=one.entry.until,
        )


def _policy(assertion: Assertion | None) -> str:
    return assertion.policy.place if assertion else ""


def _finding(one: Finding, audited: Audited, worst: Mapping[str, str]) -> FindingRow:
    waiver = one.waiver
    return FindingRow(
        **audited.key,
        check=one.check.id,
        status=one.status,
        severity=str(one.severity),
        confidence=str(one.confidence),
        surely=str(one.surely) if one.doubts and one.surely else None,
        subject_kind=str(one.subject_kind),
        subject=one.subject,
        message=one.message,
        remediation=one.remediation or None,
        fingerprint=one.fingerprint,
        doubts=describe_doubts(one.doubts, None),
        evidence=tuple(map(_proof, all_proofs(one))),
        cves=_cves(one.check),
        waiver_reason=waiver.reason if waiver else None,
        waiver_owner=waiver.owner if waiver else None,
        waiver_until=waiver.until if waiver else None,
        waiver_place=waiver.place if waiver else None,
        mistake=worst.get(one.fingerprint),
        **audited.of_container(one.container),
    )


def _undecided(one: Undecided, audited: Audited) -> FindingRow:
    return _open_question(
        one.check, one.subject, describe_undecided((one,)), describe_doubts(one.doubts, None), audited
    )


def _not_put(check: Check, group: NotPut, audited: Audited) -> FindingRow:
    return _open_question(check, "", "; ".join(group.because), (), audited)


def _open_question(check: Check, subject: str, why: str, doubts: tuple[str, ...], audited: Audited) -> FindingRow:
    return FindingRow(
        **audited.key,
        check=check.id,
        status="undecided",
        severity=str(check.severity),
        confidence=str(check.confidence),
        surely=None,
        subject_kind=str(check.subject),
        subject=subject,
        message=why,
        remediation=None,
        fingerprint=None,
        doubts=doubts,
        evidence=(),
        cves=_cves(check),
        waiver_reason=None,
        waiver_owner=None,
        waiver_until=None,
        waiver_place=None,
        mistake=None,
        **audited.of_container(""),
    )


def _cves(check: Check) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for text in check.references for name in _CVE.findall(text)))


def _proof(proof: Proof) -> str:
    """Write a piece of evidence as one line."""
    place = f"{proof.kind} {proof.where}".strip()
    return f"{place}: {proof.text}" + (f" ({proof.because})" if proof.because else "")
