"""Why packets arrive nowhere that no rule dropped: what is lacking on their way."""

from ipaddress import ip_address

from netaudit.model.exposure import Destination, DestinationKind, ZoneKind
from netaudit.packets.zones import Origin, Ranges, is_routed


def lacking(origin: Origin, to: Destination, addresses: Ranges) -> str:
    """Say what is lacking between a zone and a destination, which it would send to at these addresses."""
    internet = origin.zone.kind is ZoneKind.INTERNET
    if internet and not any(is_routed(first, to.family) for first, _ in addresses):
        return "the Internet does not route this address"
    if not addresses:
        return "the zone has no address of the host to send to"
    if ip_address(to.address).is_loopback:
        return "loopback is the sender's own"
    if origin.on_link:
        return "its members have no gateway: they reach their own network alone"
    if to.kind is DestinationKind.CONTAINER_PORTS:
        return "no packet of the zone leads there"
    return "no rule leads on, and nobody listens"
