"""From which address docker-proxy answers datagrams.

    dockerd 26    docker-proxy on 0.0.0.0:53/udp
    172.17.0.3:40000 → 192.0.2.10:53       a container asks at the host's address on the LAN
    172.17.0.1:53 → 172.17.0.3:40000       and is answered from the bridge's: it takes the answer for a stranger's

A socket on every address sends from the address that the routes prefer. Since 28.0 docker-proxy answers from the
address that was asked: https://github.com/moby/moby/pull/48571.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address

from netaudit.model.docker import Inventory
from netaudit.model.host import Ip, Listener
from netaudit.model.ranges import Range
from netaudit.model.version import Version
from netaudit.packets.host.destinations import PROXY, is_wildcard
from netaudit.packets.host.fib import Routing

_FROM_ASKED = Version(28)


def answers_from_nearest(found: Iterable[Listener], inventory: Inventory) -> bool:
    """Tell whether docker-proxy has one of some sockets for datagrams, and answers from what the routes prefer."""
    version = Version.parse(inventory.version)
    sockets = (one for one in found if one.protocol == "udp" and PROXY in one.programs and is_wildcard(one.address))
    return bool(version) and version < _FROM_ASKED and any(sockets)


def nearest_addresses(routing: Routing) -> Iterator[tuple[Range, tuple[Ip, ...]]]:
    """Yield ranges of senders, each with the addresses that answers to it may come from; to the host's own: its own."""
    for first, last, route in routing.ranges():
        if route.kind == "local":
            yield from (((int(ip), int(ip)), (ip,)) for ip in _own(routing) if first <= int(ip) <= last)
        else:
            yield (first, last), _preferred(routing, first)


def is_nearest(routing: Routing, sender: Ip, asked: Ip) -> bool:
    """Tell whether an answer to a sender may come from the address that it asked."""
    route = routing.route(sender)
    if route is None or route.kind == "local":
        return sender == asked
    return asked in _preferred(routing, int(sender))


def _preferred(routing: Routing, number: int) -> tuple[Ip, ...]:
    """List what the kernel may choose: of IPv6, any address of the interface, by RFC 6724."""
    target: Ip = IPv4Address(number) if routing.family == "ip" else IPv6Address(number)
    source, route = routing.preferred_source(target), routing.route(target)
    if source is None or route is None:
        return ()
    way = routing.interfaces.get(route.hops[0].interface) if route.hops else None
    others = routing.addresses(way) if way and routing.family == "ip6" and not route.source else ()
    return tuple(dict.fromkeys((source, *others)))


def _own(routing: Routing) -> Iterator[Ip]:
    return (ip for one in routing.interfaces.values() for ip in routing.addresses(one))
