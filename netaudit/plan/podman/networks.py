"""Podman's networks: made, shown and removed, with the subnets and bridges that it would choose.

Source: containers/common, libnetwork/internal/util and libnetwork/netavark/config.go.
"""

from collections.abc import Iterator
from ipaddress import IPv4Network
from itertools import count

from netaudit.attribute.podman.names import subnet_name
from netaudit.model.engine_request import EngineRequest
from netaudit.model.plan import Symbol, SymbolKind
from netaudit.plan.engine.answer import Answer, EngineRefusal
from netaudit.plan.engine.objects import Object, items, part, text
from netaudit.plan.podman.state import PodmanState
from netaudit.plan.podman.subnets import first_of, requested_address, requested_subnet

_POOLS = ("10.89.0.0/16", "10.90.0.0/15", "10.92.0.0/14", "10.96.0.0/11", "10.128.0.0/9")
_SUBNET = 24
_DEFAULT = "podman"


def create(state: PodmanState, request: EngineRequest) -> Answer:
    """Make a network."""
    body = dict(request.fields())
    name = text(body, "name")
    if any(text(one, "name") == name for one in state.networks.values()):
        if request.parameter("ignoreIfExists") == "true":
            return Answer(200, state.network(name))
        raise EngineRefusal(409, f"network name {name} already used: network already exists")
    driver = text(body, "driver") or "bridge"
    if driver != "bridge":
        raise EngineRefusal(501, f"netaudit plan does not follow networks of driver {driver}")
    made = _made(state, name, body)
    state.networks[text(made, "id")] = made
    state.fresh.add(text(made, "id"))
    for one in items(made["subnets"]):
        _note_chains(state, made, text(one, "subnet"))
    return Answer(200, made)


def _made(state: PodmanState, name: str, body: Object) -> Object:
    """Return a network as Podman would show it."""
    subnets = _subnets(state, body)
    _refuse_overlap(state, subnets)
    return {
        **body,
        "id": state.new_id("network", name),
        "driver": "bridge",
        "network_interface": text(body, "network_interface") or _free_bridge(state),
        "created": f"2999-01-01T00:00:00.{state.requests:09}Z",
        "subnets": subnets,
        "options": body.get("options") or {},
        "dns_enabled": body.get("dns_enabled") is True,
    }


def _subnets(state: PodmanState, body: Object) -> list[Object]:
    """Return the subnets that are asked for, and with them the one of IPv4 that Podman adds."""
    subnets = [_with_gateway(one) for one in items(body.get("subnets"))]
    families = {":" in text(one, "subnet") for one in subnets}
    if body.get("ipv6_enabled") is True and True not in families:
        raise EngineRefusal(501, "netaudit plan does not guess the IPv6 subnet that Podman would draw: give --subnet")
    if not subnets or (body.get("ipv6_enabled") is True and False not in families):
        subnets.append(_free_subnet(state))
    return subnets


def show(state: PodmanState, request: EngineRequest, reference: str) -> Answer:
    """Show a network."""
    del request
    return Answer(200, state.network(reference))


def exists(state: PodmanState, request: EngineRequest, reference: str) -> Answer:
    """Say whether a network is there."""
    show(state, request, reference)
    return Answer(204)


def list_all(state: PodmanState, request: EngineRequest) -> Answer:
    """List all networks."""
    del request
    return Answer(200, list(state.networks.values()))


def remove(state: PodmanState, request: EngineRequest, reference: str) -> Answer:
    """Remove a network; one that containers are on only by force, and these with it."""
    network = state.network(reference)
    name = text(network, "name")
    if name == _DEFAULT:
        raise EngineRefusal(500, f"default network {name} cannot be removed")
    users = [key for key, one in state.containers.items() if name in part(one, "NetworkSettings", "Networks")]
    if users and request.parameter("force") != "true":
        why = f'"{name}" has associated containers with it. Use -f to forcibly delete containers and pods'
        raise EngineRefusal(500, f"{why}: network is being used")
    for key in users:
        del state.containers[key]
        state.listed.pop(key, None)
    del state.networks[text(network, "id")]
    return Answer(200, [{"Name": name, "Err": None}])


def _with_gateway(subnet: Object) -> Object:
    """Return a subnet with the gateway that Podman gives it: the first address."""
    within = requested_subnet(subnet)
    gateway = str(requested_address(text(subnet, "gateway")) if text(subnet, "gateway") else first_of(within))
    return {**subnet, "subnet": str(within), "gateway": gateway}


def _free_subnet(state: PodmanState) -> Object:
    used = [one for one in state.subnets() if isinstance(one, IPv4Network)]
    for subnet in _candidates():
        if not any(subnet.overlaps(one) for one in used):
            return _with_gateway({"subnet": str(subnet)})
    raise EngineRefusal(500, "could not find free subnet from subnet pools")


def _candidates() -> Iterator[IPv4Network]:
    for pool in _POOLS:
        yield from IPv4Network(pool).subnets(new_prefix=_SUBNET)


def _refuse_overlap(state: PodmanState, subnets: list[Object]) -> None:
    of_networks = list(state.network_subnets())
    for one in map(requested_subnet, subnets):
        if any(one.version == other.version and one.overlaps(other) for other in of_networks):
            raise EngineRefusal(500, f"subnet {one} is already used on the host or by another config")


def _free_bridge(state: PodmanState) -> str:
    used = {one.name for one in state.host.interfaces}
    used |= {text(one, "network_interface") for one in state.networks.values()}
    return next(f"podman{number}" for number in count(1) if f"podman{number}" not in used)


def _note_chains(state: PodmanState, network: Object, subnet: str) -> None:
    """Note the chains of nftables whose names begin with the network's id."""
    example = f"nv_{text(network, 'id')[:8]}_{subnet_name(subnet)}"
    name, shape = f"chain of {text(network, 'name')} {subnet}", f"nv_ID_{subnet_name(subnet)}"
    state.note(Symbol(name, SymbolKind.CHAIN, shape, example))
    state.note(Symbol(f"port {name}", SymbolKind.CHAIN, f"{shape}_dnat", f"{example}_dnat"))
