"""Who takes a packet that is for this host: the sockets that listen."""

from netaudit.model.host import Host, Ip, Listener
from netaudit.packets.probe import parse_ip

_ANY = ("*", "0.0.0.0", "::")  # noqa: S104 (as ss prints them)


def listener_for(host: Host, protocol: str, address: Ip, port: int | None, interface: str) -> Listener | None:
    """Find the socket that takes packets to an address and port; the one that says most exactly what it wants."""
    fitting = [
        one
        for one in host.listeners
        if one.protocol == protocol and one.port == port and one.interface in ("", interface) and _takes(one, address)
    ]
    return min(fitting, key=lambda one: one.address in _ANY, default=None)


def _takes(listener: Listener, address: Ip) -> bool:
    if listener.address in _ANY:
        return listener.address == "*" or (":" in listener.address) == (address.version == 6)
    return parse_ip(listener.address) == address
