"""The subnet of a new network: which one of the engine's pools is next."""

from collections.abc import Iterator
from ipaddress import IPv6Network, ip_network

from netaudit.model.host import IpNetwork
from netaudit.model.netfilter.family import Family
from netaudit.model.plan import AssumptionKind, Symbol, SymbolKind
from netaudit.model.version import Version
from netaudit.plan.engine.allocation.gaps import Stretch, first_free
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.host import EngineHost
from netaudit.plan.engine.objects import Object, pools_of, text
from netaudit.plan.engine.state import EngineState

_LOWEST_GAP = Version(27)  # from here on the lowest gap is taken; before, the search went on where it had ended
_MAKES_IPV6 = Version(27)
_UNIQUE_LOCAL, _LENGTH = IPv6Network("fd00::/8"), 64  # where the engine's own prefix is, and how long its subnets are
_MADE_HERE = "2999"  # when networks of the plan are made: EngineState.moment
NOT_GIVEN = "user specified IP address is supported only when connecting to networks with user configured subnets"
_NO_POOL = "could not find an available, non-overlapping IPv{} address pool among the defaults to assign to the network"


def choose_ipv4(state: EngineState, name: str) -> IpNetwork:
    """Return the subnet that a new network gets. Raises EngineRefusal where none is left."""
    _check_pools(state.host)
    taken = _taken(state, 4)
    by_gap = state.host.version >= _LOWEST_GAP
    candidates = _stretches(state.host, 4)
    found = first_free(candidates if by_gap else _from_cursor(state, candidates), taken)
    if found is None:
        raise EngineRefusal(500 if by_gap else 404, _NO_POOL.format(4))
    if not by_gap:
        state.assume(AssumptionKind.SUBNET_LIKELY, network=name, subnet=str(found))
    if not state.host.knows_nameservers:
        state.assume(AssumptionKind.NAMESERVERS_UNKNOWN, network=name, subnet=str(found))
    return found


def choose_ipv6(state: EngineState, name: str) -> IpNetwork:
    """Return the IPv6 subnet that a new network gets since 27.0: of the daemon's pools, else one of the host's prefix.

    The host's own prefix is not known: the subnet is an example, and a symbol. Raises EngineRefusal.
    """
    if state.host.version < _MAKES_IPV6:
        raise EngineRefusal(404, _NO_POOL.format(6))
    _check_pools(state.host)
    if _pools(state.host, 6):
        pooled = first_free(_stretches(state.host, 6), _taken(state, 6))
        if pooled is None:
            raise EngineRefusal(500, _NO_POOL.format(6))
        return pooled
    digits = state.example_id("subnet", name)
    found = ip_network(f"fd{digits[:2]}:{digits[2:6]}:{digits[6:10]}:{digits[10:14]}::/64")
    symbol = Symbol(f"IPv6 subnet of {name}", SymbolKind.SUBNET, "a /64 of fd00::/8", str(found))
    state.symbols[symbol.example] = symbol
    return found


def check_overlap(state: EngineState, subnet: IpNetwork) -> None:
    """Refuse a subnet that overlaps with another network's."""
    if any(subnet.overlaps(one) for one in _of_networks(state, subnet.version)):
        text_since_28 = "invalid pool request: Pool overlaps with other one on this address space"
        raise EngineRefusal(403, text_since_28 if state.host.version >= Version(25) else text_since_28[22:])


def check_given(state: EngineState, network: Object, version: int, pools: list[Object]) -> None:
    """Refuse a wish for an address where the engine chose the subnet itself.

    Of a network that was recorded, that is not told: a subnet as the engine would choose it may have been given too.
    """
    if (text(network, "Id"), version) in state.chosen_subnets:
        raise EngineRefusal(400, NOT_GIVEN)
    made_before = text(network, "Created") < _MADE_HERE
    if made_before and any(_may_be_chosen(state.host, pool) for pool in pools):
        state.assume(AssumptionKind.SUBNET_GIVEN, network=text(network, "Name"))


