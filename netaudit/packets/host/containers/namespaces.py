"""The network namespaces of containers whose rules were recorded, each as a small host."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address

import msgspec

from netaudit.model.docker import Container, Endpoint, Inventory
from netaudit.model.host import Host, HostAddress, Interface, NextHop, Route
from netaudit.model.netfilter.family import IP_FAMILIES, Family
from netaudit.model.netfilter.program import Program
from netaudit.model.snapshot import Snapshot

_EVERYTHING = {Family.IP: "0.0.0.0/0", Family.IP6: "::/0"}
_BITS = {Family.IP: 32, Family.IP6: 128}


class ContainerNamespace(msgspec.Struct, frozen=True):
    """A container as a host: its own addresses are local, and all else is behind its interfaces.

    Docker calls these eth0, eth1 and so on, in the order in which the container was connected.
    """

    container_id: str
    name: str
    program: Program
    host: Host
    addresses: frozenset[int]

    def interface_of(self, address: int) -> str:
        """Name the interface that has an address."""
        found = (one.name for one in self.host.interfaces for own in one.addresses if int(own.ip) == address)
        return next(found, "")


def namespaces_of(snapshot: Snapshot) -> tuple[ContainerNamespace, ...]:
    """Return the namespaces that hold rules, of containers that the inventory knows."""
    containers = {one.id: one for one in (snapshot.inventory or Inventory()).containers}
    found = []
    for inside in snapshot.inside:
        container = _owner(containers, inside.container)
        if container is not None and inside.ruleset.tables:
            ends = container.endpoints
            addresses = frozenset(int(ip_address(one)) for end in ends for one in _addresses(end).values())
            host = Host(tuple(_interfaces(ends)), routes=tuple(_routes(ends)))
            found.append(ContainerNamespace(container.id, container.name, inside.program, host, addresses))
    return tuple(found)


def by_container(namespaces: tuple[ContainerNamespace, ...]) -> Mapping[str, ContainerNamespace]:
    """Give each namespace by the container that its addresses belong to."""
    return {one.container_id: one for one in namespaces}


def _owner(containers: Mapping[str, Container], container_id: str) -> Container | None:
    """Return the container itself, or the one whose namespace it shares (`--network container:NAME`)."""
    found = containers.get(container_id)
    if found is None or found.base is None:
        return found
    return next((one for one in containers.values() if found.base in (one.id, one.name)), None)


def _addresses(end: Endpoint) -> dict[Family, str]:
    known = {family: end.address_of(family).partition("/")[0] for family in IP_FAMILIES}
    return {family: address for family, address in known.items() if address}


def _interfaces(ends: tuple[Endpoint, ...]) -> Iterator[Interface]:
    yield Interface("lo", addresses=(HostAddress("127.0.0.1", 8, "host"), HostAddress("::1", 128, "host")), up=True)
    for at, end in enumerate(ends):
        own = tuple(HostAddress(one, _BITS[family]) for family, one in _addresses(end).items())
        yield Interface(f"eth{at}", addresses=own, index=at + 2, up=True)


def _routes(ends: tuple[Endpoint, ...]) -> Iterator[Route]:
    yield Route(Family.IP, "127.0.0.0/8", (NextHop("lo"),), kind="local", table="local")
    yield Route(Family.IP6, "::1/128", (NextHop("lo"),), kind="local", table="local")
    for at, end in enumerate(ends):
        for family, address in _addresses(end).items():
            way = (NextHop(f"eth{at}"),)
            yield Route(family, f"{address}/{_BITS[family]}", way, kind="local", table="local")
            yield Route(family, _EVERYTHING[family], way, metric=at)
