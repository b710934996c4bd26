"""A diff as JSON: `netaudit/diff/v1`."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from netaudit.attribute.attribution import AttributedChange, AttributedDiff
from netaudit.diff import Altered, Moved
from netaudit.model.observation import DockerEvent, Writer
from netaudit.policy.verdict import Assertion
from netaudit.report.json.assertion import PolicyJson, policy_json
from netaudit.report.json.cell import CellChangeJson, Computed, ComputedGap, change_json
from netaudit.report.json.item import (
    AttributedJson,
    AttributionJson,
    ItemJson,
    attributed_json,
    attribution_json,
    item_fields,
)
from netaudit.report.json.printing import print_json
from netaudit.report.json.snapshot import CoverageJson, SnapshotJson, coverage_json, head_json
from netaudit.report.text.words import Verb, verb

_EVENTS = Meta(description="What Docker said of its causes meanwhile; only where netaudit listened (`run`).")
_UNDECIDED = Meta(description="How many cells could not be decided, before or after: they may have changed.")
_UNASKED = Meta(
    description="Of how many containers that was not computed, though not all that decides about them was recorded."
)
_POLICY = Meta(description="Held against the host afterwards; only where one was named (`run`).")
_MISSING = Meta(description="Ought to be there afterwards, and is not.")
_DEFECTS = Meta(description="There afterwards, and stale, misplaced or duplicate.")


class WriterJson(msgspec.Struct, frozen=True, kw_only=True):
    """The process that wrote a change, as the kernel told it while `run` listened."""

    pid: int | None
    name: str | None
    reason: Annotated[str | None, Meta(description="Why it is not known.")]


class EventJson(msgspec.Struct, frozen=True, kw_only=True):
    """An event of Docker."""

    type: str
    action: str
    id: str
    name: str
    at: str


class EarlierJson(ItemJson, frozen=True, kw_only=True):
    """An object of a ruleset as it was before it was moved or altered."""

    attribution: AttributionJson | None


class ChangedJson(AttributedJson, frozen=True, kw_only=True):
    """The fields of a change that come after its object's."""

    before: EarlierJson | UnsetType = UNSET
    writer: WriterJson | UnsetType = UNSET
    events: Annotated[tuple[EventJson, ...] | UnsetType, _EVENTS] = UNSET


# A field that is not keyword-only comes before all that are: `change` is printed first.
class ChangeJson(ChangedJson, frozen=True):
    """What is there after the change, or was there before a removal; `before` where it was moved or altered."""

    change: Verb


class DiffDocument(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="netaudit/diff/v1"):
    """netaudit diff, run, and report of two recordings."""

    before: SnapshotJson
    after: SnapshotJson
    changes: tuple[ChangeJson, ...]
    missing: Annotated[tuple[AttributedJson, ...], _MISSING]
    defects: Annotated[tuple[AttributedJson, ...], _DEFECTS]
    exposure: tuple[CellChangeJson, ...]
    exposure_computed: Computed
    exposure_gap: ComputedGap = UNSET
    exposure_undecided: Annotated[int | UnsetType, _UNDECIDED] = UNSET
    exposure_unasked: Annotated[int | UnsetType, _UNASKED] = UNSET
    coverage: CoverageJson
    policy: Annotated[PolicyJson | UnsetType, _POLICY] = UNSET


def render_diff(diff: AttributedDiff, assertion: Assertion | None = None) -> bytes:
    """Print a diff as one JSON object, with the policy that the host was held against afterwards."""
    return print_json(diff_document(diff, assertion))


def diff_document(diff: AttributedDiff, assertion: Assertion | None = None) -> DiffDocument:
    """Return a diff: its changes, what is missing, who can reach what now and could not before."""
    return DiffDocument(
        before=head_json(diff.before),
        after=head_json(diff.after),
        changes=tuple([ChangeJson(**change_fields(change)) for change in diff.changes]),
        missing=tuple([attributed_json(missing) for missing in diff.missing]),
        defects=tuple([attributed_json(defect) for defect in diff.defects]),
        exposure=tuple([change_json(one) for one in diff.exposure or ()]),
        exposure_computed=diff.exposure is not None,
        exposure_gap=diff.exposure_gap or UNSET,
        exposure_undecided=diff.exposure_undecided or UNSET,
        exposure_unasked=diff.exposure_unasked or UNSET,
        coverage=coverage_json(diff.coverage),
        policy=policy_json(assertion) if assertion else UNSET,
    )


def change_fields(one: AttributedChange) -> dict[str, Any]:
    """Return the fields of a ChangeJson, for the types that add to it."""
    return {
        "change": verb(one.change),
        **item_fields(one.change.item),
        "attribution": attribution_json(one.attribution),
        "before": _earlier(one),
        "writer": _writer(one.writer) if one.writer is not None else UNSET,
        "events": tuple([_event(event) for event in one.events]) if one.writer is not None else UNSET,
    }


def _earlier(one: AttributedChange) -> EarlierJson | UnsetType:
    match one.change:
        case Moved(_, before) | Altered(_, before):
            attribution = attribution_json(one.before) if one.before else None
            return EarlierJson(**item_fields(before), attribution=attribution)
        case _:
            return UNSET


def _writer(writer: Writer) -> WriterJson:
    return WriterJson(pid=writer.pid, name=writer.name or None, reason=writer.reason or None)


def _event(event: DockerEvent) -> EventJson:
    return EventJson(type=event.type, action=event.action, id=event.id, name=event.name, at=event.at)
