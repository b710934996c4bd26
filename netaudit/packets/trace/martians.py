"""What the kernel refuses of a packet that comes in by an interface, for its addresses cannot be true.

Sources: ip_route_input_slow() and __fib_validate_source() in the kernel's net/ipv4.
"""

from netaudit.model.host import Ip
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.packets.host.fib import Routing


def why_martian(routing: Routing, source: Ip, target: Ip, interface: str) -> Reason | None:
    """Return what is impossible about the addresses (a martian), None for nothing."""
    loopback = routing.sysctls.routes_loopback(interface) if interface != "lo" else True
    if source.is_multicast or (source.is_loopback and not loopback):
        return make_reason(ReasonKind.SOURCE_IMPOSSIBLE, address=source, interface=interface)
    if target.is_loopback and not loopback:
        return make_reason(ReasonKind.LOOPBACK_AT_INTERFACE, address=target, interface=interface)
    own = routing.route(source)
    if own is not None and own.kind == "local" and interface != "lo" and routing.family == "ip":
        return make_reason(ReasonKind.SOURCE_IS_THIS_HOST, address=source)
    return None
