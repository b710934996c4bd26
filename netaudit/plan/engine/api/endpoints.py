"""Endpoints: a container joins a network, or leaves it."""

from ipaddress import IPv4Address, IPv6Address

from netaudit.model.engine_request import EngineRequest
from netaudit.model.host import Ip
from netaudit.model.plan import EffectKind
from netaudit.model.version import Version
from netaudit.plan.engine.allocation.addresses import Pool, choose_address, gateway_of, note_address, pools
from netaudit.plan.engine.allocation.publishing import publish, publisher_of
from netaudit.plan.engine.allocation.rivals import addresses_of_rivals, wanted_address
from netaudit.plan.engine.allocation.vlans import check_vlan
from netaudit.plan.engine.allocation.wishes import check_wishes
from netaudit.plan.engine.answer import Answer, EngineRefusal
from netaudit.plan.engine.api.overlay import leave_member, next_address, settle_gateway
from netaudit.plan.engine.objects import (
    Object,
    endpoints_of,
    is_running,
    mode_of,
    name_of,
    objects,
    part,
    text,
)
from netaudit.plan.engine.state import EngineState

_PREDEFINED = ("bridge", "host", "none")
_NO_INTERNAL_GATEWAY = Version(25)
_RANDOM_MAC = Version(28)
_KNOWS_PRIORITIES = Version(28)
_MOST_FOR_MAC = 80  # bits of a prefix that leave room for a hardware address
_SHOWN_AS_ASKED = ("IPAddress", "IPv6Gateway", "Gateway", "GlobalIPv6Address")  # Compose sends some of them
_OPERATIONAL = {
    "EndpointID": "",
    "Gateway": "",
    "IPAddress": "",
    "IPPrefixLen": 0,
    "IPv6Gateway": "",
    "GlobalIPv6Address": "",
    "GlobalIPv6PrefixLen": 0,
    "MacAddress": "",
}


