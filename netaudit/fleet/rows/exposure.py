"""The rows of `exposure`."""

from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Any

from netaudit.attribute.attribution import AttributedExposure
from netaudit.fleet.rows.audited import Audited
from netaudit.fleet.tables.exposure import CellRow
from netaudit.model.exposure import Destination, Zone, ZoneKind
from netaudit.report.text.reasons import describe_reason

_OUTSIDE = frozenset({ZoneKind.INTERNET, ZoneKind.LAN})


def cell_rows(audited: Audited) -> Iterator[CellRow]:
    """List who can reach what."""
    zone, destination, describe = cache(_zone), cache(partial(_destination, audited)), cache(describe_reason)
    for one in audited.shown.exposure or ():
        exposure = one.exposure
        yield CellRow(
            **audited.key,
            **zone(exposure.zone),
            outcome=str(exposure.outcome),
            for_all=exposure.for_all,
            delivery=str(exposure.way),
            reason=describe(exposure.reason) or None,
            witness=exposure.witness or None,
            **destination(exposure.destination),
            **_rule(one),
        )


def is_outside(zone: Zone) -> bool:
    """Tell whether packets come from another machine."""
    return zone.kind in _OUTSIDE


def sensitive(to: Destination, audited: Audited) -> str | None:
    """Name the service that should not face a network; by the container's port and its image."""
    if to.protocol != "tcp":
        return None
    known = audited.containers.get(to.container_name)
    port = to.binding.container_port if to.binding else _only_port(to)
    return audited.services.sensitive(port, known.image if known else "") or None


def ports_text(to: Destination) -> str:
    """Write ranges of ports as `80,443,8000-8010`."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in to.ports)


def _only_port(to: Destination) -> int:
    first, last = to.ports[0] if len(to.ports) == 1 else (0, -1)
    return first if first == last else 0


def _zone(zone: Zone) -> Mapping[str, Any]:
    return {"zone_kind": str(zone.kind), "zone": str(zone), "outside": is_outside(zone)}


def _destination(audited: Audited, to: Destination) -> Mapping[str, Any]:
    known, binding = audited.containers.get(to.container_name), to.binding
    return {
        "sensitive": sensitive(to, audited),
        "destination_kind": str(to.kind),
        "family": str(to.family),
        "protocol": to.protocol,
        "address": to.address,
        "ports": ports_text(to),
        "first_port": min((first for first, _ in to.ports), default=None),
        "last_port": max((last for _, last in to.ports), default=None),
        "image": (known.image if known else "") or None,
        "network": to.network_name or None,
        "host_ip": binding.host_ip if binding else None,
        "host_port": binding.host_port if binding else None,
        "container_port": binding.container_port if binding else None,
        **audited.of_container(to.container_name),
    }


def _rule(one: AttributedExposure) -> Mapping[str, Any]:
    rule = one.exposure.rule
    return {
        "rule_place": rule.where if rule else None,
        "rule_text": rule.text if rule else None,
        "maker": one.attribution.maker or None,
        "signature": one.attribution.signature or None,
    }
