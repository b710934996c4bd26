"""An audit as JSON: `netaudit/audit/v1`. Its fingerprints are what `--baseline` reads."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from netaudit.audit.checks.check import Check
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import Audit, NotPut, Obeyed, Undecided
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.report.json.assertion import PolicyJson, policy_json
from netaudit.report.json.finding import FindingJson, findings_json
from netaudit.report.json.printing import print_json
from netaudit.report.json.snapshot import SnapshotJson, head_json
from netaudit.report.text.findings.audit import describe_doubts

_NOT_PUT = Meta(description="Absent: every check was put to all that it is about.")
_POLICY = Meta(description="Absent: no policy was named.")
CONFIGURATION = Meta(description="What netaudit.toml decides; absent: there is none, or it says what is usual.")


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


class ConfigurationJson(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration that is obeyed: each setting that is not what is usual."""

    file: str
    settings: Annotated[dict[str, tuple[str, ...]], Meta(description="`waivers` has their number.")]


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
    configuration: Annotated[ConfigurationJson | UnsetType, CONFIGURATION] = UNSET


def render_audit(audit: Audit) -> bytes:
    """Print an audit as one JSON object."""
    return print_json(audit_document(audit))


def audit_document(audit: Audit) -> AuditDocument:
    """Return what an audit found, what it could not decide, and what it looked for."""
    subjects = dict(audit.checked)
    return AuditDocument(
        snapshot=head_json(audit.head),
        findings=findings_json(audit.findings),
        undecided=tuple([undecided_json(one) for one in audit.undecided]),
        not_put=tuple([not_put_json(one) for one in audit.not_put]) or UNSET,
        checks=tuple([_check(one, subjects.get(one.id, 0)) for one in audit.checks]),
        policy=policy_json(audit.assertion) if audit.assertion else UNSET,
        configuration=configuration_json(audit.obeyed),
    )


def configuration_json(obeyed: Obeyed | None) -> ConfigurationJson | UnsetType:
    """Return the configuration that is obeyed; absent without one."""
    return ConfigurationJson(file=obeyed.file, settings=dict(obeyed.settings)) if obeyed else UNSET


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
