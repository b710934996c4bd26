"""`run --planned FILE`: what happened is held against a plan that was made before."""

from collections.abc import Sequence

import msgspec

from netaudit.api.plan_files import PlanFile
from netaudit.attribute.attribution import AttributedDiff
from netaudit.plan.hidden_values import hide_values
from netaudit.plan.promise import Deviation, PromisedChange, hold_promise
from netaudit.report.json.diff import diff_document


def is_of(plan: PlanFile, command: Sequence[str]) -> bool:
    """Tell whether a plan is of this command; a plan of requests names none."""
    return not plan.command or plan.command == hide_values(command)


def keep_promise(plan: PlanFile, diff: AttributedDiff) -> tuple[Deviation, ...]:
    """Return where what happened differs from the plan."""
    return hold_promise(plan.changes, changes_of(diff))


def changes_of(diff: AttributedDiff) -> tuple[PromisedChange, ...]:
    """Return the changes of a comparison as a plan's JSON has them."""
    return msgspec.convert(msgspec.to_builtins(diff_document(diff).changes), tuple[PromisedChange, ...])
