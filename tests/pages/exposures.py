"""Exposure of hosts with thousands of containers, at once and crudely: for tests of how large a report becomes.

What decides in truth is the packets' business; reports of small hosts are tested with that.
"""

from collections.abc import Iterator

import msgspec

from netaudit.api.rules import shipped_catalog
from netaudit.attribute.attribution import (
    UNATTRIBUTED,
    AttributedExposure,
    AttributedItem,
    AttributedSnapshot,
)
from netaudit.attribute.exposure.named import name_destinations
from netaudit.model.docker import Container, PortBinding
from netaudit.model.exposure import Delivery, Destination, DestinationKind, Exposure, Outcome, Zone, ZoneKind
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot

INTERNET, LAN, HOST = Zone(ZoneKind.INTERNET), Zone(ZoneKind.LAN, "eth0"), Zone(ZoneKind.HOST)
SSH = Destination(DestinationKind.HOST_LISTENER, "ip", "tcp", "0.0.0.0", ((22, 22),), programs=("sshd",))


def exposed(snapshot: Snapshot, attributed: AttributedSnapshot) -> tuple[AttributedExposure, ...]:
    """Judge each published port and each container's own ports, from three zones; and one listener of the host."""
    by_binding = {
        (cause.container.id, cause.binding): one
        for one in attributed.items
        for cause in one.attribution.causes
        if cause.container and cause.binding and ("DNAT" in one.item.text or "dnat" in one.item.text)
    }
    containers = snapshot.inventory.containers if snapshot.inventory else ()
    named = name_destinations(snapshot, shipped_catalog())
    cells = [cell for container in containers for cell in _container(container, by_binding, attributed)]
    cells = [AttributedExposure(one.exposure, one.attribution, *named(one.exposure.destination)) for one in cells]
    cells += [
        AttributedExposure(Exposure(zone, SSH, Outcome.ALLOWED, Delivery.LOCAL)) for zone in (INTERNET, LAN, HOST)
    ]
    return tuple(cells)


def _container(
    container: Container, by_binding: dict[tuple[str, PortBinding], AttributedItem], attributed: AttributedSnapshot
) -> Iterator[AttributedExposure]:
    network = container.endpoints[0] if container.endpoints else None
    for binding in container.bindings:
        destination = Destination(
            DestinationKind.PUBLISHED_PORT,
            "ip6" if ":" in binding.host_ip else "ip",
            binding.protocol,
            binding.host_ip,
            ((binding.host_port, binding.host_port),),
            container.id,
            container.name,
            network.network_name if network else "",
            binding,
        )
        rule = by_binding.get((container.id, binding))
        loopback = binding.host_ip.startswith("127.")
        for zone in (INTERNET, LAN, HOST):
            outcome = Outcome.BLOCKED if loopback and zone is not HOST else Outcome.ALLOWED
            way = Delivery.PROXY if zone is HOST or not rule else Delivery.DNAT
            decided = rule if zone is not HOST and not loopback else None
            yield _cell(zone, destination, outcome, way, decided)
    if network and network.ipv4:
        drop = next((one for one in attributed.items if one.item.chain == "DOCKER" and "DROP" in one.item.text), None)
        inside = Destination(
            DestinationKind.CONTAINER_PORTS,
            "ip",
            "tcp",
            network.ipv4,
            ((0, 65535),),
            container.id,
            container.name,
            network.network_name,
        )
        maybe = Outcome.BLOCKED if drop else Outcome.MAY
        unknown = make_reason(ReasonKind.UNKNOWN_EFFECT, why="-m set --match-set friends src cannot be decided")
        yield _cell(LAN, inside, maybe, Delivery.DIRECT, drop, None if drop else unknown)
        yield _cell(Zone(ZoneKind.NETWORK, network.network_name), inside, Outcome.ALLOWED, Delivery.DIRECT, None)


def _cell(
    zone: Zone,
    destination: Destination,
    outcome: Outcome,
    way: Delivery,
    rule: AttributedItem | None,
    reason: Reason | None = None,
) -> AttributedExposure:
    exposure = Exposure(zone, destination, outcome, way, rule.item if rule else None, reason)
    return AttributedExposure(exposure, rule.attribution if rule else UNATTRIBUTED)


def crudely_exposed(snapshot: Snapshot, attributed: AttributedSnapshot) -> AttributedSnapshot:
    return msgspec.structs.replace(attributed, exposure=exposed(snapshot, attributed))
