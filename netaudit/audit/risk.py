"""Which finding is read first, and which findings are one mistake."""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import get_args

import msgspec

from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.checks.topic import Topic
from netaudit.audit.finding import Finding, Status
from netaudit.model.exposure import Outcome, ZoneKind

_TOPICS = tuple(Topic)
_ALIKE = 4  # mistakes that are the same but for their container, from which on they are read as one


class Reach(IntEnum):
    """How far what a finding is about can be reached from."""

    INTERNET = 0
    LAN = 1
    INSIDE = 2  # or it is about no port at all


_KINDS = {Reach.INTERNET: ZoneKind.INTERNET, Reach.LAN: ZoneKind.LAN}


def risk_of(finding: Finding) -> tuple[int, int, bool, int]:
    """Return what sorts findings: the most severe, what the Internet reaches first, what is sure, then by topic."""
    return -finding.severity.rank, reach_of(finding), bool(finding.doubts), _TOPICS.index(finding.check.topic)


def reach_of(finding: Finding) -> Reach:
    """Tell from where packets get to what a finding is about, or may."""
    kinds = {one.exposure.zone.kind for one in finding.evidence.cells if one.exposure.outcome is not Outcome.BLOCKED}
    if ZoneKind.INTERNET in kinds:
        return Reach.INTERNET
    return Reach.LAN if ZoneKind.LAN in kinds else Reach.INSIDE


class Mistake(msgspec.Struct, frozen=True):
    """Findings that one thing causes, the first to read before the others; never empty.

    They are aspects of the same container's port, or one check found the same about several subjects.
    """

    findings: tuple[Finding, ...]

    @property
    def first(self) -> Finding:
        """The finding that says most about it."""
        return self.findings[0]

    @property
    def places(self) -> tuple[str, ...]:
        """What it is about, each once."""
        return tuple(dict.fromkeys(one.about or one.subject for one in self.findings))

    @property
    def reach(self) -> Reach:
        """How far the worst of it can be reached from."""
        return min(map(reach_of, self.findings))

    @property
    def may_reach(self) -> bool:
        """Whether packets from there may get to it and none surely does, or it may be no problem at all."""
        cells = (cell.exposure for one in self.findings for cell in one.evidence.cells)
        kind = _KINDS.get(self.reach)
        sure = any(one.zone.kind is kind and one.outcome is Outcome.ALLOWED for one in cells)
        return kind is not None and (bool(self.first.doubts) or not sure)

    @property
    def alike(self) -> tuple[Finding, ...]:
        """The findings of its first check, each subject once."""
        first = self.first.check.id
        return tuple(one for one in self.findings if one.check.id == first)

    @property
    def aspects(self) -> tuple[Finding, ...]:
        """One finding for each check, the first to read before the others."""
        return tuple({one.check.id: one for one in reversed(self.findings)}.values())[::-1]


def gather_mistakes(findings: Iterable[Finding]) -> tuple[Mistake, ...]:
    """Gather findings, sorted by risk, into mistakes; the order stays that of the first finding of each."""
    places: dict[tuple[str, ...], list[Finding]] = {}
    for one in findings:
        places.setdefault(_key(one), []).append(one)
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for key, members in places.items():
        alike.setdefault(_likeness(key, members), []).extend(members)
    return tuple(Mistake(tuple(members)) for members in alike.values())


def _key(one: Finding) -> tuple[str, ...]:
    """Return what findings of one mistake have in common: a place, else their check; each entry of a policy is one."""
    if one.about:
        return "at", one.about
    entry = (one.subject,) if one.subject_kind is CheckedKind.ENTRY else ()
    return "by", one.check.id, one.container, *entry


def gather_by_status(findings: Iterable[Finding]) -> dict[Status, tuple[Mistake, ...]]:
    """Gather into mistakes the findings that are open, and those that each thing accepts: they are counted apart."""
    found = tuple(findings)
    return {status: gather_mistakes(one for one in found if one.status == status) for status in get_args(Status)}


def aspects_of(findings: Iterable[Finding]) -> dict[str, str]:
    """Return, by the fingerprint of each finding that says more of a mistake, that of the one to read before it."""
    mistakes = (one for members in gather_by_status(findings).values() for one in members)
    return {other.fingerprint: one.first.fingerprint for one in mistakes for other in one.findings[1:]}


def fold_mistakes(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """Read as one what many containers have in common; the order stays that of the first of each."""
    alike: dict[tuple[object, ...], list[Mistake]] = {}
    for one in mistakes:
        alike.setdefault(_kind(one), []).append(one)
    return tuple(whole for members in alike.values() for whole in _folded(members))


def _folded(members: Sequence[Mistake]) -> Sequence[Mistake]:
    if len(members) < _ALIKE:
        return members
    return [Mistake(tuple(finding for one in members for finding in one.findings))]


def _kind(one: Mistake) -> tuple[object, ...]:
    """Return what mistakes have in common that differ in their place alone."""
    return one.first.severity, one.reach, one.first.service, one.first.check.id


def _likeness(key: tuple[str, ...], members: Sequence[Finding]) -> tuple[object, ...]:
    """Return what ports of one container have in common that are the same mistake twice: 80 and 443."""
    first = members[0]
    if not (first.about and first.container):
        return key
    return (first.container, first.service, *dict.fromkeys((one.check.id, one.severity) for one in members))
