"""Why packets arrive nowhere that no rule dropped: what is lacking on their way."""

from netaudit.model.exposure import Destination, DestinationKind, ZoneKind
from netaudit.model.ranges import Ranges, contains
from netaudit.packets.host.destinations import number_of
from netaudit.packets.host.zones import Origin, is_routed
from netaudit.packets.symbolic.host_sets import LOOPBACK_NET


def why_unreachable(origin: Origin, to: Destination, addresses: Ranges) -> str:
    """Say what is lacking between a zone and a destination, which it would send to at these addresses."""
    internet = origin.zone.kind is ZoneKind.INTERNET
    if internet and not any(is_routed(first, to.family) for first, _ in addresses):
        return "the Internet does not route this address"
    if not addresses:
        return "the zone has no address of the host to send to"
    if contains((LOOPBACK_NET[to.family],), number_of(to.address)):
        return "loopback is the sender's own"
    if origin.on_link:
        return "its members have no gateway: they reach their own network alone"
    if to.kind is DestinationKind.CONTAINER_PORTS:
        return "the host's routes do not lead there"
    return "no rule leads on, and nobody listens"
