"""The result of an audit: findings with their evidence, and checks that could not be decided."""

from collections.abc import Collection
from typing import Literal, Self

import msgspec

from netaudit.attribute.attribution import (
    AttributedExposure,
    AttributedItem,
    AttributedSnapshot,
    ExposureChange,
    SnapshotHead,
)
from netaudit.audit.checks.check import Check
from netaudit.audit.checks.remedy import Advice, in_one_line
from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.checks.waiver import Waiver
from netaudit.model.reason import Reason
from netaudit.model.severity import FindingConfidence, Severity
from netaudit.policy.entry import Entry
from netaudit.policy.verdict import Assertion

Status = Literal["open", "known", "waived", "permitted"]


class Written(msgspec.Struct, frozen=True):
    """Where the operator wrote something down."""

    file: str
    line: int


class Evidence(msgspec.Struct, frozen=True):
    """What proves a finding: rules with their causes, rules that are not there, cells of the exposure table."""

    rules: tuple[AttributedItem, ...] = ()
    missing: tuple[AttributedItem, ...] = ()
    cells: tuple[AttributedExposure, ...] = ()


class Verified(msgspec.Struct, frozen=True):
    """What a finding's remediation would lead to, computed from the facts.

    `closes`: the finding is gone. `changes` are the cells of the exposure table that differ then for its own
    container, `others` the cells that differ for all others; both are empty where exposure was not `computed`.
    `opens` are findings that come with it. `assumed` are the values that were taken for those to choose.
    """

    closes: bool
    changes: tuple[ExposureChange, ...] = ()
    others: tuple[ExposureChange, ...] = ()
    opens: tuple[str, ...] = ()
    computed: bool = True
    assumed: tuple[tuple[str, str], ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """A check that holds for a subject.

    `fingerprint` stays the same for a recreated container and a changed address. `waiver` is the one that
    accepts it, `known` whether the baseline has it: such findings are listed, but pass the gate. `advice` says what can
    be done, the first choice first, and `verified` what each would lead to, in the same order: None where that was not
    computed, for it is not possible; empty where nobody asked.
    `about` names what it is about beyond the check's own subject, for example a container's port: findings that have
    it in common are aspects of one mistake. `service` is the sensitive service that can be used there.
    `doubts` say what could make it harmless; then `surely` is the severity that it has all the same, None where it may
    be no problem at all. `permit` is the entry of the policy by which it may be so, and `written` the place of its
    subject in a file of the operator's.
    """

    check: Check
    subject_kind: CheckedKind
    subject: str
    severity: Severity
    message: str
    advice: tuple[Advice, ...]
    fingerprint: str
    evidence: Evidence = Evidence()
    container: str = ""
    waiver: Waiver | None = None
    known: bool = False
    verified: tuple[Verified | None, ...] = ()
    doubts: tuple[Reason, ...] = ()
    surely: Severity | None = None
    permit: Entry | None = None
    written: Written | None = None
    about: str = ""
    service: str = ""
    title: str = ""  # the message in a few words
    aside: str = ""  # what a list says of it behind the title of another one

    @property
    def remediation(self) -> str:
        """What can be done, in one line."""
        return in_one_line(self.advice)

    @property
    def confidence(self) -> FindingConfidence:
        """How sure it is: one step less than its check, where something that is not known could make it harmless."""
        sure = self.check.confidence
        return (
            FindingConfidence.MEDIUM
            if self.doubts and sure is FindingConfidence.HIGH
            else (FindingConfidence.LOW if self.doubts else sure)
        )

    @property
    def status(self) -> Status:
        """Whether it counts: it is open, or a waiver, an entry of the policy or the baseline accepts it."""
        if self.waiver:
            return "waived"
        return "permitted" if self.permit else "known" if self.known else "open"

    @property
    def open(self) -> bool:
        """Return whether it is neither waived, permitted nor in the baseline."""
        return self.status == "open"


class Undecided(msgspec.Struct, frozen=True):
    """A check that could not be decided for a subject: which facts are not known, and why not.

    `because` names sources that were not read, `doubts` why packets could not be followed.
    """

    check: Check
    subject: str
    facts: tuple[str, ...]
    because: tuple[str, ...]
    doubts: tuple[Reason, ...] = ()


class NotPut(msgspec.Struct, frozen=True):
    """Checks that could hold for subjects which could not be listed, and why those could not."""

    kind: CheckedKind
    checks: tuple[Check, ...]
    because: tuple[str, ...]


class Obeyed(msgspec.Struct, frozen=True):
    """A configuration that an audit obeys: its file, and each setting of it that is not what is usual."""

    file: str
    settings: tuple[tuple[str, tuple[str, ...]], ...]

    def without(self, names: Collection[str]) -> Self:
        """Leave out settings: the command line says them otherwise."""
        return msgspec.structs.replace(self, settings=tuple(one for one in self.settings if one[0] not in names))


class Audit(msgspec.Struct, frozen=True):
    """The result of an audit; the most severe findings come first.

    `shown` is the host that was audited: its rules, and who can reach what. `checked` counts the subjects of each
    check. `exposed`: the exposure table was computed. `assertion`: the policy that the host was held against, None for
    none. `left_out` counts the mistakes that a reader did not ask for. `obeyed` is the configuration, None for none.
    """

    head: SnapshotHead
    findings: tuple[Finding, ...]
    undecided: tuple[Undecided, ...]
    checks: tuple[Check, ...]
    shown: AttributedSnapshot
    checked: tuple[tuple[str, int], ...] = ()
    not_put: tuple[NotPut, ...] = ()
    exposed: bool = True
    assertion: Assertion | None = None
    left_out: int = 0
    obeyed: Obeyed | None = None

    @property
    def open(self) -> tuple[Finding, ...]:
        """The findings that are neither waived, permitted nor in the baseline."""
        return tuple(one for one in self.findings if one.open)

    @property
    def unsure(self) -> int:
        """How many answers are not certain: checks that were not put or not decided, and open findings in doubt."""
        return len(self.not_put) + len(self.undecided) + sum(bool(one.doubts) for one in self.open)
