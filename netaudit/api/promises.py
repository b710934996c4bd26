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


class _Change(msgspec.Struct):
    change: str
    object: str
    backend: str
    family: str
    table: str
    chain: str
    position: int | None
    text: str
    certainty_reason: str | None = None


class _Plan(msgspec.Struct, tag_field="schema", tag="netaudit/plan/v1"):
    changes: list[_Change]
    command: list[str] = []


def read_promise(path: Path) -> Promise:
    """Read a plan as JSON. Raises UsageError."""
    try:
        plan = decode_json(read_any(path, _LARGEST, PATIENCE), _Plan)
    except (OSError, UnfitError) as error:
        hint = "give what `netaudit plan --format json` printed"
        raise UsageError(f"cannot read the plan in {path}: {error}", hint=hint) from error
    return Promise(tuple(plan.command), tuple(map(_promised, plan.changes)))


def keep_promise(promise: Promise, diff: AttributedDiff) -> tuple[Deviation, ...]:
    """Return where what happened differs from the plan."""
    changes = [msgspec.convert(msgspec.to_builtins(one), _Change) for one in diff_document(diff).changes]
    return hold_promise(promise.changes, list(map(_promised, changes)))


def _promised(one: _Change) -> PromisedChange:
    words = (one.family, one.table, one.chain)
    return PromisedChange(
        one.change, one.object, one.backend, *words, one.position, one.text, one.certainty_reason or ""
    )
