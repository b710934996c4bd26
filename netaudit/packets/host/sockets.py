"""Which listening sockets take the packets that come to this host."""

from collections.abc import Iterable

import msgspec

from netaudit.model.docker import Container, Inventory
from netaudit.model.engines.kinds import Engine
from netaudit.model.engines.parts import connects_inside, has_hairpin
from netaudit.model.host import Host, Listener
from netaudit.model.netfilter.family import family_of
from netaudit.packets.host.destinations import INTO_NAMESPACES, PROXY, ROOTLESSKIT, is_wildcard
from netaudit.packets.values.probe import parse_ip

_EVERY_ADDRESS = "*"  # of both families, as ss prints it


class Sockets:
    """The listening sockets of a host, by protocol and port."""

    def __init__(self, listeners: Iterable[Listener]) -> None:
        self._at: dict[tuple[str, int], list[Listener]] = {}
        for one in listeners:
            self._at.setdefault((one.protocol, one.port), []).append(one)

    def taking(self, protocol: str, address: str, port: int, interface: str | None = None) -> tuple[Listener, ...]:
        """Return the sockets that take packets to an address and port.

        A wildcard stands for any address of the host. `interface` is where the packets come in; None: anywhere.
        """
        found = self._at.get((protocol, port), ())
        return tuple(one for one in found if _is_bound_to(one, address) and _hears(one, interface))

    def receiver(self, protocol: str, address: str, port: int, interface: str) -> Listener | None:
        """Return the socket that receives a packet: one that is bound to the very address comes first."""
        found = self.taking(protocol, address, port, interface)
        return min(found, key=lambda one: one.address == _EVERY_ADDRESS or is_wildcard(one.address), default=None)


def with_assumed_proxies(host: Host, inventory: Inventory) -> Host:
    """Return a host whose sockets were not recorded, or not all, with those that engines have for published ports."""
    heard = {(one.protocol, one.port) for one in host.listeners}
    others = (one for one in assumed_proxies(inventory) if (one.protocol, one.port) not in heard)
    return msgspec.structs.replace(host, listeners=(*host.listeners, *others))


def assumed_proxies(inventory: Inventory) -> tuple[Listener, ...]:
    """Return the sockets that engines have for the ports they publish, for a host whose sockets were not recorded.

    Docker has none where it is told to do without docker-proxy, and Podman's root has none that answers.
    """
    found = ((one, _answering(inventory, one)) for one in inventory.containers if one.running)
    return tuple(
        Listener(protocol=binding.protocol, address=binding.host_ip, port=binding.host_port, programs=(program,))
        for container, program in found
        for binding in container.bindings
        if program and binding.host_port
    )


def _answering(inventory: Inventory, container: Container) -> str:
    """Name the program that takes packets to a container's published ports on the host; "" for none."""
    if container.engine is Engine.PODMAN:
        return "rootlessport" if connects_inside(inventory, container.id) else ""
    if inventory.options.rootless:
        return ROOTLESSKIT
    return "" if has_hairpin(inventory, container.id) else PROXY


def is_proxied(found: tuple[Listener, ...]) -> bool:
    """Tell whether one of the sockets is held by docker-proxy, or by a program that could not be seen."""
    return any(PROXY in one.programs or not one.programs for one in found)


def leads_elsewhere(found: tuple[Listener, ...]) -> bool:
    """Tell whether the program of one of the sockets passes packets on into another network namespace."""
    return any(not INTO_NAMESPACES.isdisjoint(one.programs) for one in found)


def _hears(listener: Listener, interface: str | None) -> bool:
    return interface is None or listener.interface in ("", interface)


def _is_bound_to(listener: Listener, address: str) -> bool:
    if listener.address == _EVERY_ADDRESS:
        return True
    if is_wildcard(listener.address) or is_wildcard(address):
        return family_of(listener.address) == family_of(address)
    return listener.address == address or parse_ip(listener.address) == parse_ip(address)
