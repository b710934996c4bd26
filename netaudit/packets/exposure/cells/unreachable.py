"""Why packets arrive nowhere that no rule dropped: what is lacking on their way."""

from netaudit.model.exposure import Destination, DestinationKind, ZoneKind
from netaudit.model.ranges import Ranges, contains
from netaudit.model.reason import ReasonKind
from netaudit.packets.host.destinations import number_of
from netaudit.packets.host.route_ranges import LOOPBACK_NET
from netaudit.packets.host.zones import Origin, is_routed


def why_unreachable(origin: Origin, to: Destination, addresses: Ranges) -> ReasonKind:
    """Return what is lacking between a zone and a destination, which it would send to at these addresses."""
    internet = origin.zone.kind is ZoneKind.INTERNET
    if internet and not any(is_routed(first, to.family) for first, _ in addresses):
        return ReasonKind.NOT_ROUTED_BY_INTERNET
    if not addresses:
        return ReasonKind.NO_HOST_ADDRESS
    if contains((LOOPBACK_NET[to.family],), number_of(to.address)):
        return ReasonKind.LOOPBACK_OF_SENDER
    if origin.on_link:
        return ReasonKind.NO_GATEWAY
    if to.kind is DestinationKind.CONTAINER_PORTS:
        return ReasonKind.HOST_ROUTES_ELSEWHERE
    return ReasonKind.NOTHING_LEADS_ON
