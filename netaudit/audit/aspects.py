"""Findings that say of one container, cell by cell, what one change of it opened -> one finding with its aspects."""

from collections.abc import Iterable

import msgspec

from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import Evidence, Finding


def gather_aspects(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, those about cells of one container that one check has in one place: the first one's."""
    groups: dict[object, list[Finding]] = {}
    for at, one in enumerate(findings):
        is_cell = one.subject_kind is CheckedKind.CHANGE and bool(one.evidence.cells) and bool(one.container)
        key = (one.check.id, one.container, one.severity, one.doubts) if is_cell else at
        groups.setdefault(key, []).append(one)
    return tuple(map(_gathered, groups.values()))


def _gathered(group: list[Finding]) -> Finding:
    first, *others = group
    if not others:
        return first
    cells = tuple(cell for one in group for cell in one.evidence.cells)
    evidence = Evidence(first.evidence.rules, first.evidence.missing, tuple(dict.fromkeys(cells)))
    also = "; ".join(one.subject for one in others)
    return msgspec.structs.replace(first, message=f"{first.message} So are: {also}.", evidence=evidence)