def connect(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Connect a container to a network: at once where it runs, else when it starts."""
    network = state.network(reference)
    body = request.fields()
    container = state.container(str(body.get("Container", "")))
    given = body.get("EndpointConfig")
    config = dict(given) if isinstance(given, dict) else {}
    name = text(network, "Name")
    _check_connection(container, network)
    check_wishes(state, network, name, config)
    ends = endpoints_of(container)
    if is_running(container):
        if text(part(ends, name) if name in ends else {}, "EndpointID"):
            raise EngineRefusal(403, f"endpoint with name {name_of(container)} already exists in network {name}")
        ends[name] = endpoint(state, config)
        before = publisher_of(state, container)
        join(state, container, name)
        settle_gateway(state, container)
        publish(state, container, before)
    elif name not in ends:
        ends[name] = endpoint(state, config)
        ends[name]["NetworkID"] = text(network, "Id")
    return Answer(200)


def disconnect(state: EngineState, request: EngineRequest, reference: str) -> Answer:
    """Disconnect a container from a network."""
    body = request.fields()
    container = state.find_container(str(body.get("Container", "")))
    network = state.network(reference)
    if container is None:
        raise EngineRefusal(404, f"No such container: {body.get('Container', '')}")
    name = text(network, "Name")
    if name not in endpoints_of(container):
        the = "" if is_running(container) else "the "
        raise EngineRefusal(500, f"container {text(container, 'Id')} is not connected to {the}network {name}")
    if mode_of(container) == "host":
        why = "cannot disconnect container from host network - container was created in host network mode"
        raise EngineRefusal(400, why)
    before = publisher_of(state, container)
    leave(state, container, name)
    del endpoints_of(container)[name]
    if is_running(container):
        settle_gateway(state, container)
        publish(state, container, before)
    return Answer(200)


def endpoint(state: EngineState, config: Object) -> Object:
    """Return an endpoint that has not joined its network yet; until it does, it shows the addresses asked for."""
    priority = config.get("GwPriority")
    mac = text(config, "MacAddress")
    known = isinstance(priority, int) and state.host.version >= _KNOWS_PRIORITIES
    return {
        "NetworkID": "",
        **_OPERATIONAL,
        **{name: config[name] for name in _SHOWN_AS_ASKED if text(config, name)},
        "GwPriority": priority if known else 0,
        "Aliases": config.get("Aliases"),
        "Links": config.get("Links"),
        "IPAMConfig": config.get("IPAMConfig"),
        **({"DesiredMac": mac} if mac else {}),
        **({"DesiredAddress": True} if config.get("IPAMConfig") else {}),
    }


def join(state: EngineState, container: Object, name: str) -> None:
    """Join a container to a network of its settings. Raises EngineRefusal."""
    ends = endpoints_of(container)
    end = part(ends, name)
    network = _network_of(state, name, end)
    own_name = text(network, "Name")
    check_wishes(state, network, own_name, end)
    check_vlan(state, network, container, end)
    if own_name != name:
        ends[own_name] = ends.pop(name)
    end |= _OPERATIONAL | {"NetworkID": text(network, "Id")}
    end["EndpointID"] = state.example_id("endpoint", f"{name_of(container)} {own_name}")
    for version in (4, 6):
        _address(state, container, network, end, version)
    part(network, "Containers")[text(container, "Id")] = {
        "Name": name_of(container),
        "EndpointID": end["EndpointID"],
        "MacAddress": end["MacAddress"],
        "IPv4Address": _with_length(end, "IPAddress", "IPPrefixLen"),
        "IPv6Address": _with_length(end, "GlobalIPv6Address", "GlobalIPv6PrefixLen"),
    }
    state.note(EffectKind.ENDPOINT_JOINED, network, container)


def leave(state: EngineState, container: Object, name: str) -> None:
    """Take a container's endpoint off its network; what the user configured of it stays."""
    end = part(endpoints_of(container), name)
    network = state.networks.get(text(end, "NetworkID"))
    joined = bool(text(end, "EndpointID"))
    end |= _OPERATIONAL
    if network is not None:
        if text(network, "Driver") == "overlay" and not end.get("DesiredAddress"):
            end["IPAMConfig"] = None  # what a recording shows there is what the swarm gave, and gives no more
        leave_member(state, network, text(container, "Id"))
        if joined:
            state.note(EffectKind.ENDPOINT_LEFT, network, container)


def _network_of(state: EngineState, name: str, end: Object) -> Object:
    identity = text(end, "NetworkID")
    return state.network(identity if identity and name not in _PREDEFINED else name)


def _address(state: EngineState, container: Object, network: Object, end: Object, version: int) -> None:
    """Give an endpoint its address of one family, where its network has that family."""
    family = f"EnableIPv{version}"
    if network.get(family, version == 4) is not True:
        return
    wanted = wanted_address(end, version)
    serial = text(network, "Driver") == "overlay" and version == 4 and not wanted
    theirs = addresses_of_rivals(state, container, text(network, "Name"), version)
    chosen = next_address(state, network) if serial else choose_address(state, network, version, wanted, theirs)
    if chosen is None:
        return
    address, pool = chosen
    if version == 6 and (own := _from_mac(state, network, end, pool)):
        address = own
    gateway = _gateway(state, network, pool)
    note_address(state, network, pool, address, name_of(container))
    if version == 4:
        end |= {"IPAddress": str(address), "IPPrefixLen": pool.subnet.prefixlen, "Gateway": gateway}
        end["MacAddress"] = _own_mac(container, end) or _mac(state, address, end["EndpointID"])
    else:
        end |= {"GlobalIPv6Address": str(address), "GlobalIPv6PrefixLen": pool.subnet.prefixlen, "IPv6Gateway": gateway}
        end["MacAddress"] = end["MacAddress"] or _mac(state, address, end["EndpointID"])


def _gateway(state: EngineState, network: Object, pool: Pool) -> str:
    """Return the gateway that an endpoint shows: of an overlay network none, newer engines of an internal one."""
    if text(network, "Driver") == "overlay":
        return ""
    is_bridge = text(network, "Driver") == "bridge"
    if network.get("Internal") is True and not (is_bridge and state.host.version < _NO_INTERNAL_GATEWAY):
        return ""
    gateway = gateway_of(state, network, pool)
    return str(gateway) if gateway else ""


def _mac(state: EngineState, address: Ip, endpoint_id: str) -> str:
    """Return an interface's address: before 28 made from the IPv4 address, since then random; no rule has it."""
    if isinstance(address, IPv4Address) and state.host.version < _RANDOM_MAC:
        return "02:42:" + ":".join(f"{byte:02x}" for byte in address.packed)
    return "02:" + ":".join(endpoint_id[at : at + 2] for at in range(0, 10, 2))


def _own_mac(container: Object, end: Object) -> str:
    """Return the hardware address that was asked for, in lower case as the engine shows it."""
    return (text(end, "DesiredMac") or text(part(container, "Config"), "MacAddress")).lower()


def _from_mac(state: EngineState, network: Object, end: Object, pool: Pool) -> Ip | None:
    """Return the IPv6 address that older engines make from the hardware one, on the default bridge alone."""
    roomy = pool.subnet.prefixlen <= _MOST_FOR_MAC
    if text(network, "Name") != "bridge" or state.host.version >= _RANDOM_MAC or not roomy:
        return None
    mac = text(end, "MacAddress").replace(":", "")
    return IPv6Address(int(pool.subnet.network_address) | int(mac, 16)) if mac else None


def _with_length(end: Object, address: str, length: str) -> str:
    return f"{end[address]}/{end[length]}" if end[address] else ""


def _check_connection(container: Object, network: Object) -> None:
    mode, driver = mode_of(container), text(network, "Driver")
    if mode == "host" or mode.startswith("container:"):
        sharing = "container sharing network namespace with another container or host"
        raise EngineRefusal(400, f"{sharing} cannot be connected to any other network")
    if driver == "host":
        why = "cannot connect container to host network - container must be created in host network mode"
        raise EngineRefusal(400, why)
    if "none" in (mode, text(network, "Name")):
        why = "container cannot be connected to multiple networks with one of the networks in private (none) mode"
        raise EngineRefusal(400, why)


def members(network: Object) -> list[str]:
    """Return the names of the containers that are on a network."""
    return [text(one, "Name") for _, one in objects(network.get("Containers"))]


def has_family(state: EngineState, network: Object, version: int) -> bool:
    """Tell whether containers of a network get addresses of a family."""
    return bool(pools(state, network, version))
