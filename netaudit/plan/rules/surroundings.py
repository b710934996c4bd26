"""What an engine changes around its rules: bridges, addresses, routes, switches, docker-proxy's sockets."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from ipaddress import ip_address, ip_network

from msgspec.structs import replace

from netaudit.model.docker import Container, GatewayMode, Inventory, Network
from netaudit.model.engines.kinds import Engine
from netaudit.model.host import Host, HostAddress, Interface, Listener, NextHop, Route
from netaudit.model.netfilter.family import IP_FAMILIES, Family, family_of
from netaudit.packets.host.bridge_ports import ports_of

_PROXY, _DAEMON = "docker-proxy", "dockerd"  # the daemon holds the ports itself where it has no proxy
_PODMANS = "conmon"  # of Podman
_HOLDERS = frozenset({_PROXY, _DAEMON, _PODMANS})
_DEFAULTS = ("net.ipv4.conf.default.", "net.ipv6.conf.default.")


def host_after(host: Host, before: Inventory, after: Inventory, sysctls: Mapping[str, str]) -> Host:
    """Return the host as an engine leaves it when its inventory has changed; `sysctls` are its switches by then.

    What was not recorded of the host stays unknown: nothing is added to an empty list of interfaces.
    """
    if not host.interfaces:
        return replace(host, sysctls=tuple(sysctls.items()))
    ports = _Ports(host, before, after)
    gone = frozenset(_bridges(before).keys() - _bridges(after).keys())
    moved = _moved(before, after)
    new = {name: net for name, net in _bridges(after).items() if name not in {one.name for one in host.interfaces}}
    stay = [_moved_bridge(one, moved) for one in host.interfaces if one.name not in gone | ports.removed]
    made = [_bridge(network, number) for number, network in enumerate(new.values(), _next(stay))]
    interfaces = (*stay, *made, *ports.added)
    linked = {one.master for one in interfaces}
    return replace(
        host,
        interfaces=tuple(_with_state(one, linked) for one in interfaces),
        routes=tuple(_routes(host, gone | ports.removed, moved, new | moved, linked)),
        listeners=tuple(_listeners(host, before, after)),
        sysctls=tuple(_switches(sysctls, gone | ports.removed, [*new, *(one.name for one in ports.added)])),
    )


class _Ports:
    """The ports of bridges that containers' endpoints come and go with."""

    def __init__(self, host: Host, before: Inventory, after: Inventory) -> None:
        old, new = _attached(before), _attached(after)
        self.removed = frozenset(
            ports[0].name
            for key, container in old.items()
            if key not in new and len(ports := ports_of(host, before, container, key[0])) == 1
        )
        spaces = [one.namespace or 0 for one in host.interfaces]
        numbers: dict[str, int] = {}
        self.added = [
            _port(key, numbers.setdefault(container.id, max(spaces, default=0) + len(numbers) + 1))
            for key, container in new.items()
            if key not in old
        ]


_Key = tuple[str, str, str]  # a bridge, a container's id, and its sandbox


def _attached(inventory: Inventory) -> dict[_Key, Container]:
    names = {network.id: network.bridge for network in inventory.networks}
    return {
        (names[end.network_id], container.id, container.sandbox): container
        for container in inventory.containers
        if container.running
        for end in container.endpoints
        if names.get(end.network_id)
    }


def _port(key: _Key, namespace: int) -> Interface:
    """Return the host's end of a veth pair; its real name is random, and stands in no rule."""
    name = "veth" + sha256("".join(key).encode()).hexdigest()[:7]
    return Interface(name, "veth", master=key[0], peer=2, peer_elsewhere=True, up=True, state="UP", namespace=namespace)


def _bridges(inventory: Inventory) -> dict[str, Network]:
    return {network.bridge: network for network in inventory.networks if network.bridge and not network.config_only}


def _moved(before: Inventory, after: Inventory) -> dict[str, Network]:
    """Return the bridges that get other addresses."""
    old = _bridges(before)
    changed = ((name, net) for name, net in _bridges(after).items() if name in old)
    return {name: net for name, net in changed if [*_addresses(net)] != [*_addresses(old[name])]}


def _moved_bridge(one: Interface, moved: Mapping[str, Network]) -> Interface:
    if one.name not in moved:
        return one
    kept = (address for address in one.addresses if address.ip.is_link_local)
    return replace(one, addresses=(*_addresses(moved[one.name]), *kept))


