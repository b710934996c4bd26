"""Findings that say of one port, cell by cell, what one change opened -> one finding with its aspects."""

from collections.abc import Iterable

import msgspec

from netaudit.audit.checks.subject_kind import CheckedKind
from netaudit.audit.finding import Evidence, Finding

_Key = tuple[object, ...]
_NAMED = 4  # of the others, that a message names: the evidence has all


def gather_aspects(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, those about cells of one container's port that one check has in one place: the first one's.

    Two ports of a container stay two findings of one severity: `gather_mistakes` reads them as one mistake.
    """
    groups: dict[_Key, list[Finding]] = {}
    for at, one in enumerate(findings):
        is_cell = one.subject_kind is CheckedKind.CHANGE and bool(one.evidence.cells) and bool(one.container)
        key = (one.about, one.check.id, one.container, one.severity, one.doubts) if is_cell else ("", at)
        groups.setdefault(key, []).append(one)
    return tuple(map(_gathered, _with_portless(groups)))


def _with_portless(groups: dict[_Key, list[Finding]]) -> Iterable[list[Finding]]:
    """Put what is about all ports of a container, by its own address, to the first of its ports, where there is one."""
    ports: dict[_Key, list[Finding]] = {}
    for (about, *rest), members in groups.items():
        if about:
            ports.setdefault(tuple(rest), members)
    left = []
    for (about, *rest), members in groups.items():
        if not about and (first := ports.get(tuple(rest))):
            first.extend(members)
        else:
            left.append(members)
    return left


def _gathered(group: list[Finding]) -> Finding:
    first, *others = group
    if not others:
        return first
    cells = tuple(cell for one in group for cell in one.evidence.cells)
    evidence = Evidence(first.evidence.rules, first.evidence.missing, tuple(dict.fromkeys(cells)))
    also = "; ".join(one.subject for one in others[:_NAMED])
    also += f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    return msgspec.structs.replace(first, message=f"{first.message} So are: {also}.", evidence=evidence)
