"""`run --planned FILE`: what happened is held against the plan that `plan --format json` printed."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from netaudit.attribute.attribution import AttributedDiff
from netaudit.bounded import PATIENCE, UnfitError, decode_json, read_any
from netaudit.errors import UsageError
from netaudit.plan.hidden_values import hide_values
from netaudit.plan.promise import Deviation, PromisedChange, hold_promise
from netaudit.report.json.diff import diff_document

_LARGEST = 256 << 20  # bytes of a plan


class Promise(msgspec.Struct, frozen=True):
    """A plan that was made before: its command, and the changes that it says will come."""

    command: tuple[str, ...]
    changes: tuple[PromisedChange, ...]

    def is_of(self, command: Sequence[str]) -> bool:
        """Tell whether the plan is of this command; a plan of requests names none."""
        return not self.command or self.command == hide_values(command)


class _Plan(msgspec.Struct, tag_field="schema", tag="netaudit/plan/v1"):
    changes: tuple[PromisedChange, ...]
    command: list[str] = []


def read_promise(path: Path) -> Promise:
    """Read a plan as JSON. Raises UsageError."""
    try:
        plan = decode_json(read_any(path, _LARGEST, PATIENCE), _Plan)
    except (OSError, UnfitError) as error:
        hint = "give what `netaudit plan --format json` printed"
        raise UsageError(f"cannot read the plan in {path}: {error}", hint=hint) from error
    return Promise(tuple(plan.command), plan.changes)


def keep_promise(promise: Promise, diff: AttributedDiff) -> tuple[Deviation, ...]:
    """Return where what happened differs from the plan."""
    return hold_promise(promise.changes, changes_of(diff))


def changes_of(diff: AttributedDiff) -> tuple[PromisedChange, ...]:
    """Return the changes of a comparison as a plan's JSON has them."""
    return msgspec.convert(msgspec.to_builtins(diff_document(diff).changes), tuple[PromisedChange, ...])