def _bridge(network: Network, index: int) -> Interface:
    return Interface(network.bridge, "bridge", tuple(_addresses(network)), index, up=True, state="DOWN")


def _next(interfaces: list[Interface]) -> int:
    return max((one.index for one in interfaces), default=0) + 1


def _with_state(one: Interface, linked: set[str]) -> Interface:
    if one.kind != "bridge" or one.state not in ("UP", "DOWN"):
        return one
    return replace(one, state="UP" if one.name in linked else "DOWN")


def _addresses(network: Network) -> Iterator[HostAddress]:
    """Give the bridge the gateway's addresses: the first of the subnet where the engine does not tell it."""
    for family in IP_FAMILIES:
        subnet, mode = network.subnet_of(family), network.mode6 if family is Family.IP6 else network.mode4
        if not subnet or mode is GatewayMode.ISOLATED or (family is Family.IP and network.inhibit_ipv4):
            continue
        within = ip_network(subnet)
        gateway = network.gateway_of(family) or str(within.network_address + 1)
        yield HostAddress(gateway, within.prefixlen)


def _routes(
    host: Host, gone: frozenset[str], moved: Mapping[str, Network], new: Mapping[str, Network], linked: set[str]
) -> Iterator[Route]:
    for route in host.routes:
        own = route.network.is_link_local or route.network.is_multicast
        if not any(hop.interface in gone or (hop.interface in moved and not own) for hop in route.hops):
            yield _with_link(route, host, linked)
    for name, network in new.items():
        for address in _addresses(network):
            yield from (_with_link(one, host, linked | {name}) for one in own_routes(name, address))


def own_routes(bridge: str, address: HostAddress) -> Iterator[Route]:
    """Return the routes that the kernel makes for an address."""
    family, hops, subnet = family_of(address.local), (NextHop(bridge),), address.subnet
    ipv4 = family is Family.IP
    source = address.local if ipv4 else ""
    metric = 0 if ipv4 else 256
    yield Route(family, str(subnet), hops, scope="link" if ipv4 else "global", source=source, metric=metric)
    own = f"{address.local}/{address.ip.max_prefixlen}"
    yield Route(family, own, hops, "local", "local", "host" if ipv4 else "global", source)
    if ipv4:
        last = f"{subnet.broadcast_address}/32"
        yield Route(family, last, hops, "broadcast", "local", "link", source)


def _with_link(route: Route, host: Host, linked: set[str]) -> Route:
    """Take the flag of a bridge without ports from its routes once it has one."""
    bridges = {one.name for one in host.interfaces if one.kind == "bridge"}
    if route.flags != ("linkdown",) or not {hop.interface for hop in route.hops} <= bridges & linked:
        return route
    return replace(route, flags=())


def _switches(sysctls: Mapping[str, str], gone: frozenset[str], new: list[str]) -> Iterator[tuple[str, str]]:
    """Let the switches of interfaces come and go; a new one has the defaults, but for what the engine set."""
    for name, value in sysctls.items():
        parts = name.split(".")
        if not (len(parts) == 5 and parts[2] == "conf" and parts[3].replace("/", ".") in gone):
            yield name, value
    for interface in new:
        own = interface.replace(".", "/")
        for name, value in sysctls.items():
            new_name = name.replace(".default.", f".{own}.", 1)
            if name.startswith(_DEFAULTS) and new_name not in sysctls:
                yield new_name, value


def _listeners(host: Host, before: Inventory, after: Inventory) -> Iterator[Listener]:
    """Let the sockets of published ports come and go."""
    old, new = _proxied(before), _proxied(after)
    for one in host.listeners:
        place = (one.protocol, one.address, one.port)
        if not (_HOLDERS.intersection(one.programs) and place in old and place not in new):
            yield one
    there = {(one.protocol, one.address, one.port) for one in host.listeners}
    yield from (Listener(*place, programs=(holder,)) for place, holder in new.items() if place not in there)


def _proxied(inventory: Inventory) -> dict[tuple[str, str, int], str]:
    """Return who holds each published port."""
    dockers = _DAEMON if inventory.options.userland_proxy is False else _PROXY
    return {
        (one.protocol, _address(one.host_ip), one.host_port): _PODMANS if owner.engine is Engine.PODMAN else dockers
        for owner in inventory.containers
        if owner.running
        for one in owner.bindings
        if one.host_port
    }


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return "0.0.0.0"  # noqa: S104 (as Docker writes it)
