"""The order in which an engine publishes the ports of a container that starts: in it their rules are written."""

from ipaddress import ip_address
from itertools import accumulate, pairwise

from msgspec.structs import replace

from netaudit.model.docker import Container, Inventory, PortBinding, RequestedPort
from netaudit.model.version import Version

_BY_CONTAINER_PORT = Version(27)  # cmpPortBinding; before it SortPortMap, which puts larger numbers first
_PROTOCOLS = ("tcp", "udp", "sctp")
_Port = tuple[int, bool, str]
_ANY = 1 << 16  # wider than each range of ports


def in_publishing_order(container: Container, version: Version) -> tuple[PortBinding, ...]:
    """Return a container's port bindings in the order in which the engine writes their rules."""
    if version < _BY_CONTAINER_PORT:
        return _port_by_port(container)
    return tuple(sorted(container.bindings, key=lambda one: _new_key(one, _requested(one, container))))


def is_settled(container: Container, version: Version) -> bool:
    """Return whether that order is certain.

    Before 27 the engine sorts the ports of a random list by a comparison that contradicts itself where one port has
    the larger host port and another one the larger container port, or is TCP; and it knows no order of other protocols.
    """
    if version >= _BY_CONTAINER_PORT:
        return True
    return _is_consistent(_requested_hosts(container))


def with_linked_ports_in_order(inventory: Inventory) -> Inventory:
    """Return an inventory in which containers that others link to list their ports as rules for links are written.

    All versions sort them as those before 27 do ports that are published.
    """
    names = {link.container_name for one in inventory.containers for link in one.links}
    if not names:
        return inventory
    containers = (_with_ports_in_order(one) if one.name in names else one for one in inventory.containers)
    return replace(inventory, containers=tuple(containers))


def is_linked_settled(container: Container) -> bool:
    """Return whether the order of the rules for links to a container is certain."""
    return _is_consistent(
        {(port, name == "tcp", name): {0} for port, name in container.exposed} | _requested_hosts(container)
    )


def _with_ports_in_order(container: Container) -> Container:
    hosts = _requested_hosts(container)

    def key(one: tuple[int, str]) -> tuple[int, ...]:
        port, protocol = one
        return -max(hosts.get((port, protocol == "tcp", protocol), (0,))), -port, protocol != "tcp"

    return replace(container, exposed=tuple(sorted(container.exposed, key=key)))


def _requested_hosts(container: Container) -> dict[_Port, set[int]]:
    """Return the host ports that were asked for, by the container's port."""
    asked: dict[_Port, set[int]] = {}
    for one in container.bindings:
        asked.setdefault(_port(one), set()).add(_requested(one, container).first)
    return asked


def _is_consistent(asked: dict[_Port, set[int]]) -> bool:
    """Tell whether the comparison does not contradict itself, and knows an order of all."""
    ports = sorted(asked)
    largest = accumulate(map(max, map(asked.__getitem__, ports)), max)  # of the host ports up to each
    alike = any(one[:2] == other[:2] and asked[one] & asked[other] for one, other in pairwise(ports))
    return not alike and all(below <= min(asked[port]) for below, port in zip(largest, ports[1:], strict=False))


def _port_by_port(container: Container) -> tuple[PortBinding, ...]:
    """Return the order before 27: one port after another; inspection lists the bindings of one in that order."""
    first: dict[_Port, tuple[int, ...]] = {}
    for one in container.bindings:
        key = _old_key(one, _requested(one, container))
        first[_port(one)] = min(key, first.get(_port(one), key))
    return tuple(sorted(container.bindings, key=lambda one: first[_port(one)]))


def _port(one: PortBinding) -> _Port:
    """Return a container's port, comparable: TCP is the larger one of equal numbers."""
    return one.container_port, one.protocol == "tcp", one.protocol


def _requested(one: PortBinding, container: Container) -> RequestedPort:
    """Return how a binding was asked for: as the narrowest that allows it.

    A routed network opens the port and no host port: the first request for the port has its rule written.
    """
    if not one.host_port:
        alike = (port for port in container.requested_ports if _is_for(port, one))
        return min(alike, key=_turn, default=RequestedPort(one.protocol, one.container_port))
    found = sorted((port for port in container.requested_ports if port.allows(one)), key=_width)
    return found[0] if found else RequestedPort(one.protocol, one.container_port, one.host_port, one.host_port)


def _is_for(port: RequestedPort, one: PortBinding) -> bool:
    return (port.container_port, port.protocol) == (one.container_port, one.protocol)


def _turn(port: RequestedPort) -> tuple[bool, int, int]:
    return not port.is_exact, port.first, port.last


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
