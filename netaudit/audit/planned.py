"""A plan that was judged: what would change, who could then reach what, and which findings that brings."""

import msgspec

from netaudit.attribute.attribution import AttributedChange, AttributedDiff
from netaudit.audit.finding import Audit, Finding
from netaudit.model.plan import Assumption
from netaudit.plan.planned import Planned
from netaudit.plan.rules.planned import Certainty
from netaudit.plan.surroundings import HostChange


class JudgedChange(msgspec.Struct, frozen=True):
    """A change that would come; `assumption` is what it depends on, where it is likely."""

    change: AttributedChange
    certainty: Certainty
    assumption: Assumption | None = None


class JudgedPlan(msgspec.Struct, frozen=True):
    """A plan with all that follows from it.

    `audit` is of the host afterwards; of its findings `new` are those that the command brings, also one that was there
    and would be more severe, and every entry of the policy that is not kept. `gone` are findings of before that it
    ends.
    """

    planned: Planned
    diff: AttributedDiff
    changes: tuple[JudgedChange, ...]
    surroundings: tuple[HostChange, ...]
    audit: Audit
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]


def new_findings(plan: JudgedPlan) -> Audit:
    """Return the audit of the host afterwards, with the findings alone that the command brings."""
    return msgspec.structs.replace(plan.audit, findings=plan.new)
