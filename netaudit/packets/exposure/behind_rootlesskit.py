"""What becomes of packets that rootlesskit took on the host: its child connects where a rootless dockerd is.

    host       rootlesskit listens at 0.0.0.0:8080          namespace   its child connects to 127.0.0.1:8080,
                                                                        docker-proxy connects to 172.17.0.2:80

The namespace is read as a small host: the loopback, the bridges of the engine's networks, and the rules recorded there.
"""

from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_network

from msgspec.structs import replace

from netaudit.model.docker import Container, Inventory, Network, PortBinding
from netaudit.model.engines.kinds import Engine
from netaudit.model.engines.rootless import is_of
from netaudit.model.exposure import Destination, Exposure, ZoneKind
from netaudit.model.host import Host, HostAddress, Interface, NextHop, Route
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.program import Program
from netaudit.model.snapshot import Inside, Snapshot
from netaudit.packets.host.sockets import with_assumed_proxies

# Which connects by the namespace's loopback; of others it is not known how packets come there.
_BUILTIN = "builtin"
_Key = tuple[str, str, str, int]  # container, family, protocol and port on the host
_Expose = Callable[[Snapshot, Program, None, Callable[[Destination], bool]], tuple[Exposure, ...]]


def behind_rootlesskit(snapshot: Snapshot, expose: _Expose) -> Mapping[_Key, Exposure]:
    """Return what rootlesskit's child reaches, by published port; nothing where the namespace was not recorded."""
    inventory = snapshot.inventory
    if inventory is None or not inventory.options.rootless or inventory.options.port_driver != _BUILTIN:
        return {}
    found: dict[_Key, Exposure] = {}
    for inside in snapshot.inside:
        own = tuple(one for one in inventory.containers if is_of(inside.container, Engine.DOCKER, one.sandbox))
        if own:
            there = _namespace(inside, inventory, own)
            rows = expose(there, inside.program, None, lambda to: to.binding is not None)
            found |= {_key(one.destination): one for one in rows if one.zone.kind is ZoneKind.HOST}
    return found


def _key(to: Destination) -> _Key:
    return to.container_id, to.family, to.protocol, to.ports[0][0]


def _namespace(inside: Inside, inventory: Inventory, own: tuple[Container, ...]) -> Snapshot:
    containers = tuple(replace(one, sandbox="", bindings=tuple(map(_at_loopback, one.bindings))) for one in own)
    there = replace(inventory, containers=containers, options=replace(inventory.options, rootless=False))
    bridges = [one for one in inventory.networks if one.bridge and one.engine is Engine.DOCKER]
    host = Host((_LOOPBACK, *_interfaces(bridges)), routes=(*_LOCAL, *_routes(bridges)))
    return Snapshot(inside.ruleset, there, with_assumed_proxies(host, there), meanings=inside.meanings)


def _at_loopback(binding: PortBinding) -> PortBinding:
    """Return a binding as docker-proxy has it in the namespace."""
    return replace(binding, host_ip="::1" if ":" in binding.host_ip else "127.0.0.1")


_LOOPBACK = Interface("lo", addresses=(HostAddress("127.0.0.1", 8, "host"), HostAddress("::1", 128, "host")), up=True)
_LOCAL = (
    Route(Family.IP, "127.0.0.0/8", (NextHop("lo"),), kind="local", table="local"),
    Route(Family.IP6, "::1/128", (NextHop("lo"),), kind="local", table="local"),
)


def _interfaces(networks: list[Network]) -> Iterator[Interface]:
    for at, network in enumerate(networks):
        own = tuple(
            HostAddress(network.gateway_of(family), ip_network(network.subnet_of(family)).prefixlen, "global")
            for family in (Family.IP, Family.IP6)
            if network.gateway_of(family) and network.subnet_of(family)
        )
        yield Interface(network.bridge, addresses=own, index=at + 2, up=True, kind="bridge")


def _routes(networks: list[Network]) -> Iterator[Route]:
    for network in networks:
        for family, bits in ((Family.IP, 32), (Family.IP6, 128)):
            gateway, subnet = network.gateway_of(family), network.subnet_of(family)
            if gateway and subnet:
                yield Route(family, f"{gateway}/{bits}", (NextHop(network.bridge),), kind="local", table="local")
                yield Route(family, subnet, (NextHop(network.bridge),))
