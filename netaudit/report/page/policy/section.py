"""A policy that was held against a host -> the section of a page: entries with their proofs, the broken first."""

from collections.abc import Iterator

import msgspec

from netaudit.attribute.attribution import SnapshotHead
from netaudit.audit.planned import JudgedPlan
from netaudit.model.facts import Gap
from netaudit.policy.verdict import Assertion, Judged, Verdict
from netaudit.report.page.first.figures import Figure
from netaudit.report.text.findings.assertion import describe_owner, judged_proofs, summarise_assertion, worst_first
from netaudit.report.text.findings.audit import Proof, cell_proof, some_proofs
from netaudit.report.text.plan.policy import describe_all_kept, entries_not_kept
from netaudit.report.text.sentence import Foreign, Sentence
from netaudit.report.text.words import distinct_gaps

_NAMED = 4  # entries that sentences name


class PolicyRow(msgspec.Struct, frozen=True):
    """An entry as a page shows it: `decided` says why and by whom; what holds needs no proof.

    `since` is of a plan: whether it would be broken, or is already.
    """

    verdict: Verdict
    text: str
    place: str
    decided: str
    proofs: tuple[Proof, ...]
    since: str = ""


class PolicySection(msgspec.Struct, frozen=True):
    """A policy as a page shows it; `uncovered` is what is open and no entry speaks of."""

    file: str
    summary: str
    rows: tuple[PolicyRow, ...]
    uncovered: tuple[Proof, ...]
    failed: int


class PolicyPage(msgspec.Struct, frozen=True):
    """A page about a policy alone."""

    title: str
    head: SnapshotHead
    verdict: tuple[Sentence, ...]
    policy: PolicySection
    gaps: tuple[Gap, ...]


def make_policy_page(assertion: Assertion) -> PolicyPage:
    """Lay out a policy on a page of its own."""
    section = _section(assertion)
    head = assertion.head
    title = f"policy for {head.host or 'an unnamed host'}"
    return PolicyPage(title, head, tuple(judge_policy(section)), section, distinct_gaps((head,)))


def make_section(assertion: Assertion | None) -> PolicySection | None:
    """Lay out a policy; None without one."""
    return None if assertion is None else _section(assertion)


def _section(assertion: Assertion) -> PolicySection:
    place = assertion.policy.place
    return PolicySection(
        file=place,
        summary=summarise_assertion(assertion),
        rows=tuple(_row(one, place) for one in worst_first(assertion)),
        uncovered=tuple(some_proofs([cell_proof(one) for one in assertion.uncovered])),
        failed=assertion.failed,
    )


def with_plan(section: PolicySection | None, plan: JudgedPlan) -> PolicySection | None:
    """Say of each entry whether the plan would break it, or whether it is broken already."""
    if section is None:
        return None
    since = {(one.judged.entry.text, one.judged.entry.line): one.since for one in entries_not_kept(plan)}
    judged = worst_first(plan.audit.assertion) if plan.audit.assertion else ()
    rows = (
        msgspec.structs.replace(row, since=since.get((one.entry.text, one.entry.line), ""))
        for row, one in zip(section.rows, judged, strict=True)
    )
    return msgspec.structs.replace(section, rows=tuple(rows))


def judge_planned_policy(plan: JudgedPlan) -> Iterator[Sentence]:
    """Say that all would be kept, or name each entry that would not, since when and by what."""
    if kept := describe_all_kept(plan):
        yield Sentence((f"{kept[:1].upper()}{kept[1:]}.",))
    not_kept = entries_not_kept(plan)
    for one in not_kept[:_NAMED]:
        by = (": ", Foreign(one.broken_by)) if one.broken_by else ()
        yield Sentence((f"Policy: {one.since}: ", Foreign(one.judged.entry.text), *by), "!")
    if len(not_kept) > _NAMED:
        yield Sentence((f"Policy: and {len(not_kept) - _NAMED} more that would not be kept.",), "!")


def judge_policy(section: PolicySection | None) -> Iterator[Sentence]:
    """Say what became of the policy; nothing without one."""
    if section is not None:
        undecided = any(one.verdict is Verdict.UNDECIDED for one in section.rows)
        mark = "!" if section.failed else "?" if undecided else ""
        yield Sentence((f"Policy: {section.summary}.",), mark)


def policy_figure(section: PolicySection | None) -> Iterator[Figure]:
    """Count the entries that do not pass; nothing without a policy."""
    if section is not None:
        word = "entry not kept" if section.failed == 1 else "entries not kept"
        yield Figure(section.failed, word, "policy")


def _row(one: Judged, place: str) -> PolicyRow:
    proofs = () if one.verdict is Verdict.HOLDS else tuple(judged_proofs(one))
    return PolicyRow(one.verdict, one.entry.text, f"{place}:{one.entry.line}", describe_owner(one), proofs)
