"""A check: what it is about, its condition, how bad and how sure it is, and what to do."""

from enum import StrEnum
from typing import Any

import msgspec

from netaudit.audit.checks.condition import Condition
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.checks.wording import Wording
from netaudit.model.severity import FindingConfidence, Severity


class Fix(StrEnum):
    """What the remediation changes, where netaudit can compute the resulting host."""

    NONE = ""
    REBIND_LOOPBACK = "rebind-loopback"  # the port binding gets the host address 127.0.0.1
    DELETE_RULE = "delete-rule"  # the rule is deleted
    RESTORE_MISSING = "restore-missing"  # the missing rules are written again
    ASK_ORIGINAL_PORT = "ask-original-port"  # the rule matches the port before translation
    GUARD_LOOPBACK = "guard-loopback"  # packets to 127.0.0.0/8 from the network are dropped
    DROP_FORWARD = "drop-forward"  # FORWARD's policy becomes DROP
    BRIDGE_NF_CALL = "bridge-nf-call"  # bridged packets meet iptables


class Example(msgspec.Struct, frozen=True):
    """Facts of a subject, and whether the check flags them."""

    facts: dict[str, Any]
    flagged: bool


class Check(msgspec.Struct, frozen=True):
    """One file of rules/checks/; `id` is its name.

    `graver` holds further conditions, each with its severity; the first that holds wins. `decided_by` are patterns of
    signatures: the subject's rules that match are evidence; None for all of its rules.
    """

    id: str
    summary: str
    severity: Severity
    confidence: FindingConfidence
    subject: CheckedKind
    condition: Condition
    finding: Wording
    rationale: str
    remediation: Wording
    references: tuple[str, ...]
    examples: tuple[Example, ...]
    graver: tuple[tuple[Severity, Condition], ...] = ()
    decided_by: tuple[str, ...] | None = None
    fix: Fix = Fix.NONE
    file: str = ""
