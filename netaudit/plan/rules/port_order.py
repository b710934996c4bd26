"""The order in which an engine publishes the ports of a container that starts: in it their rules are written."""

from ipaddress import ip_address
from itertools import pairwise

from netaudit.model.docker import Container, PortBinding, RequestedPort
from netaudit.model.version import Version

_BY_CONTAINER_PORT = Version(27)  # cmpPortBinding; before it SortPortMap, which puts larger numbers first
_PROTOCOLS = ("tcp", "udp", "sctp")
_ANY = 1 << 16  # wider than each range of ports


def in_publishing_order(container: Container, version: Version) -> tuple[PortBinding, ...]:
    """Return a container's port bindings in the order in which the engine writes their rules."""
    key = _new_key if version >= _BY_CONTAINER_PORT else _old_key
    return tuple(sorted(container.bindings, key=lambda one: key(one, _requested(one, container))))


def is_settled(container: Container, version: Version) -> bool:
    """Return whether that order is certain.

    Before 27 the engine sorts the ports of a random list by a comparison that contradicts itself where one port has
    the larger host port and another one the larger container port, or is TCP.
    """
    if version >= _BY_CONTAINER_PORT:
        return True
    ordered = in_publishing_order(container, version)
    return not any(
        _is_larger(right, left) and _requested(left, container).first != _requested(right, container).first
        for left, right in pairwise(ordered)
    )


def _is_larger(one: PortBinding, other: PortBinding) -> bool:
    if one.container_port == other.container_port:
        return one.protocol == "tcp" != other.protocol
    return one.container_port > other.container_port


def _requested(one: PortBinding, container: Container) -> RequestedPort:
    """Return how a binding was asked for: as the narrowest that allows it."""
    found = sorted((port for port in container.requested_ports if port.allows(one)), key=_width)
    return found[0] if found else RequestedPort(one.protocol, one.container_port, one.host_port, one.host_port)


def _width(port: RequestedPort) -> int:
    return port.last - port.first if port.first else _ANY


def _new_key(one: PortBinding, wanted: RequestedPort) -> tuple[int, ...]:
    number, version = _address(one.host_ip)
    return not wanted.is_exact, one.container_port, _protocol(one), wanted.first, wanted.last, version, number


def _old_key(one: PortBinding, wanted: RequestedPort) -> tuple[int, ...]:
    return -wanted.first, -one.container_port, one.protocol != "tcp"


def _protocol(one: PortBinding) -> int:
    return _PROTOCOLS.index(one.protocol) if one.protocol in _PROTOCOLS else len(_PROTOCOLS)


def _address(text: str) -> tuple[int, int]:
    try:
        address = ip_address(text)
    except ValueError:
        return 0, 0
    return int(address), address.version
