"""An audit's findings -> what a page shows of each: how grave, what proves it, what to do, and where it stands."""

from collections.abc import Iterable, Iterator

import msgspec

from netaudit.attribute.attribution import AttributedExposure, AttributedItem
from netaudit.audit.checks.check import Check
from netaudit.audit.finding import Audit, Finding
from netaudit.model.netfilter.ruleset import Item
from netaudit.report.page.anchors import Anchors
from netaudit.report.text.destinations import describe_port
from netaudit.report.text.findings.audit import (
    describe_doubts,
    describe_not_put,
    describe_status,
    describe_undecided,
    gather_undecided,
    summarise_audit,
)
from netaudit.report.text.reasons import describe_reason
from netaudit.report.text.sentence import Foreign, Sentence

_IN_FULL = 12  # findings of one check
_SHOWN = 8  # pieces of one kind of evidence; `netaudit audit --format json` has all


class ProofRow(msgspec.Struct, frozen=True):
    """A piece of evidence; `item` is the rule, where it is one."""

    words: str
    item: Item | None = None


class FindingRow(msgspec.Struct, frozen=True):
    """A finding as a page shows it; `status` says who accepted it, "" where nobody did."""

    anchor: str
    finding: Finding
    status: str
    proofs: tuple[ProofRow, ...]
    more: int = 0
    doubts: tuple[str, ...] = ()


class FindingList(msgspec.Struct, frozen=True):
    """All findings: the first ones of each check in full, the rest by name; and what was not decided."""

    rows: tuple[FindingRow, ...]
    alike: tuple[tuple[Check, tuple[str, ...]], ...]
    undecided: tuple[str, ...]
    not_put: tuple[str, ...] = ()


def list_findings(audit: Audit, anchors: Anchors) -> FindingList:
    """List findings in the audit's order: the most severe first, accepted ones last."""
    of_check: dict[str, list[Finding]] = {}
    full: list[Finding] = []
    for one in sorted(audit.findings, key=lambda one: not one.open):
        members = of_check.setdefault(one.check.id, [])
        members.append(one)
        if len(members) <= _IN_FULL:
            full.append(one)
    rest = [members[_IN_FULL:] for members in of_check.values() if len(members) > _IN_FULL]
    return FindingList(
        rows=tuple(_row(one, anchors) for one in full),
        alike=tuple((members[0].check, tuple(one.subject for one in members)) for members in rest),
        undecided=tuple(
            f"{check.id}: {describe_undecided(members)}" for check, members in gather_undecided(audit.undecided)
        ),
        not_put=tuple(map(describe_not_put, audit.not_put)),
    )


def _row(finding: Finding, anchors: Anchors) -> FindingRow:
    proofs = list(_proofs(finding))
    return FindingRow(
        anchor=anchors.finding(finding.check.id, finding.fingerprint),
        finding=finding,
        status=describe_status(finding),
        proofs=tuple(proofs[:_SHOWN]),
        more=max(0, len(proofs) - _SHOWN),
        doubts=describe_doubts(finding.doubts),
    )


def _proofs(finding: Finding) -> Iterator[ProofRow]:
    evidence = finding.evidence
    yield from map(_cell, evidence.cells)
    yield from _rules("missing", evidence.missing)
    yield from _rules("", evidence.rules)


def _rules(word: str, items: Iterable[AttributedItem]) -> Iterator[ProofRow]:
    for one in items:
        yield ProofRow(f"{word} {one.item.text}".strip(), one.item)


def _cell(one: AttributedExposure) -> ProofRow:
    exposure = one.exposure
    words = f"{exposure.zone} to {describe_port(exposure.destination)}: {exposure.outcome}"
    return ProofRow(", ".join(filter(None, (words, describe_reason(exposure.reason)))), exposure.rule)


def judge_audit(audit: Audit | None) -> Iterator[Sentence]:
    """Say how many findings are open and how severe, and quote the most severe; nothing without an audit."""
    if audit is None:
        return
    if audit.open:
        yield Sentence((f"{summarise_audit(audit)}. Most severe: ", Foreign(audit.open[0].message)), "!")
    else:
        yield Sentence((f"{summarise_audit(audit)}.",))
