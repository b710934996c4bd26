"""Exposure as JSON: `exposure`, `exposure_computed` and `exposure_gap` of every format that has them."""

import msgspec

from netaudit.attribute.attribution import AttributedDiff, AttributedExposure, AttributedSnapshot, ExposureChange
from netaudit.model.exposure import Destination
from netaudit.report.json.parts import Json, attribution_json, item_json
from netaudit.report.text.reasons import describe_reason


def table_json(shown: AttributedSnapshot) -> Json:
    """Print the exposure table of a host."""
    cells = [cell_json(one) for one in shown.exposure or ()]
    return {"exposure": cells, **_computed(shown)}


def changes_json(diff: AttributedDiff) -> Json:
    """Print what of the exposure table changed."""
    return {"exposure": [change_json(one) for one in diff.exposure or ()], **_computed(diff)}


def _computed(shown: AttributedSnapshot | AttributedDiff) -> Json:
    """Tell whether an empty list means none, or not known."""
    computed: Json = {"exposure_computed": shown.exposure is not None}
    return computed | ({"exposure_gap": shown.exposure_gap} if shown.exposure_gap else {})


def change_json(change: ExposureChange) -> Json:
    """Print a cell whose outcome differs, before and after."""
    return {
        "before": cell_json(change.before) if change.before else None,
        "after": cell_json(change.after) if change.after else None,
        "because": change.because or None,
    }


def cell_json(one: AttributedExposure) -> Json:
    """Print a cell of the exposure table."""
    exposure = one.exposure
    return {
        "zone": {"kind": exposure.zone.kind, "name": exposure.zone.name},
        "destination": _destination(exposure.destination),
        "outcome": exposure.outcome,
        "way": exposure.way,
        "rule": item_json(exposure.rule) if exposure.rule else None,
        "attribution": attribution_json(one.attribution) if exposure.rule else None,
        "reason": describe_reason(exposure.reason) or None,
        "witness": exposure.witness or None,
    }


def _destination(to: Destination) -> Json:
    printed: Json = {
        "kind": to.kind,
        "family": to.family,
        "protocol": to.protocol,
        "address": to.address,
        "ports": [list(ports) for ports in to.ports],
    }
    if to.container_name:
        printed["container"] = {"id": to.container_id, "name": to.container_name}
    if to.network_name:
        printed["network"] = to.network_name
    if to.binding:
        printed["binding"] = msgspec.structs.asdict(to.binding)
    if to.programs:
        printed["programs"] = list(to.programs)
    if to.led:
        printed["led_to"] = {"addresses": list(to.led.addresses), "ports": list(to.led.ports) if to.led.ports else None}
    if to.interface:
        printed["interface"] = to.interface
    return printed
