"""Containers that the host's rules never see: on macvlan and ipvlan networks, and on drivers that are not followed.

eth0 ─┬─ the host's own packets            kept apart from what is on eth0's macvlan interfaces
├─ a container on macvlan network mv
└─ shim, a macvlan interface of the host, by which its rules let packets to the container
"""

from collections.abc import Iterable
from ipaddress import ip_address

from msgspec.structs import replace

from netaudit.model.docker import Network
from netaudit.model.exposure import Delivery, Destination, Outcome, Zone, ZoneKind
from netaudit.model.ranges import Ranges, contains
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.exposure.cells.row import Row
from netaudit.packets.host.container_routes import ON_A_LINK
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.zones import Origin, is_routed
from netaudit.packets.symbolic.encoding.decision import Decision

_BY_HOST = frozenset({ZoneKind.HOST, ZoneKind.NETWORK, ZoneKind.CONTAINER})


def off_host_row(
    network: Network, destination: Destination, origin: Origin, number: int, routing: Routing
) -> Row | None:
    """Return the row for a zone's packets to a container beside the host; None where the host's rules decide.

    They do for what the host sends on by an interface of its own beside the containers' (a shim).
    """
    if network.driver == "bridge":
        return None
    if network.driver in ON_A_LINK and origin.zone.kind in _BY_HOST and _is_beside(network, routing, number):
        return None
    if network.driver not in ON_A_LINK:
        return _row(destination.ports, Outcome.MAY, make_reason(ReasonKind.DRIVER_NOT_FOLLOWED, driver=network.driver))
    return _on_link(network.driver, destination, origin, number)


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


def other_driver_row(network: Network, destination: Destination, origin: Origin, number: int, _: Routing) -> Row:
    """Return the row for packets to a container whose bridge is not on this host: its engine is elsewhere."""
    if origin.zone.kind is ZoneKind.INTERNET and not is_routed(number, destination.family):
        return _row(destination.ports, Outcome.BLOCKED, make_reason(ReasonKind.NOT_ROUTED_BY_INTERNET))
    return _row(destination.ports, Outcome.MAY, make_reason(ReasonKind.BRIDGE_NOT_HERE, bridge=network.bridge))


def _on_link(driver: str, destination: Destination, origin: Origin, number: int) -> Row:
    """Return the row for a container that is a machine of its own on a link of the host."""
    match origin.zone.kind:
        case ZoneKind.LAN if contains(origin.senders, number):
            return _row(destination.ports, Outcome.ALLOWED, make_reason(ReasonKind.DRIVER_UNSEEN, driver=driver))
        case ZoneKind.HOST:
            return _row(
                destination.ports, Outcome.BLOCKED, make_reason(ReasonKind.DRIVER_APART_FROM_HOST, driver=driver)
            )
        case ZoneKind.INTERNET if not is_routed(number, destination.family):
            return _row(destination.ports, Outcome.BLOCKED, make_reason(ReasonKind.NOT_ROUTED_BY_INTERNET))
        case _:
            return _row(destination.ports, Outcome.MAY, make_reason(ReasonKind.DRIVER_BY_ROUTERS, driver=driver))


def _row(ports: Ranges, outcome: Outcome, reason: Reason) -> Row:
    way = Delivery.NONE if outcome is Outcome.BLOCKED else Delivery.DIRECT
    return Row(ports, outcome, way, Decision(None, reason))


def _is_beside(network: Network, routing: Routing, number: int) -> bool:
    """Tell whether the host's route to an address leaves by an interface beside a network's containers."""
    known, parent = routing.interfaces, routing.interfaces.get(network.parent)
    address = ip_address(number.to_bytes(4 if routing.family == "ip" else 16, "big"))
    route = routing.route(address)
    ways = [known[hop.interface] for hop in route.hops if hop.interface in known] if route else []
    return any(one.kind in ON_A_LINK and (parent is None or one.peer == parent.index) for one in ways)
