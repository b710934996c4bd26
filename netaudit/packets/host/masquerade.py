"""The addresses of this host that `masquerade` may choose from."""

from netaudit.model.host import HostAddress, Interface
from netaudit.packets.host.fib import Routing


def masquerading(interface: Interface, routing: Routing) -> list[int]:
    """List the addresses that `masquerade` may take for what leaves by an interface."""
    own = global_addresses(interface, routing) or [
        one for other in routing.interfaces.values() for one in global_addresses(other, routing)
    ]
    return [int(one.ip) for one in own]


def global_addresses(interface: Interface, routing: Routing) -> list[HostAddress]:
    """List the addresses of global scope that an interface has, of the family that is routed."""
    version = 4 if routing.family == "ip" else 6
    return [one for one in interface.addresses if one.scope == "global" and one.ip.version == version]
