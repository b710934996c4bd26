"""Containers that the host's rules never see: on macvlan and ipvlan networks, and on drivers that are not followed."""

from netaudit.model.docker import Network
from netaudit.model.exposure import Delivery, Destination, Outcome, ZoneKind
from netaudit.model.ranges import Ranges, contains
from netaudit.packets.exposure.row import Row
from netaudit.packets.host.zones import Origin, is_routed
from netaudit.packets.symbolic.decision import Decision

_ON_A_LINK = frozenset({"macvlan", "ipvlan"})


def off_host_row(network: Network, destination: Destination, origin: Origin, number: int) -> Row | None:
    """Say what becomes of a zone's packets to a container beside the host; None where the host's rules decide."""
    if network.driver == "bridge":
        return None
    if network.driver not in _ON_A_LINK:
        return _row(destination.ports, Outcome.MAY, f"the network driver {network.driver} is not followed")
    return _on_link(network.driver, destination, origin, number)


def other_driver_row(network: Network, destination: Destination, origin: Origin, number: int) -> Row:
    """Say what becomes of packets to a container whose bridge is not on this host: its engine is elsewhere."""
    if origin.zone.kind is ZoneKind.INTERNET and not is_routed(number, destination.family):
        return _row(destination.ports, Outcome.BLOCKED, "the Internet does not route this address")
    return _row(destination.ports, Outcome.MAY, f"bridge {network.bridge} is not on this host: no rule here sees it")


def _on_link(driver: str, destination: Destination, origin: Origin, number: int) -> Row:
    """Say who reaches a machine of its own on a link of the host."""
    unseen = f"{driver}: the host's rules do not see these packets"
    match origin.zone.kind:
        case ZoneKind.LAN if contains(origin.senders, number):
            return _row(destination.ports, Outcome.ALLOWED, unseen)
        case ZoneKind.HOST:
            return _row(destination.ports, Outcome.BLOCKED, f"{driver}: the host itself is kept apart")
        case ZoneKind.INTERNET if not is_routed(number, destination.family):
            return _row(destination.ports, Outcome.BLOCKED, "the Internet does not route this address")
        case _:
            return _row(destination.ports, Outcome.MAY, f"{unseen}; it hangs on the link's own routers")


def _row(ports: Ranges, outcome: Outcome, reason: str) -> Row:
    way = Delivery.NONE if outcome is Outcome.BLOCKED else Delivery.DIRECT
    return Row(ports, outcome, way, Decision(None, reason))
