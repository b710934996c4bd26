"""A plan that was judged: what would change, who could then reach what, and which findings that brings."""

import msgspec

from netaudit.attribute.attribution import AttributedChange, AttributedDiff
from netaudit.audit.checks.waiver import Waiver
from netaudit.audit.finding import Audit, Finding
from netaudit.model.plan import Assumption
from netaudit.plan.planned import Planned
from netaudit.plan.rules.planned import Certainty
from netaudit.plan.surroundings import HostChange
from netaudit.policy.verdict import Assertion


class JudgedChange(msgspec.Struct, frozen=True):
    """A change that would come; `assumption` is what it depends on, where it is likely."""

    change: AttributedChange
    certainty: Certainty
    assumption: Assumption | None = None


class JudgedPlan(msgspec.Struct, frozen=True):
    """A plan with all that follows from it.

    `audit` is of the host afterwards; of its findings `new` are those that the command brings, also one that was there
    and would be more severe. `accepted` are those that it brings and that a waiver, the policy or the baseline accepts;
    `broken` the entries of the policy that are not kept, and were not before. `gone` are findings of before that it
    ends. `unheeded` are the waivers in labels that the command brings itself, and that accept nothing.
    `held_before` is the policy, held against the host before.
    """

    planned: Planned
    diff: AttributedDiff
    changes: tuple[JudgedChange, ...]
    surroundings: tuple[HostChange, ...]
    audit: Audit
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    accepted: tuple[Finding, ...] = ()
    broken: tuple[Finding, ...] = ()
    unheeded: tuple[Waiver, ...] = ()
    held_before: Assertion | None = None


def new_findings(plan: JudgedPlan) -> Audit:
    """Return the audit of the host afterwards, with the findings alone that the command brings: open and accepted."""
    return msgspec.structs.replace(plan.audit, findings=plan.new + plan.accepted)


def judged_findings(plan: JudgedPlan) -> Audit:
    """Return these findings with what is broken already: the policy is held as a whole, and a gate judges all of it."""
    return msgspec.structs.replace(plan.audit, findings=plan.new + plan.broken + plan.accepted)
