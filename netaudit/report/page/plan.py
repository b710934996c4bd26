"""A judged plan -> what its page shows: the page of a diff in the other tense, and what the prediction is made of."""

from collections.abc import Iterable, Iterator

import msgspec

from netaudit.attribute.attribution import SnapshotHead
from netaudit.audit.finding import Audit
from netaudit.audit.planned import JudgedPlan, new_findings
from netaudit.audit.risk import gather_mistakes
from netaudit.report.page.anchors import Anchors
from netaudit.report.page.findings import describe_mistake, judge_audit, judge_obeyed, list_findings
from netaudit.report.page.first.figures import Figure
from netaudit.report.page.first.opening import Opening, open_diff
from netaudit.report.page.first.summary import judge_diff
from netaudit.report.page.headings import headings_of
from netaudit.report.page.model import DiffPage, make_diff_page
from netaudit.report.page.policy.section import judge_planned_policy, with_plan
from netaudit.report.text.findings.accepted import describe_unheeded
from netaudit.report.text.plan.assumptions import describe_assumption, describe_settling
from netaudit.report.text.plan.words import (
    NOTHING_RAN,
    describe_host_change,
    describe_pitfall,
    describe_refusal,
    describe_unknown,
)
from netaudit.report.text.sentence import Foreign, Sentence
from netaudit.report.text.unseen import Tense


class PlanPart(msgspec.Struct, frozen=True):
    """Lines under a heading."""

    heading: str
    lines: tuple[str, ...]


class PlanPage(DiffPage, frozen=True, kw_only=True):
    """The page of a plan: what was planned, and what it is made of."""

    planned: str
    tense: Tense = Tense.PLANNED
    parts: tuple[PlanPart, ...]

    @property
    def taken(self) -> tuple[tuple[str, SnapshotHead], ...]:
        """The recording that it is planned on: what would be afterwards has no time and no digest."""
        return (("planned on", self.heads[0][1]),)


def make_plan_page(plan: JudgedPlan) -> PlanPage:
    """Lay out a plan."""
    page = make_diff_page(plan.diff, plan.audit.assertion)
    fields = {name: getattr(page, name) for name in page.__struct_fields__ if name != "tense"}
    new = new_findings(plan)
    found = len(gather_mistakes(plan.new))
    fields |= {
        "title": f"plan for {plan.diff.before.host or 'an unnamed host'}",
        "verdict": tuple(_verdict(plan)),
        "audited": tuple(judge_obeyed(plan.audit)),
        "policy": with_plan(page.policy, plan),
        "figures": (
            Figure(found, "new finding" if found == 1 else "new findings", "findings"),
            *page.figures,
        ),
        "opening": _open_plan(plan, new),
        "headings": headings_of(plan.diff, Tense.PLANNED),
        "findings": list_findings(msgspec.structs.replace(new, undecided=()), Anchors()),
    }
    return PlanPage(**fields, planned=plan.planned.title, parts=tuple(_parts(plan)))


def _open_plan(plan: JudgedPlan, new: Audit) -> Opening:
    """Begin with the command; what is planned has the time of the host that it is planned on."""
    before = plan.diff.before
    on = msgspec.structs.replace(plan.diff, after=msgspec.structs.replace(plan.diff.after, taken_at=before.taken_at))
    opening = open_diff(on, new, Tense.PLANNED)
    return msgspec.structs.replace(opening, facts=(("Command", plan.planned.title), *opening.facts))


def _verdict(plan: JudgedPlan) -> Iterator[Sentence]:
    """Say who could reach what first, then what the command does not do, then the rest."""
    first, *rest = judge_diff(plan.diff, Tense.PLANNED)
    yield first
    yield from (Sentence((Foreign(describe_pitfall(one)),), "!") for one in plan.planned.pitfalls)
    yield from (
        Sentence(("The engine would refuse ", Foreign(describe_refusal(one))), "!") for one in plan.planned.refused
    )
    if plan.new or plan.accepted:
        yield from judge_audit(new_findings(plan))
    yield from (Sentence((Foreign(describe_unheeded(one)),), "!") for one in plan.unheeded)
    yield from judge_planned_policy(plan)
    yield from rest
    yield Sentence((f"{NOTHING_RAN.capitalize()}.",))


def _parts(plan: JudgedPlan) -> Iterator[PlanPart]:
    planned = plan.planned
    yield from _part("Around the rules", map(describe_host_change, plan.surroundings))
    yield from _part("Findings that it would end", map(describe_mistake, gather_mistakes(plan.gone)))
    yield from _part("Not known before it runs", describe_unknown(planned))
    assumed = (f"{describe_assumption(one)}; to check: {describe_settling(one)}" for one in planned.assumptions)
    yield from _part("Assumed", assumed)
    yield from _part("The command prints", planned.output.splitlines())


def _part(heading: str, lines: Iterable[str]) -> Iterator[PlanPart]:
    found = tuple(lines)
    if found:
        yield PlanPart(heading, found)
