"""The order in which an engine publishes the ports of a container that starts: in it their rules are written."""

from ipaddress import ip_address
from itertools import pairwise

from netaudit.model.docker import Container, PortBinding
from netaudit.model.version import Version

_BY_CONTAINER_PORT = Version(27)  # cmpPortBinding; before it SortPortMap, which puts larger numbers first
_PROTOCOLS = ("tcp", "udp", "sctp")


def in_publishing_order(container: Container, version: Version) -> tuple[PortBinding, ...]:
    """Return a container's port bindings in the order in which the engine writes their rules."""
    if version >= _BY_CONTAINER_PORT:
        chosen = frozenset(container.chosen_ports)
        return tuple(sorted(container.bindings, key=lambda one: _new_key(one, chosen)))
    return tuple(sorted(container.bindings, key=lambda one: _old_key(one, container)))


def is_settled(container: Container, version: Version) -> bool:
    """Return whether that order is certain.

    Before 27 the engine sorts the ports of a random list by a comparison that contradicts itself where one port has
    the larger host port and another one the larger container port.
    """
    if version >= _BY_CONTAINER_PORT:
        return True
    ordered = in_publishing_order(container, version)
    return all(left.container_port >= right.container_port for left, right in pairwise(ordered))


def _new_key(one: PortBinding, chosen: frozenset[tuple[int, str]]) -> tuple[bool, int, int, int, int, int]:
    number, version = _address(one.host_ip)
    is_chosen = (one.container_port, one.protocol) in chosen
    host_port = 0 if is_chosen else one.host_port
    return is_chosen, one.container_port, _protocol(one), host_port, version, number


def _old_key(one: PortBinding, container: Container) -> tuple[int, int, bool]:
    is_chosen = (one.container_port, one.protocol) in container.chosen_ports
    return 0 if is_chosen else -one.host_port, -one.container_port, one.protocol != "tcp"


def _protocol(one: PortBinding) -> int:
    return _PROTOCOLS.index(one.protocol) if one.protocol in _PROTOCOLS else len(_PROTOCOLS)


def _address(text: str) -> tuple[int, int]:
    try:
        address = ip_address(text)
    except ValueError:
        return 0, 0
    return int(address), address.version
