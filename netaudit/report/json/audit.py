"""An audit as JSON: `netaudit/audit/v1`. Its fingerprints are what `--baseline` reads."""

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from netaudit.audit.checks.check import Check
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.checks.waiver import Waiver
from netaudit.audit.finding import Audit, Evidence, Finding, NotPut, Status, Undecided, Verified
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.report.json.assertion import EntryJson, PolicyJson, entry_json, policy_json
from netaudit.report.json.cell import CellChangeJson, CellJson, cell_json, change_json
from netaudit.report.json.item import AttributedJson, attributed_json
from netaudit.report.json.printing import print_json
from netaudit.report.json.snapshot import SnapshotJson, head_json
from netaudit.report.text.findings.audit import describe_doubts

_FINGERPRINT = Meta(pattern="^[0-9a-f]{32}$", description="The same for a recreated container and a changed address.")
_NOT_PUT = Meta(description="Absent: every check was put to all that it is about.")
_DOUBTS = Meta(description="What could make it harmless, where that is not known.")
_SURELY = Meta(description="With doubts: the severity that it has all the same; absent: it may be no problem at all.")
_PERMIT = Meta(description="The entry of the policy by which it may be so.")
_POLICY = Meta(description="Absent: no policy was named.")
_COMPUTED = Meta(description="False: `changes` and `others` say nothing.")


class SubjectJson(msgspec.Struct, frozen=True, kw_only=True):
    """What a finding is about."""

    kind: CheckedKind
    name: str


class WaiverJson(msgspec.Struct, frozen=True, kw_only=True):
    """Why a finding is accepted, by whom, and until when."""

    reason: str
    owner: str
    until: dt.date
    place: Annotated[str, Meta(description="Where the waiver stands: a file, or a container's label.")]


class VerifiedJson(msgspec.Struct, frozen=True, kw_only=True):
    """What the remediation would change, computed on a copy of the host."""

    closes: bool
    changes: tuple[CellChangeJson, ...]
    others: tuple[CellChangeJson, ...]
    opens: tuple[str, ...]
    assumed: Annotated[dict[str, str], Meta(description="What was taken for values to choose.")] = {}
    exposure_computed: Annotated[bool, _COMPUTED] = True  # a default: documents of older versions lack the field


class RemedyJson(msgspec.Struct, frozen=True, kw_only=True):
    """One way to close a finding; the first is the first choice."""

    text: Annotated[str, Meta(description="What to do.")]
    commands: Annotated[tuple[str, ...], Meta(description="In this order; one that fails ends it.")]
    choose: Annotated[tuple[str, ...], Meta(description="`TRUSTED_NET`: a command has `<TRUSTED_NET>` in its place.")]
    verified: VerifiedJson | None = None


class EvidenceJson(msgspec.Struct, frozen=True, kw_only=True):
    """What proves a finding."""

    exposure: tuple[CellJson, ...]
    missing: tuple[AttributedJson, ...]
    rules: tuple[AttributedJson, ...]


class FindingJson(msgspec.Struct, frozen=True, kw_only=True):
    """A check that holds for a subject."""

    check: str
    subject: SubjectJson
    severity: Severity
    confidence: FindingConfidence
    doubts: Annotated[tuple[str, ...] | UnsetType, _DOUBTS] = UNSET
    surely: Annotated[Severity | UnsetType, _SURELY] = UNSET
    message: str
    remediation: str
    remedies: tuple[RemedyJson, ...] = ()  # a default: documents of older versions lack the field
    fingerprint: Annotated[str, _FINGERPRINT]
    status: Status
    waiver: WaiverJson | None
    permit: Annotated[EntryJson | UnsetType, _PERMIT] = UNSET
    verified: VerifiedJson | None = None  # a default: documents of older versions lack the field
    evidence: EvidenceJson


class UndecidedJson(msgspec.Struct, frozen=True, kw_only=True):
    """A check that could not be decided for a subject: which facts are not known, and why not."""

    check: str
    subject: str
    facts: tuple[str, ...]
    because: tuple[str, ...]


class NotPutJson(msgspec.Struct, frozen=True, kw_only=True):
    """Checks that could hold for subjects of a kind which could not be listed, and why those could not."""

    subjects: CheckedKind
    checks: tuple[str, ...]
    because: tuple[str, ...]


