"""Findings as JSON: each with its evidence, what to do, and of which other one it says more."""

import datetime as dt
from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.checks.waiver import Waiver
from netaudit.audit.finding import Evidence, Finding, Status, Verified
from netaudit.audit.risk import aspects_of
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.report.json.assertion import EntryJson, entry_json
from netaudit.report.json.cell import CellChangeJson, CellJson, cell_json, change_json
from netaudit.report.json.item import AttributedJson, attributed_json
from netaudit.report.text.findings.audit import describe_doubts

_FINGERPRINT = Meta(pattern="^[0-9a-f]{32}$", description="The same for a recreated container and a changed address.")
_DOUBTS = Meta(description="What could make it harmless, where that is not known.")
_SURELY = Meta(description="With doubts: the severity that it has all the same; absent: it may be no problem at all.")
_PERMIT = Meta(description="The entry of the policy by which it may be so.")
_COMPUTED = Meta(description="False: `changes` and `others` say nothing.")
_ASPECT = Meta(
    description="The fingerprint of the finding of which this one says more: the two are one mistake, and count as one."
)


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
    aspect_of: Annotated[str | UnsetType, _ASPECT] = UNSET
    waiver: WaiverJson | None
    permit: Annotated[EntryJson | UnsetType, _PERMIT] = UNSET
    verified: VerifiedJson | None = None  # a default: documents of older versions lack the field
    evidence: EvidenceJson


def findings_json(findings: Iterable[Finding]) -> tuple[FindingJson, ...]:
    """Return findings with their evidence, and of which other one each says more."""
    found = tuple(findings)
    aspects = aspects_of(found)
    return tuple([_finding(one, aspects.get(one.fingerprint, "")) for one in found])


def _finding(one: Finding, aspect_of: str) -> FindingJson:
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
        aspect_of=aspect_of or UNSET,
        waiver=waiver_json(one.waiver) if one.waiver else None,
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


def waiver_json(waiver: Waiver) -> WaiverJson:
    """Return a waiver."""
    return WaiverJson(reason=waiver.reason, owner=waiver.owner, until=waiver.until, place=waiver.place)
