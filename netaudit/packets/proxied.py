"""Who takes what arrives at a port of the host itself."""

from netaudit.model.host import Listener
from netaudit.packets.destinations import PROXY, family_of, is_wildcard


def listeners_at(listeners: tuple[Listener, ...], protocol: str, address: str, port: int) -> tuple[Listener, ...]:
    """Find the sockets that take packets to an address (a wildcard: to any of the host's) and port."""
    return tuple(
        one
        for one in listeners
        if (one.protocol, one.port) == (protocol, port) and (is_wildcard(address) or _takes(one, address))
    )


def is_proxied(found: tuple[Listener, ...]) -> bool:
    """Tell whether one of them is docker-proxy, or a program that could not be seen."""
    return any(PROXY in one.programs or not one.programs for one in found)


def _takes(listener: Listener, address: str) -> bool:
    if listener.address == "*":
        return True
    if is_wildcard(listener.address):
        return family_of(listener.address) == family_of(address)
    return listener.address == address
