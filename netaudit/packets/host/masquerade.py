"""The addresses of this host that `masquerade` may choose from (inet_select_addr(), net/ipv4/devinet.c)."""

from collections.abc import Iterable

from netaudit.model.host import HostAddress, Interface
from netaudit.packets.host.fib import Routing


def masquerading(interface: Interface, routing: Routing) -> list[int]:
    """List the addresses that `masquerade` may take for what leaves by an interface.

    Those of the interface, one for each subnet; an interface that has none, as loopback, takes another's.
    """
    own = _first_of_each_subnet(global_addresses(interface, routing))
    return [int(one.ip) for one in own or _of_others(interface, routing)]


def global_addresses(interface: Interface, routing: Routing) -> list[HostAddress]:
    """List the addresses of global scope that an interface has, of the family that is routed."""
    version = 4 if routing.family == "ip" else 6
    return [one for one in interface.addresses if one.scope == "global" and one.ip.version == version]


def _first_of_each_subnet(addresses: list[HostAddress]) -> list[HostAddress]:
    """Leave out secondary addresses of IPv4, which are never taken."""
    if any(one.ip.version == 6 for one in addresses):
        return addresses
    return list({one.subnet: one for one in reversed(addresses)}.values())[::-1]


def _of_others(interface: Interface, routing: Routing) -> Iterable[HostAddress]:
    """List the addresses of other interfaces: of IPv4 the first one of the first, as the kernel numbers them.

    In a VRF the device of the VRF is asked first, whatever its number; where that has none, it is any of the others.
    Which of IPv6's are taken RFC 6724 says, which is not followed.
    """
    domain = _domain(interface, routing)
    others = [one for one in _in_order(routing) if _domain(one, routing) == domain]
    first = [one for one in others if one.name == domain] if routing.family == "ip" else []
    preferred = [address for one in first for address in global_addresses(one, routing)]
    found = preferred or [address for one in others for address in global_addresses(one, routing)]
    is_sure = bool(preferred) or (not domain and all(one.index for one in others))
    return found[:1] if routing.family == "ip" and is_sure else found


def _in_order(routing: Routing) -> list[Interface]:
    return sorted(routing.interfaces.values(), key=lambda one: one.index)


def _domain(interface: Interface, routing: Routing) -> str:
    """Name the VRF that an interface is in, or is; "" for none."""
    if interface.kind == "vrf":
        return interface.name
    master = routing.interfaces.get(interface.master)
    return master.name if master is not None and master.kind == "vrf" else ""
