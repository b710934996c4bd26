"""The exposure table of a host as JSON: `netaudit/exposure/v1`."""

import msgspec
from msgspec import UNSET

from netaudit.attribute.attribution import AttributedSnapshot
from netaudit.report.json.cell import CellJson, Computed, ComputedGap, cell_json
from netaudit.report.json.printing import print_json
from netaudit.report.json.snapshot import SnapshotJson, head_json


class ExposureDocument(msgspec.Struct, frozen=True, kw_only=True, tag_field="schema", tag="netaudit/exposure/v1"):
    """netaudit exposure."""

    snapshot: SnapshotJson
    exposure: tuple[CellJson, ...]
    exposure_computed: Computed
    exposure_gap: ComputedGap = UNSET


def render_exposure(shown: AttributedSnapshot) -> bytes:
    """Print the exposure table of a host as one JSON object."""
    return print_json(exposure_document(shown))


def exposure_document(shown: AttributedSnapshot) -> ExposureDocument:
    """Return the exposure table of a host."""
    return ExposureDocument(
        snapshot=head_json(shown.head),
        exposure=tuple([cell_json(one) for one in shown.exposure or ()]),
        exposure_computed=shown.exposure is not None,
        exposure_gap=shown.exposure_gap or UNSET,
    )
