"""Addresses of containers: the lowest free one of their network (moby, libnetwork/ipams/defaultipam)."""

from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network

from netaudit.model.docker import BRIDGE_OPTION
from netaudit.model.host import Ip, IpNetwork
from netaudit.model.plan import Symbol, SymbolKind
from netaudit.plan.engine.allocation.gateways import has_no_gateway
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import (
    Object,
    address_of,
    is_running,
    items,
    objects,
    options_of,
    part,
    pools_of,
    text,
    texts,
)
from netaudit.plan.engine.state import EngineState


class Pool:
    """A subnet of a network, the part of it that containers get addresses from, and what is taken of it."""

    def __init__(self, config: Object) -> None:
        self.config = config
        self.subnet: IpNetwork = ip_network(text(config, "Subnet"), strict=False)
        inner = text(config, "IPRange")
        self.range: IpNetwork = ip_network(inner, strict=False) if inner else self.subnet
        self.taken = {self.subnet.network_address}
        if isinstance(self.subnet, IPv4Network):
            if self.subnet.num_addresses > 2:
                self.taken.add(self.subnet.broadcast_address)
            else:
                self.taken.clear()

    def free(self) -> Iterator[Ip]:
        """List the free addresses of the range, the lowest first."""
        return (one for one in self.range if one not in self.taken)

    def lowest_free(self, but: frozenset[Ip] = frozenset()) -> Ip | None:
        """Return the lowest free address of the range, but for some."""
        return next((one for one in self.free() if one not in but), None)


def pools(state: EngineState, network: Object, version: int) -> list[Pool]:
    """Return the pools of a network of one family (4 or 6), with all that is taken of them."""
    found = []
    for config in pools_of(network):
        if not text(config, "Subnet"):
            continue
        pool = Pool(config)
        if pool.subnet.version == version:
            pool.taken.update(one for one in _taken(state, network, pool) if one.version == version)
            found.append(pool)
    return found


def gateway_of(state: EngineState, network: Object, pool: Pool) -> Ip | None:
    """Return a network's gateway: as configured, its bridge's address, or the first one that was free."""
    if named := text(pool.config, "Gateway"):
        return address_of(named)
    if has_no_gateway(state, network, pool.subnet.version):
        return None
    own = [one for one in _interface_addresses(state, network) if one in pool.subnet]
    return own[0] if own else Pool(pool.config).lowest_free()


def choose_address(
    state: EngineState, network: Object, version: int, wanted: str, theirs: frozenset[Ip] = frozenset()
) -> tuple[Ip, Pool] | None:
    """Return the address that a container gets; `theirs` others are about to ask for, as far as there are more.

    Raises EngineRefusal where there is none to have.
    """
    available = pools(state, network, version)
    if not available:
        return None
    if wanted:
        return _wanted(available, address_of(wanted))
    for left in (theirs, frozenset[Ip]()):
        for pool in available:
            if free := pool.lowest_free(left):
                return free, pool
    raise EngineRefusal(500, "no available IPv4 addresses on this network's address pools: " + _named(network))


def note_address(state: EngineState, network: Object, pool: Pool, address: Ip, owner: str) -> None:
    """Note an address whose subnet nobody can know as a symbol."""
    subnet = state.symbols.get(str(pool.subnet))
    if subnet and subnet.kind == SymbolKind.SUBNET:
        name = f"IPv{pool.subnet.version} address of {owner} in {text(network, 'Name')}"
        state.symbols[str(address)] = Symbol(name, SymbolKind.ADDRESS, str(subnet), str(address))


def _wanted(available: list[Pool], address: Ip | None) -> tuple[Ip, Pool]:
    for pool in available:
        if address is not None and address in pool.subnet:
            if address in pool.taken:
                raise EngineRefusal(403, "Address already in use")
            return address, pool
    raise EngineRefusal(400, f"no configured subnet or ip-range contain the IP address {address}")


def _taken(state: EngineState, network: Object, pool: Pool) -> Iterator[Ip]:
    """List what is taken of a pool: gateway, auxiliary addresses, the bridge's own, and the endpoints'."""
    gateway = gateway_of(state, network, pool)
    if gateway is not None:
        yield gateway
    auxiliary = pool.config.get("AuxiliaryAddresses") or pool.config.get("AuxAddress")
    named = [*texts(auxiliary).values()]
    field = "IPv4Address" if pool.subnet.version == 4 else "IPv6Address"
    named += [text(member, field).partition("/")[0] for _, member in objects(network.get("Containers"))]
    yield from (one for one in map(address_of, named) if one is not None)
    yield from (one for one in _interface_addresses(state, network) if one in pool.subnet)
    yield from _of_containers(state, text(network, "Id"), pool.subnet.version)


def _of_containers(state: EngineState, network_id: str, version: int) -> Iterator[Ip]:
    """List the addresses of running containers: some engines do not list all members of a network."""
    field = "IPAddress" if version == 4 else "GlobalIPv6Address"
    for container in state.containers.values():
        if is_running(container):
            for _, end in objects(part(container, "NetworkSettings").get("Networks")):
                address = address_of(text(end, field)) if text(end, "NetworkID") == network_id else None
                if address is not None:
                    yield address


def bridge_of(network: Object) -> str:
    """Return the interface of a bridge network, empty for other drivers."""
    if text(network, "Driver") != "bridge":
        return ""
    return options_of(network).get(f"{BRIDGE_OPTION}name") or f"br-{text(network, 'Id')[:12]}"


def _interface_addresses(state: EngineState, network: Object) -> list[Ip]:
    bridge = bridge_of(network)
    return [
        one.ip
        for interface in state.host.kernel.interfaces
        if bridge and interface.name == bridge
        for one in interface.addresses
        if not one.ip.is_link_local
    ]


def _named(network: Object) -> str:
    return ", ".join(text(config, "Subnet") for config in items(pools_of(network)))
