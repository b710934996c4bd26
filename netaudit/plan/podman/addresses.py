"""The addresses that containers get on Podman's networks: the next after the last one that was given."""

from netaudit.model.host import Ip, IpNetwork
from netaudit.model.plan import Symbol, SymbolKind
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, address_of, items, part, text
from netaudit.plan.podman.state import PodmanState
from netaudit.plan.podman.subnets import first_of, next_free, requested_address, subnet_of

_FIELDS = {4: ("IPAddress", "IPPrefixLen", "Gateway"), 6: ("GlobalIPv6Address", "GlobalIPv6PrefixLen", "IPv6Gateway")}


def join(state: PodmanState, container: Object, name: str) -> None:
    """Give a container an address of each subnet of a network."""
    network = state.network(name)
    end = part(container, "NetworkSettings", "Networks", name)
    wanted = part(end, "Wanted").get("static_ips")
    asked = [requested_address(str(one)) for one in wanted] if isinstance(wanted, list) else []
    for subnet in items(network.get("subnets")):
        within = subnet_of(subnet)
        if within is None:
            continue
        address, length, gateway = _FIELDS[within.version]
        static = next((one for one in asked if one in within), None)
        found = _free(state, within, subnet) if static is None else _allocated(state, static)
        if static is None:
            state.given.add(found)
            _note(state, container, network, within, found)
        end[address] = str(found)
        end[length], end[gateway] = within.prefixlen, text(subnet, "gateway")


def leave(container: Object, name: str) -> None:
    """Take a container's addresses on a network."""
    end = part(container, "NetworkSettings", "Networks", name)
    for address, _, gateway in _FIELDS.values():
        end[address] = end[gateway] = ""


def _allocated(state: PodmanState, asked: Ip) -> Ip:
    """Return an address that is asked for: it does not count as the last one that Podman gave."""
    if asked in state.addresses():
        raise EngineRefusal(500, f"IPAM error: requested ip address {asked} is already allocated")
    return asked


def _free(state: PodmanState, within: IpNetwork, subnet: Object) -> Ip:
    gateway = address_of(text(subnet, "gateway"))
    return next_free(within, state.given, {*state.addresses(), gateway or first_of(within)})


def _note(state: PodmanState, container: Object, network: Object, within: IpNetwork, found: Ip) -> None:
    """Note that nobody knows an address, but on a network that is made here."""
    if text(network, "id") not in state.fresh:
        kind = "IPv6 address" if within.version == 6 else "address"
        name = f"{kind} of {text(container, 'Name')} in {text(network, 'name')}"
        state.note(Symbol(name, SymbolKind.ADDRESS, f"in {within}", str(found)))
