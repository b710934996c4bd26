"""Who has an address or a port of a host. netaudit.report.terminal.explain.places puts it into words."""

import re
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import IPv6Address, ip_network

import msgspec

from netaudit.attribute.attribution import AttributedItem, AttributedSnapshot
from netaudit.model.address_text import UNSPECIFIED
from netaudit.model.docker import Container, Network, PortBinding
from netaudit.model.exposure import Destination, DestinationKind
from netaudit.model.host import Ip, Listener
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.ruleset import ObjectKind
from netaudit.model.snapshot import Snapshot

_EVERYWHERE = UNSPECIFIED | {"*"}  # of bindings, and of sockets


class HolderKind(StrEnum):
    """What has an address, or could have it."""

    CONTAINER = "container"
    GATEWAY = "gateway"  # of a network
    INTERFACE = "interface"  # of the host
    SUBNET = "subnet"  # of a network, in which nobody has it
    LINK = "link"  # of the host, behind which a neighbour may have it


class Holder(msgspec.Struct, frozen=True):
    """Who has an address: `name` is of the container, network or interface, `subnet` what the address is in."""

    kind: HolderKind
    name: str
    subnet: str = ""
    network: str = ""


class AddressExplained(msgspec.Struct, frozen=True):
    """An address, who has it, and the rules that name it."""

    address: str
    holders: tuple[Holder, ...]
    rules: tuple[AttributedItem, ...]

    def is_reached_by(self, there: Destination) -> bool:
        """Tell whether a destination is this address, or a container or interface of the host that has it."""
        if there.container_name in {one.name for one in self.holders if one.kind is HolderKind.CONTAINER}:
            return True
        sent = there.binding.host_ip if there.binding else there.address
        own = any(one.kind in (HolderKind.INTERFACE, HolderKind.GATEWAY) for one in self.holders)
        host = there.binding is not None or there.kind is DestinationKind.HOST_LISTENER
        alike = (there.family == Family.IP6) == (":" in self.address)
        return sent == self.address or (own and host and alike and sent in _EVERYWHERE)


class PortExplained(msgspec.Struct, frozen=True):
    """A port, the containers that publish it or have it published, and the programs of the host that listen on it."""

    port: int
    protocol: str
    published: tuple[tuple[Container, PortBinding], ...]
    listeners: tuple[Listener, ...]


def explain_address(address: Ip, snapshot: Snapshot, attributed: AttributedSnapshot) -> AddressExplained:
    """Find who has an address, and which rules name it."""
    found = [*_containers(address, snapshot), *_gateways(address, snapshot), *_interfaces(address, snapshot)]
    found = found or [*_subnets(address, snapshot)] or [*_links(address, snapshot)]
    names_it = re.compile(rf"(?<![\w.:]){re.escape(str(address))}(?![\w.:]*[\w])")
    rules = (one for one in attributed.items if one.item.object is ObjectKind.RULE)
    named = tuple(one for one in rules if names_it.search(one.item.text))
    return AddressExplained(str(address), tuple(dict.fromkeys(found)), named)


def explain_port(port: int, protocol: str, snapshot: Snapshot) -> PortExplained:
    """Find who has a port, of the host or of a container; `protocol` may be "" for any."""
    known = snapshot.inventory.containers if snapshot.inventory else ()
    published = tuple(
        (one, binding)
        for one in known
        for binding in one.bindings
        if port in (binding.host_port, binding.container_port) and protocol in ("", binding.protocol)
    )
    heard = (one for one in snapshot.host.listeners if one.port == port and protocol in ("", one.protocol))
    return PortExplained(port, protocol, published, tuple(heard))


def _containers(address: Ip, snapshot: Snapshot) -> Iterator[Holder]:
    for container in snapshot.inventory.containers if snapshot.inventory else ():
        for end in container.endpoints:
            if str(address) in (end.ipv4, end.ipv6):
                subnet = next((_subnet(one, address) for one in _networks(snapshot) if one.id == end.network_id), "")
                yield Holder(HolderKind.CONTAINER, container.name, subnet, end.network_name)


def _gateways(address: Ip, snapshot: Snapshot) -> Iterator[Holder]:
    for one in _networks(snapshot):
        if str(address) in (one.gateway, one.gateway6):
            yield Holder(HolderKind.GATEWAY, one.name, _subnet(one, address))


def _interfaces(address: Ip, snapshot: Snapshot) -> Iterator[Holder]:
    for one in snapshot.host.interfaces:
        yield from (Holder(HolderKind.INTERFACE, one.name, str(own)) for own in one.addresses if own.ip == address)


def _subnets(address: Ip, snapshot: Snapshot) -> Iterator[Holder]:
    for one in _networks(snapshot):
        subnet = _subnet(one, address)
        if subnet and address in ip_network(subnet, strict=False):
            yield Holder(HolderKind.SUBNET, one.name, subnet)


def _links(address: Ip, snapshot: Snapshot) -> Iterator[Holder]:
    for one in snapshot.host.interfaces:
        within = (own.subnet for own in one.addresses if own.ip.version == address.version and address in own.subnet)
        yield from (Holder(HolderKind.LINK, one.name, str(subnet)) for subnet in within)


def _networks(snapshot: Snapshot) -> tuple[Network, ...]:
    return snapshot.inventory.networks if snapshot.inventory else ()


def _subnet(network: Network, address: Ip) -> str:
    return network.subnet_of(Family.IP6 if isinstance(address, IPv6Address) else Family.IP)
