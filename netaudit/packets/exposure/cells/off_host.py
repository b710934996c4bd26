"""Rows of containers that the host's rules never see, and the zone that has them (host.containers.beside)."""

from collections.abc import Iterable

from msgspec.structs import replace

from netaudit.model.docker import Network
from netaudit.model.exposure import Delivery, Destination, Outcome, Zone, ZoneKind
from netaudit.model.ranges import contains
from netaudit.packets.exposure.cells.row import Row
from netaudit.packets.host.container_routes import ON_A_LINK
from netaudit.packets.host.containers.beside import past_host
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.zones import Origin
from netaudit.packets.symbolic.encoding.decision import Decision


def off_host_row(
    network: Network, destination: Destination, origin: Origin, number: int, routing: Routing
) -> Row | None:
    """Return the row for a zone's packets to a container beside the host; None where the host's rules decide."""
    found = past_host(network, origin, number, routing)
    if found is None:
        return None
    way = Delivery.NONE if found.outcome is Outcome.BLOCKED else Delivery.DIRECT
    return Row(destination.ports, found.outcome, way, Decision(None, found.reason))


def zone_of_parent(
    network: Network, origin: Origin, number: int, routing: Routing, origins: Iterable[Origin]
) -> Zone | None:
    """Return the zone of the parent interface, where it has the row of a shim: the neighbours are the same.

    It has where its own senders of the family are neighbours of the container; else the shim alone leads there.
    """
    beside, parent = routing.interfaces.get(origin.interface), routing.interfaces.get(network.parent)
    if origin.zone.kind is not ZoneKind.LAN or beside is None or parent is None or network.driver not in ON_A_LINK:
        return None
    if beside.kind not in ON_A_LINK or beside.peer != parent.index:
        return None
    zone = replace(origin.zone, name=parent.name)
    own = (one for one in origins if one.zone == zone and one.interface == parent.name)
    return next((one.zone for one in own if contains(one.senders, number)), None)