def _may_be_chosen(host: EngineHost, pool: Object) -> bool:
    """Tell whether a subnet is one that the engine could have chosen, with the gateway that it shows then."""
    subnet = ip_network(text(pool, "Subnet"), strict=False)
    said = text(pool, "IPRange") or pool.get("AuxiliaryAddresses") or pool.get("AuxAddress")
    first = text(pool, "Gateway") == str(subnet.network_address + 1)
    return first and not said and any(subnet.prefixlen == size for size in _sizes(host, subnet))


def _sizes(host: EngineHost, subnet: IpNetwork) -> Iterator[int]:
    """List the lengths of the subnets that the engine makes where this one is."""
    pools = _pools(host, subnet.version)
    if subnet.version == 6 and not pools and host.version >= _MAKES_IPV6:
        pools = [(_UNIQUE_LOCAL, _LENGTH)]
    yield from (size for base, size in pools if subnet.network_address in base)


def _check_pools(host: EngineHost) -> None:
    """Refuse to choose where a pool is wrong: such a daemon does not start, and gives no subnet."""
    if host.wrong_pools:
        why = f"dockerd does not start with the default-address-pools {', '.join(host.wrong_pools[:3])}"
        raise EngineRefusal(501, f"netaudit plan chooses no subnet: {why}; mend them in daemon.json, or give --subnet")


def _pools(host: EngineHost, version: int) -> list[tuple[IpNetwork, int]]:
    return [(base, size) for base, size in host.pools if base.version == version]


def _stretches(host: EngineHost, version: int) -> list[Stretch]:
    pools = _pools(host, version)
    if host.version >= _LOWEST_GAP:
        pools.sort(key=lambda pool: (int(pool[0].network_address), pool[1]))
    return [Stretch.of(base, size) for base, size in pools]


def _from_cursor(state: EngineState, stretches: list[Stretch]) -> list[Stretch]:
    """Return the candidates beginning after the one that was given last, as far as networks that are there tell."""
    made = sorted(state.networks.values(), key=lambda one: text(one, "Created"))
    given = [ip_network(text(pool, "Subnet"), strict=False) for one in made for pool in _dynamic(one)]
    for subnet in reversed(given):
        at = next((at for at, one in enumerate(stretches) if one.has(subnet)), None)
        if at is not None:
            after, until = stretches[at].split_after(subnet)
            return [after, *stretches[at + 1 :], *stretches[:at], until]
    return stretches


def _dynamic(network: Object) -> list[Object]:
    """Return the pools of a network whose gateway was chosen with the subnet, as both are where none is asked for."""
    is_default = text(network, "Name") == "bridge"
    return [] if is_default else [one for one in pools_of(network) if text(one, "Subnet") and text(one, "Gateway")]


def _taken(state: EngineState, version: int) -> Iterator[IpNetwork]:
    """List what no new network gets: other networks', nameservers, and what is on the link of an interface."""
    yield from _of_networks(state, version)
    yield from (one for one in map(_nameserver, state.host.kernel.nameservers) if one and one.version == version)
    gone = state.removed_bridges
    for route in state.host.kernel.routes:
        on_link = route.scope == "link" or state.host.version < _LOWEST_GAP
        if any(hop.interface in gone for hop in route.hops):
            continue
        if route.family == Family.IP and route.kind == "unicast" and on_link and route.network.prefixlen:
            yield route.network


def _nameserver(named: str) -> IpNetwork | None:
    try:
        return ip_network(named.partition("%")[0])
    except ValueError:
        return None


def _of_networks(state: EngineState, version: int) -> Iterator[IpNetwork]:
    for network in state.networks.values():
        for pool in pools_of(network):
            if text(pool, "Subnet") and not network.get("ConfigOnly") and text(network, "Scope") != "swarm":
                subnet = ip_network(text(pool, "Subnet"), strict=False)
                if subnet.version == version:
                    yield subnet
