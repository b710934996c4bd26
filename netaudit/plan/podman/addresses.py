"""The addresses that containers get on Podman's networks: the next after the last one that was given."""

from ipaddress import ip_address, ip_network

from netaudit.model.plan import Symbol, SymbolKind
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, items, part, text
from netaudit.plan.podman.state import PodmanState

_FIELDS = {4: ("IPAddress", "IPPrefixLen", "Gateway"), 6: ("GlobalIPv6Address", "GlobalIPv6PrefixLen", "IPv6Gateway")}


def join(state: PodmanState, container: Object, name: str) -> None:
    """Give a container an address of each subnet of a network."""
    network = state.network(name)
    end = part(container, "NetworkSettings", "Networks", name)
    wanted = part(end, "Wanted").get("static_ips")
    asked = [str(one) for one in wanted] if isinstance(wanted, list) else []
    for subnet in items(network.get("subnets")):
        within = ip_network(text(subnet, "subnet"), strict=False)
        address, length, gateway = _FIELDS[within.version]
        end[address] = _address(state, container, network, subnet, asked)
        state.given.add(end[address])
        end[length], end[gateway] = within.prefixlen, text(subnet, "gateway")


def leave(container: Object, name: str) -> None:
    """Take a container's addresses on a network."""
    end = part(container, "NetworkSettings", "Networks", name)
    for address, _, gateway in _FIELDS.values():
        end[address] = end[gateway] = ""


def _address(state: PodmanState, container: Object, network: Object, subnet: Object, asked: list[str]) -> str:
    within = ip_network(text(subnet, "subnet"), strict=False)
    for one in asked:
        if ip_address(one) in within:
            if one in state.addresses():
                raise EngineRefusal(500, f"IPAM error: requested ip address {one} is already allocated")
            return one
    used = {ip_address(one) for one in state.given} | {ip_address(text(subnet, "gateway") or within[1])}
    inside = [int(one) for one in used if one in within]
    found = str(within[max(inside) - int(within.network_address) + 1])
    if text(network, "id") not in state.fresh:
        kind = "IPv6 address" if within.version == 6 else "address"
        name = f"{kind} of {text(container, 'Name')} in {text(network, 'name')}"
        state.note(Symbol(name, SymbolKind.ADDRESS, f"in {within}", found))
    return found
