"""A plan as JSON: `netaudit/plan/v1`. It has what `netaudit/diff/v1` has, and what the prediction is made of."""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from netaudit.audit.planned import JudgedChange, JudgedPlan
from netaudit.model.plan import Assumption, AssumptionKind, MadeOn, Refusal, Symbol, SymbolKind
from netaudit.plan.pitfalls import Pitfall, PitfallKind
from netaudit.plan.rules.planned import Certainty
from netaudit.plan.surroundings import HostChange, HostPart
from netaudit.report.json.assertion import PolicyJson, policy_json
from netaudit.report.json.audit import (
    CONFIGURATION,
    ConfigurationJson,
    UndecidedJson,
    configuration_json,
    undecided_json,
)
from netaudit.report.json.cell import CellChangeJson, Computed, ComputedGap, change_json
from netaudit.report.json.diff import ChangedJson, change_fields
from netaudit.report.json.finding import FindingJson, WaiverJson, findings_json, waiver_json
from netaudit.report.json.item import AttributedJson, attributed_json
from netaudit.report.json.printing import print_json
from netaudit.report.json.snapshot import CoverageJson, SnapshotJson, coverage_json, head_json
from netaudit.report.text.plan.assumptions import describe_assumption, describe_settling
from netaudit.report.text.plan.words import describe_pitfall
from netaudit.report.text.words import Verb

_MISSING = Meta(description="Ought to be there afterwards, and would not be.")
_DEFECTS = Meta(description="Would be there afterwards, and stale, misplaced or duplicate.")
_FINDINGS = Meta(
    description="What the command would bring: not there before, or less severe. The most severe first, then what is"
    " accepted of it, with its status."
)
_BROKEN = Meta(description="Entries of the policy that are not kept, and were not before; a gate judges them too.")
_UNHEEDED = Meta(description="Waivers in labels that the command brings itself: they accept nothing.")
_POLICY = Meta(description="Held against the host afterwards; absent: no policy was named.")
_MADE_ON = Meta(description="Where the host came from, as it was named; absent: this host, then.")
_BODY = Meta(description="As the client sent it, without the values of environment variables; null for no JSON.")


class RequestJson(msgspec.Struct, frozen=True, kw_only=True):
    """A call of the Engine API, as the client sent it."""

    method: str
    path: str
    query: dict[str, str]
    body: Annotated[Any, _BODY]


class RefusalJson(msgspec.Struct, frozen=True, kw_only=True):
    """A request that the engine would refuse."""

    method: str
    path: str
    status: int
    message: str


class SymbolJson(msgspec.Struct, frozen=True, kw_only=True):
    """A value that is not known before the command runs; in texts its name stands in braces."""

    name: str
    kind: SymbolKind
    range: str


class AssumptionJson(msgspec.Struct, frozen=True, kw_only=True):
    """What is taken for granted, and the fact that would settle it."""

    kind: AssumptionKind
    text: str
    settled_by: str


class PitfallJson(msgspec.Struct, frozen=True, kw_only=True):
    """What the command says, and does not do."""

    kind: PitfallKind
    text: str


class HostChangeJson(msgspec.Struct, frozen=True, kw_only=True):
    """What changes around the rules; null where it was not there, or would be gone."""

    part: HostPart
    before: str | None
    after: str | None


class _PlannedChangeJson(ChangedJson, frozen=True, kw_only=True):
    """The fields of a planned change that come after its object's."""

    certainty: Certainty
    certainty_reason: Annotated[str | None, Meta(description="What it depends on, where it is likely.")]


# A field that is not keyword-only comes before all that are: `change` is printed first.
class PlannedChangeJson(_PlannedChangeJson, frozen=True):
    """What would be there after the change, or was there before a removal; `before` where moved or altered."""

    change: Verb


