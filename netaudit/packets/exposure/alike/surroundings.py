"""What of a host itself tells addresses and ports apart: its interfaces, routes, policy rules, networks and sockets."""

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import ip_interface

from netaudit.model.docker import Inventory
from netaudit.model.host import Host
from netaudit.model.ranges import Range
from netaudit.packets.exposure.alike.distinctions import Distinctions
from netaudit.packets.exposure.cells.examples import CLIENT_PORT, LIKED
from netaudit.packets.exposure.cells.proxy import PICKED
from netaudit.packets.host.zones import CLIENT_PORTS, NOT_ROUTED

_LAST_BYTE = 0xFF  # an address that ends in 0 or 255 may be no machine's: examples are not taken from there


def add_surroundings(known: Distinctions, host: Host, inventory: Inventory) -> None:
    """Add all that is asked for beside the rules."""
    known.addresses.add(_span(one) for one in _networks(host, inventory))
    known.addresses.add((one, one) for liked in LIKED.values() for one in liked)
    known.addresses.masks |= {(_LAST_BYTE, 0), (_LAST_BYTE, _LAST_BYTE)}
    known.ports.add((*CLIENT_PORTS, *PICKED, (CLIENT_PORT, CLIENT_PORT)))
    for rule in host.policy or ():
        known.add_match(rule.match)


def _networks(host: Host, inventory: Inventory) -> Iterator[str]:
    """Name all addresses and networks that are not a container's own."""
    for interface in host.interfaces:
        for address in interface.addresses:
            yield from (str(address), address.local)
    for route in host.routes:
        yield from (route.destination, route.source, *(hop.gateway for hop in route.hops))
    for network in inventory.networks:
        yield from (network.subnet, network.subnet6, network.gateway, network.gateway6)
    yield from (one.address for one in host.listeners if one.address != "*")
    yield from (str(one) for networks in NOT_ROUTED.values() for one in networks)


@lru_cache(maxsize=4096)  # hosts of a fleet have many in common
def _span(text: str) -> Range:
    """Return the addresses of a network; an empty range for what is no address."""
    try:
        network = ip_interface(text.partition("%")[0]).network
    except ValueError:
        return (1, 0)
    return int(network.network_address), int(network.broadcast_address)
