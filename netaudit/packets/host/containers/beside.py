"""Containers that the host's rules never see: on macvlan and ipvlan networks, and on drivers that are not followed.

eth0 ─┬─ the host's own packets            kept apart from what is on eth0's macvlan interfaces
├─ a container on macvlan network mv
└─ shim, a macvlan interface of the host, by which its rules let packets to the container
"""

from ipaddress import ip_address
from typing import NamedTuple

from netaudit.model.docker import Network
from netaudit.model.exposure import Outcome, ZoneKind
from netaudit.model.ranges import contains
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.host.container_routes import ON_A_LINK
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.zones import Origin, is_routed

_BY_HOST = frozenset({ZoneKind.HOST, ZoneKind.NETWORK, ZoneKind.CONTAINER})


class Beside(NamedTuple):
    """What becomes of packets that no rule of the host sees, and why."""

    outcome: Outcome
    reason: Reason


def past_host(network: Network, origin: Origin, number: int, routing: Routing) -> Beside | None:
    """Return what becomes of a zone's packets to a container's address; None where the host's rules decide.

    They do for what the host sends on by an interface of its own beside the containers' (a shim).
    """
    if network.bridge and network.bridge not in routing.interfaces:
        return _of_other_host(network, origin, number, routing)
    if network.driver == "bridge":
        return None
    if network.driver in ON_A_LINK and origin.zone.kind in _BY_HOST and _is_beside(network, routing, number):
        return None
    if network.driver not in ON_A_LINK:
        return Beside(Outcome.MAY, make_reason(ReasonKind.DRIVER_NOT_FOLLOWED, driver=network.driver))
    return _on_link(network.driver, origin, number, routing)


def _of_other_host(network: Network, origin: Origin, number: int, routing: Routing) -> Beside:
    """Say it of a container whose bridge is not on this host: its engine is elsewhere."""
    if origin.zone.kind is ZoneKind.INTERNET and not is_routed(number, routing.family):
        return Beside(Outcome.BLOCKED, make_reason(ReasonKind.NOT_ROUTED_BY_INTERNET))
    return Beside(Outcome.MAY, make_reason(ReasonKind.BRIDGE_NOT_HERE, bridge=network.bridge))


def _on_link(driver: str, origin: Origin, number: int, routing: Routing) -> Beside:
    """Say it of a container that is a machine of its own on a link of the host."""
    match origin.zone.kind:
        case ZoneKind.LAN if contains(origin.senders, number):
            return Beside(Outcome.ALLOWED, make_reason(ReasonKind.DRIVER_UNSEEN, driver=driver))
        case ZoneKind.HOST:
            return Beside(Outcome.BLOCKED, make_reason(ReasonKind.DRIVER_APART_FROM_HOST, driver=driver))
        case ZoneKind.INTERNET if not is_routed(number, routing.family):
            return Beside(Outcome.BLOCKED, make_reason(ReasonKind.NOT_ROUTED_BY_INTERNET))
        case _:
            return Beside(Outcome.MAY, make_reason(ReasonKind.DRIVER_BY_ROUTERS, driver=driver))


def _is_beside(network: Network, routing: Routing, number: int) -> bool:
    """Tell whether the host's route to an address leaves by an interface beside a network's containers."""
    known, parent = routing.interfaces, routing.interfaces.get(network.parent)
    address = ip_address(number.to_bytes(4 if routing.family == "ip" else 16, "big"))
    route = routing.route(address)
    ways = [known[hop.interface] for hop in route.hops if hop.interface in known] if route else []
    return any(one.kind in ON_A_LINK and (parent is None or one.peer == parent.index) for one in ways)
