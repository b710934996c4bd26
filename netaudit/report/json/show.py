"""A snapshot as JSON: `netaudit/show/v1`."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from netaudit.attribute.attribution import AttributedInside, AttributedSnapshot
from netaudit.report.json.cell import CellJson, Computed, ComputedGap, cell_json
from netaudit.report.json.item import AttributedJson, RefJson, attributed_json, ref_json
from netaudit.report.json.printing import print_json
from netaudit.report.json.snapshot import CoverageJson, SnapshotJson, coverage_json, head_json

_INSIDE = Meta(
    description="The rules in containers' own network namespaces, where they were recorded (`record --inside`)."
)


class InsideJson(msgspec.Struct, frozen=True, kw_only=True):
    """The rules in the network namespace of one container."""

    container: RefJson
    rules: tuple[AttributedJson, ...]


class ShowDocument(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="netaudit/show/v1"):
    """netaudit show, and report of one recording."""

    snapshot: SnapshotJson
    rules: tuple[AttributedJson, ...]
    missing: tuple[AttributedJson, ...]
    defects: tuple[AttributedJson, ...]
    exposure: tuple[CellJson, ...]
    exposure_computed: Computed
    exposure_gap: ComputedGap = UNSET
    coverage: CoverageJson
    inside: Annotated[tuple[InsideJson, ...] | UnsetType, _INSIDE] = UNSET


def render_snapshot(shown: AttributedSnapshot) -> bytes:
    """Print a snapshot as one JSON object."""
    return print_json(show_document(shown))


def show_document(shown: AttributedSnapshot) -> ShowDocument:
    """Return a snapshot's rules, what is missing, who can reach what."""
    return ShowDocument(
        snapshot=head_json(shown.head),
        rules=tuple([attributed_json(one) for one in shown.items]),
        missing=tuple([attributed_json(one) for one in shown.missing]),
        defects=tuple([attributed_json(one) for one in shown.defects]),
        exposure=tuple([cell_json(one) for one in shown.exposure or ()]),
        exposure_computed=shown.exposure is not None,
        exposure_gap=shown.exposure_gap or UNSET,
        coverage=coverage_json(shown.coverage),
        inside=tuple([_inside(one) for one in shown.inside]) or UNSET,
    )


def _inside(one: AttributedInside) -> InsideJson:
    return InsideJson(container=ref_json(one.container), rules=tuple([attributed_json(item) for item in one.items]))
