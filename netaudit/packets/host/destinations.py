"""What can be reached: published ports, all ports of each container at its own addresses, listeners of the host."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import ip_address

from netaudit.model.docker import Container, Inventory, Network, PortBinding
from netaudit.model.exposure import Destination, DestinationKind
from netaudit.model.host import Host, Listener
from netaudit.model.netfilter.family import IP_FAMILIES, Family, family_of
from netaudit.model.ranges import Ranges, joined
from netaudit.packets.host.containers.owners import Owners
from netaudit.packets.host.zones import is_routed
from netaudit.packets.values.probe import PROTOCOLS

# The transport protocols with ports, which Docker publishes.
PORT_PROTOCOLS = {name: PROTOCOLS[name] for name in ("tcp", "udp", "sctp")}
EVERY_PORT = ((1, 65535),)
PROXY = "docker-proxy"
# Programs that hold the published ports of a rootless engine: its containers are in a namespace of their own.
# Source: the port drivers that docs.docker.com/engine/security/rootless lists; podman-run(1), `--network`.
ROOTLESSKIT = "rootlesskit"
INTO_NAMESPACES = frozenset({ROOTLESSKIT, "rootlessport", "slirp4netns", "pasta", "pasta.avx2", "passt.avx2"})
# They hold published ports; of these, dockerd and conmon do not answer there.
HOLDERS = frozenset({PROXY, "dockerd", "conmon", *INTO_NAMESPACES})
_Places = dict[tuple[Family, str, str], Ranges]  # ports by family, protocol and address
LOOPBACKS = {"ip": "127.0.0.1", "ip6": "::1"}
WILDCARDS = {"ip": "0.0.0.0", "ip6": "::"}  # noqa: S104 (what Docker and ss call every address)


def destinations(host: Host, inventory: Inventory | None) -> tuple[Destination, ...]:
    """Return all destinations, in the order of the exposure table."""
    known = inventory or Inventory()
    networks = {network.id: network for network in known.networks}
    found: list[Destination] = []
    for container in known.containers:
        if container.running:
            found += _published(container)
            found += _own_ports(container, networks)
    published = {(one.protocol, one.host_port) for container in known.containers for one in container.bindings}
    heard = tuple(one for one in dict.fromkeys(host.listeners) if _is_of_a_program(one, published))
    owners = Owners(host, known.containers)
    return (*found, *_listeners(heard, owners), *_unknown(host, heard, owners))


@lru_cache(maxsize=1 << 14)
def number_of(address: str) -> int:
    """Return the number of an address; many zones ask for the same one."""
    parts = address.split(".")
    if len(parts) != 4 or ":" in address:
        return int(ip_address(address))
    first, second, third, fourth = map(int, parts)  # five times as quick, and 100,000 containers have as many
    return first << 24 | second << 16 | third << 8 | fourth


def written(address: str) -> str:
    """Return the address of an endpoint in the one way in which addresses are written, without a prefix's length."""
    alone = address.partition("/")[0]
    return str(ip_address(alone)) if ":" in alone else alone


def is_wildcard(address: str) -> bool:
    """Tell whether an address stands for every one of the host's."""
    return address in WILDCARDS.values()


def is_never_routed(to: Destination) -> bool:
    """Tell whether no packet of the Internet is sent to a destination, whatever the host's interfaces are.

    A container's private address is not an address of its host; a port on the host's own private address may be
    behind a router that leads the Internet there.
    """
    address = ip_address(to.address)
    if to.kind is DestinationKind.CONTAINER_PORTS:
        return not is_routed(int(address), to.family)
    return to.kind is not DestinationKind.FORWARDED_PORT and (address.is_loopback or address.is_link_local)


def _published(container: Container) -> Iterator[Destination]:
    for binding in container.bindings:
        if binding.host_port:
            yield Destination(
                kind=DestinationKind.PUBLISHED_PORT,
                family=family_of(binding.host_ip),
                protocol=binding.protocol,
                address=binding.host_ip,
                ports=((binding.host_port, binding.host_port),),
                container_id=container.id,
                container_name=container.name,
                network_name=_network_of(container, binding),
                binding=binding,
            )