class PlanDocument(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="netaudit/plan/v1"):
    """netaudit plan."""

    plan: Annotated[str, Meta(description="What was planned, as a line.")]
    command: tuple[str, ...]
    before: SnapshotJson
    after: SnapshotJson
    changes: tuple[PlannedChangeJson, ...]
    missing: Annotated[tuple[AttributedJson, ...], _MISSING]
    defects: Annotated[tuple[AttributedJson, ...], _DEFECTS]
    exposure: tuple[CellChangeJson, ...]
    exposure_computed: Computed
    exposure_gap: ComputedGap = UNSET
    surroundings: tuple[HostChangeJson, ...]
    findings: Annotated[tuple[FindingJson, ...], _FINDINGS]
    broken_already: Annotated[tuple[FindingJson, ...] | UnsetType, _BROKEN] = UNSET
    ended: Annotated[tuple[FindingJson, ...], Meta(description="Findings of before that the command would end.")]
    unheeded: Annotated[tuple[WaiverJson, ...] | UnsetType, _UNHEEDED] = UNSET
    undecided: tuple[UndecidedJson, ...]
    coverage: CoverageJson
    pitfalls: tuple[PitfallJson, ...]
    requests: tuple[RequestJson, ...]
    refused: tuple[RefusalJson, ...]
    symbols: tuple[SymbolJson, ...]
    assumptions: tuple[AssumptionJson, ...]
    policy: Annotated[PolicyJson | UnsetType, _POLICY] = UNSET
    configuration: Annotated[ConfigurationJson | UnsetType, CONFIGURATION] = UNSET
    output: Annotated[str | UnsetType, Meta(description="What the command printed.")] = UNSET
    made_on: Annotated[MadeOn | UnsetType, _MADE_ON] = UNSET


def render_plan(plan: JudgedPlan) -> bytes:
    """Print a plan as one JSON object."""
    return print_json(plan_document(plan))


def plan_document(plan: JudgedPlan) -> PlanDocument:
    """Return a plan: what would change, who could reach what, what it would bring, and what it is made of."""
    planned, diff = plan.planned, plan.diff
    return PlanDocument(
        plan=planned.title,
        command=planned.command,
        before=head_json(diff.before),
        after=head_json(diff.after),
        changes=tuple([_change(one) for one in plan.changes]),
        missing=tuple([attributed_json(one) for one in diff.missing]),
        defects=tuple([attributed_json(one) for one in diff.defects]),
        exposure=tuple([change_json(one) for one in diff.exposure or ()]),
        exposure_computed=diff.exposure is not None,
        exposure_gap=diff.exposure_gap or UNSET,
        surroundings=tuple([_host_change(one) for one in plan.surroundings]),
        findings=findings_json(plan.new + plan.accepted),
        broken_already=findings_json(plan.broken) or UNSET,
        ended=findings_json(plan.gone),
        unheeded=tuple(map(waiver_json, plan.unheeded)) or UNSET,
        undecided=tuple([undecided_json(one) for one in plan.audit.undecided]),
        coverage=coverage_json(diff.coverage),
        pitfalls=tuple([_pitfall(one) for one in planned.pitfalls]),
        requests=tuple(
            [
                RequestJson(method=one.method, path=one.path, query=dict(one.query), body=_without_values(one.body))
                for one in planned.requests
            ]
        ),
        refused=tuple([_refusal(one) for one in planned.refused]),
        symbols=tuple([_symbol(one) for one in planned.symbols]),
        assumptions=tuple([_assumption(one) for one in planned.assumptions]),
        policy=policy_json(plan.audit.assertion) if plan.audit.assertion else UNSET,
        configuration=configuration_json(plan.audit.obeyed),
        output=planned.output or UNSET,
        made_on=UNSET if planned.made_on == MadeOn() else planned.made_on,
    )


def _change(one: JudgedChange) -> PlannedChangeJson:
    return PlannedChangeJson(
        **change_fields(one.change),
        certainty=one.certainty,
        certainty_reason=describe_assumption(one.assumption) if one.assumption else None,
    )


def _host_change(one: HostChange) -> HostChangeJson:
    return HostChangeJson(part=one.part, before=one.before or None, after=one.after or None)


def _pitfall(one: Pitfall) -> PitfallJson:
    return PitfallJson(kind=one.kind, text=describe_pitfall(one))


def _without_values(body: Any) -> Any:  # noqa: ANN401 (any JSON)
    """Return a body with the names of environment variables alone: their values are secrets, and no rule has them."""
    match body:
        case dict():
            return {key: _names(value) if key == "Env" else _without_values(value) for key, value in body.items()}
        case list() | tuple():
            return [_without_values(one) for one in body]
        case _:
            return body


def _names(env: Any) -> Any:  # noqa: ANN401 (what a client sent)
    variables = env if isinstance(env, list | tuple) else ()
    return [f"{name}=…" if is_set else name for name, is_set, _ in (str(one).partition("=") for one in variables)]


def _refusal(one: Refusal) -> RefusalJson:
    return RefusalJson(method=one.request.method, path=one.request.path, status=one.status, message=one.message)


def _symbol(one: Symbol) -> SymbolJson:
    return SymbolJson(name=one.name, kind=one.kind, range=one.range)


def _assumption(one: Assumption) -> AssumptionJson:
    return AssumptionJson(kind=one.kind, text=describe_assumption(one), settled_by=describe_settling(one))
