"""A check: what it is about, its condition, how bad and how sure it is, and what to do."""

from typing import Any

import msgspec

from netaudit.audit.checks.condition import Condition
from netaudit.audit.checks.remedy import AND, OR, Remedy
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.checks.topic import Topic
from netaudit.audit.checks.wording import Wording
from netaudit.model.severity import FindingConfidence, Severity


class Example(msgspec.Struct, frozen=True):
    """Facts of a subject, and whether the check flags them."""

    facts: dict[str, Any]
    flagged: bool


class Check(msgspec.Struct, frozen=True):
    """One file of rules/checks/; `id` is its name.

    `graver` holds further conditions, each with its severity; the first that holds wins. `decided_by` are patterns of
    signatures: the subject's rules that match are evidence; None for all of its rules. Of `remedies`
    the first that serves is the first choice. `permissible`: it is about what can be reached, and a policy that says so
    permits it. `title` is the finding in a few words, for lists; `aside` what a list says of it where it is an aspect
    of another one.
    """

    id: str
    summary: str
    severity: Severity
    confidence: FindingConfidence
    subject: CheckedKind
    condition: Condition
    finding: Wording
    rationale: str
    remedies: tuple[Remedy, ...]
    references: tuple[str, ...]
    examples: tuple[Example, ...]
    graver: tuple[tuple[Severity, Condition], ...] = ()
    decided_by: tuple[str, ...] | None = None
    permissible: bool = False
    file: str = ""
    topic: Topic = Topic.HYGIENE
    title: Wording | None = None
    aside: Wording | None = None

    @property
    def remediation(self) -> str:
        """What to do, with the holes that a subject's facts fill."""
        return OR.join(_written(one) for one in self.remedies)


def _written(remedy: Remedy) -> str:
    """Return a remedy as it stands in its file."""
    text = ": ".join(filter(None, [remedy.do.text, AND.join(one.text for one in remedy.run)]))
    return f"{text} (when {remedy.when.text})" if remedy.when else text