def _network_of(container: Container, binding: PortBinding) -> str:
    """Return the name of the network that a binding leads to, where only one is possible."""
    family = family_of(binding.host_ip)
    able = [one.network_name for one in container.endpoints if one.address_of(family)]
    return able[0] if len(able) == 1 else ""


def _own_ports(container: Container, networks: dict[str, Network]) -> Iterator[Destination]:
    published = {one.protocol for one in container.bindings}
    protocols = [name for name in PORT_PROTOCOLS if name != "sctp" or "sctp" in published]
    for endpoint in container.endpoints:
        if endpoint.network_id not in networks:
            continue
        for address in (endpoint.ipv4, endpoint.ipv6):
            for protocol in protocols if address else ():
                yield Destination(
                    kind=DestinationKind.CONTAINER_PORTS,
                    family=family_of(address),
                    protocol=protocol,
                    address=written(address),
                    ports=EVERY_PORT,
                    container_id=container.id,
                    container_name=container.name,
                    network_name=endpoint.network_name,
                )


def _listeners(listeners: Iterable[Listener], owners: Owners) -> Iterator[Destination]:
    for listener in listeners:
        owner = owners.owner(listener)
        for family, address in _addresses(listener):
            yield Destination(
                kind=DestinationKind.HOST_LISTENER,
                family=family,
                protocol=listener.protocol,
                address=address,
                ports=((listener.port, listener.port),),
                container_id=owner.id if owner else "",
                container_name=owner.name if owner else "",
                network_name="host" if owner else "",
                programs=listener.programs,
                interface=listener.interface,
            )


def _addresses(listener: Listener) -> Iterator[tuple[Family, str]]:
    for family in IP_FAMILIES if listener.address == "*" else (family_of(listener.address),):
        yield family, WILDCARDS[family] if listener.address == "*" else listener.address


def _unknown(host: Host, listeners: Sequence[Listener], owners: Owners) -> Iterator[Destination]:
    """Return what stands for the ports of containers in the host's network of which nobody knows what they open."""
    every: _Places = {
        (family, name, WILDCARDS[family]): EVERY_PORT for family in IP_FAMILIES for name in ("tcp", "udp")
    }
    found: list[tuple[Sequence[Container], _Places]] = [(owners.not_started, every)]
    if host.heard:
        found += ((some, _by_place(sockets)) for some, sockets in owners.suspects(listeners))
    else:
        found.append((owners.running, every))
    for containers, places in found:
        for container in containers:
            yield from (_of_host(container, *place, ports) for place, ports in places.items())


def _by_place(listeners: Iterable[Listener]) -> _Places:
    """Return the ports of sockets by family, protocol and address: one of loopback, or every one of the host's."""
    found: dict[tuple[Family, str, str], set[int]] = {}
    for listener in listeners:
        for family, address in _addresses(listener):
            place = LOOPBACKS[family] if ip_address(address).is_loopback else WILDCARDS[family]
            found.setdefault((family, listener.protocol, place), set()).add(listener.port)
    return {place: joined((port, port) for port in ports) for place, ports in found.items()}


def _of_host(container: Container, family: Family, protocol: str, address: str, ports: Ranges) -> Destination:
    return Destination(
        kind=DestinationKind.HOST_LISTENER,
        family=family,
        protocol=protocol,
        address=address,
        ports=ports,
        container_id=container.id,
        container_name=container.name,
        network_name="host",
        programs=None,
    )


def _is_of_a_program(listener: Listener, published: set[tuple[str, int]]) -> bool:
    """Tell whether it is a socket of its own, and not an engine's that holds a published port."""
    is_proxy = (listener.protocol, listener.port) in published and not HOLDERS.isdisjoint(listener.programs)
    return listener.protocol in PORT_PROTOCOLS and not is_proxy