class CheckJson(msgspec.Struct, frozen=True, kw_only=True):
    """A check of this audit."""

    id: str
    summary: str
    severity: Severity
    confidence: FindingConfidence
    subject: CheckedKind
    references: tuple[str, ...]
    subjects: Annotated[int, Meta(description="How many it was put to.")]


class AuditDocument(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="netaudit/audit/v1"):
    """netaudit audit."""

    snapshot: SnapshotJson
    findings: Annotated[tuple[FindingJson, ...], Meta(description="The most severe first.")]
    undecided: tuple[UndecidedJson, ...]
    not_put: Annotated[tuple[NotPutJson, ...] | UnsetType, _NOT_PUT] = UNSET
    checks: tuple[CheckJson, ...]
    policy: Annotated[PolicyJson | UnsetType, _POLICY] = UNSET


def render_audit(audit: Audit) -> bytes:
    """Print an audit as one JSON object."""
    return print_json(audit_document(audit))


def audit_document(audit: Audit) -> AuditDocument:
    """Return what an audit found, what it could not decide, and what it looked for."""
    subjects = dict(audit.checked)
    return AuditDocument(
        snapshot=head_json(audit.head),
        findings=tuple([finding_json(one) for one in audit.findings]),
        undecided=tuple([undecided_json(one) for one in audit.undecided]),
        not_put=tuple([not_put_json(one) for one in audit.not_put]) or UNSET,
        checks=tuple([_check(one, subjects.get(one.id, 0)) for one in audit.checks]),
        policy=policy_json(audit.assertion) if audit.assertion else UNSET,
    )


def finding_json(one: Finding) -> FindingJson:
    """Return a finding with its evidence."""
    return FindingJson(
        check=one.check.id,
        subject=SubjectJson(kind=one.subject_kind, name=one.subject),
        severity=one.severity,
        confidence=one.confidence,
        doubts=describe_doubts(one.doubts, most=None) or UNSET,
        surely=one.surely or UNSET,
        message=one.message,
        remediation=one.remediation,
        remedies=_remedies(one),
        fingerprint=one.fingerprint,
        status=one.status,
        waiver=_waiver(one.waiver) if one.waiver else None,
        permit=entry_json(one.permit) if one.permit else UNSET,
        verified=_verdict(one, 0),
        evidence=_evidence(one.evidence),
    )


def _remedies(one: Finding) -> tuple[RemedyJson, ...]:
    return tuple(
        [
            RemedyJson(
                text=advice.do,
                commands=tuple([command.text for command in advice.commands]),
                choose=advice.choices,
                verified=_verdict(one, at),
            )
            for at, advice in enumerate(one.advice)
        ]
    )


def _verdict(one: Finding, at: int) -> VerifiedJson | None:
    """Return what one of the remedies would lead to; None where that was not computed."""
    verified = one.verified[at] if at < len(one.verified) else None
    return _verified(verified) if verified else None


def _evidence(evidence: Evidence) -> EvidenceJson:
    return EvidenceJson(
        exposure=tuple([cell_json(cell) for cell in evidence.cells]),
        missing=tuple([attributed_json(item) for item in evidence.missing]),
        rules=tuple([attributed_json(item) for item in evidence.rules]),
    )


def _verified(verified: Verified) -> VerifiedJson:
    return VerifiedJson(
        closes=verified.closes,
        changes=tuple([change_json(change) for change in verified.changes]),
        others=tuple([change_json(change) for change in verified.others]),
        opens=verified.opens,
        exposure_computed=verified.computed,
        assumed=dict(verified.assumed),
    )


def _waiver(waiver: Waiver) -> WaiverJson:
    return WaiverJson(reason=waiver.reason, owner=waiver.owner, until=waiver.until, place=waiver.place)


def undecided_json(one: Undecided) -> UndecidedJson:
    """Return a check that could not be decided."""
    because = (*one.because, *describe_doubts(one.doubts, most=None))
    return UndecidedJson(check=one.check.id, subject=one.subject, facts=one.facts, because=because)


def not_put_json(one: NotPut) -> NotPutJson:
    """Return checks whose subjects could not be listed."""
    return NotPutJson(subjects=one.kind, checks=tuple([check.id for check in one.checks]), because=one.because)


def _check(check: Check, subjects: int) -> CheckJson:
    return CheckJson(
        id=check.id,
        summary=check.summary,
        severity=check.severity,
        confidence=check.confidence,
        subject=check.subject,
        references=check.references,
        subjects=subjects,
    )
