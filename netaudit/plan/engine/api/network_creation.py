"""Create a network: its subnets, gateways and options, as the engine gives them."""

from netaudit.model.docker import BRIDGE_OPTION
from netaudit.model.engine_request import EngineRequest
from netaudit.model.plan import EffectKind, Symbol, SymbolKind
from netaudit.model.version import Version
from netaudit.plan.engine.allocation.addresses import Pool, bridge_of, note_address
from netaudit.plan.engine.allocation.bridge_options import check_bridge_options
from netaudit.plan.engine.allocation.gateways import has_no_gateway
from netaudit.plan.engine.allocation.pool_checks import check_pool, read_subnet
from netaudit.plan.engine.allocation.subnets import check_overlap, choose_ipv4, choose_ipv6
from netaudit.plan.engine.answer import Answer, EngineRefusal
from netaudit.plan.engine.api.networks import PREDEFINED
from netaudit.plan.engine.api.overlay import allocate_overlay
from netaudit.plan.engine.objects import Object, items, options_of, part, text, texts
from netaudit.plan.engine.state import EngineState

_SWITCHES_IPV4 = Version(28)
_SHOWS_GATEWAY = Version(29)  # from here on the gateway of a subnet that was configured without one is shown too
_DRIVERS = ("bridge", "macvlan", "ipvlan", "overlay", "null", "host")
_BRIDGE_NAME = f"{BRIDGE_OPTION}name"
_NOT_A_MANAGER = (
    'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" '
    "to connect this node to swarm and try again."
)


def create(state: EngineState, request: EngineRequest) -> Answer:
    """Create a network."""
    body = dict(request.fields())
    name = text(body, "Name")
    _check(state, name, body)
    network = _network(state, name, body)
    if source := text(part(body, "ConfigFrom"), "Network"):
        _copy_configuration(state, network, source)
    _check_bridge(state, network)
    check_bridge_options(state, network)
    if network["ConfigOnly"] is not True:
        _allocate(state, network)
    if text(network, "Driver") == "overlay":
        network["Id"] = network["Id"][:25]
        allocate_overlay(state, network)
    state.networks[network["Id"]] = network
    if text(network, "Driver") == "bridge" and _BRIDGE_NAME not in network["Options"]:
        bridge = bridge_of(network)
        state.symbols[bridge] = Symbol(f"bridge of {name}", SymbolKind.BRIDGE, "br- and 12 hexadecimal digits", bridge)
    state.note(EffectKind.NETWORK_ADDED, network)
    return Answer(201, {"Id": network["Id"], "Warning": ""})


def _check(state: EngineState, name: str, body: Object) -> None:
    if not name.strip():
        raise EngineRefusal(400, "invalid network name: name is empty")
    if name in PREDEFINED:
        raise EngineRefusal(403, f"operation is not permitted on predefined {name} network ")
    if any(text(one, "Name") == name for one in state.networks.values()):
        raise EngineRefusal(409, f"network with name {name} already exists")
    driver = text(body, "Driver") or "bridge"
    if driver not in _DRIVERS:
        raise EngineRefusal(404, f'could not find plugin {driver} in v1 plugin registry: plugin "{driver}" not found')
    if driver in ("host", "null") and body.get("ConfigOnly") is not True:
        raise EngineRefusal(403, f'only one instance of "{driver}" network is allowed')
    _check_scope(driver, text(body, "Scope"))
    if driver == "overlay" and not state.host.swarm:
        raise EngineRefusal(403 if state.host.version >= Version(25) else 503, _NOT_A_MANAGER)


def _check_scope(driver: str, scope: str) -> None:
    """Refuse a scope that is not the driver's own: what engines make of it is not followed."""
    if driver == "overlay" and scope == "local":
        raise EngineRefusal(403, "cannot downgrade network scope for overlay networks")
    if driver != "overlay" and scope not in ("", "local"):
        why = f"a {driver} network of that scope gets its subnet from other pools, and is meant for a swarm"
        raise EngineRefusal(501, f"netaudit plan does not follow --scope {scope}: {why}; leave it out")


def _network(state: EngineState, name: str, body: Object) -> Object:
    driver = text(body, "Driver") or "bridge"
    options = texts(body.get("Options"))
    if not body.get("ConfigFrom"):
        options = dict(state.host.network_defaults.get(driver, {})) | options
    ipv4 = {"EnableIPv4": body.get("EnableIPv4") is not False} if state.host.version >= _SWITCHES_IPV4 else {}
    ipam = part(dict(body), "IPAM")
    return {
        "Name": name,
        "Id": state.example_id("network", name),
        "Created": state.moment,
        "Scope": "swarm" if driver == "overlay" else "local",
        "Driver": "null" if body.get("ConfigOnly") is True else driver,
        **ipv4,
        "EnableIPv6": _enables_ipv6(body, options),
        "IPAM": {
            "Driver": text(ipam, "Driver") or "default",
            "Options": ipam.get("Options") or {},
            "Config": [_config(one) for one in items(ipam.get("Config"))],
        },
        "Internal": body.get("Internal") is True,
        "Attachable": body.get("Attachable") is True,
        "Ingress": body.get("Ingress") is True,
        "ConfigFrom": {"Network": text(part(dict(body), "ConfigFrom"), "Network")},
        "ConfigOnly": body.get("ConfigOnly") is True,
        "Options": options,
        "Labels": texts(body.get("Labels")),
        "Containers": {},
    }


def _enables_ipv6(body: Object, options: dict[str, str]) -> bool:
    given = body.get("EnableIPv6")
    return given is True or (given is None and options.get("com.docker.network.enable_ipv6") == "true")


def _config(given: Object) -> Object:
    names = ("Subnet", "IPRange", "Gateway")
    found: Object = {name: given[name] for name in names if text(given, name)}
    if auxiliary := texts(given.get("AuxiliaryAddresses")):
        found["AuxiliaryAddresses"] = auxiliary
    return found


def _copy_configuration(state: EngineState, network: Object, source: str) -> None:
    """Take the configuration of another network, as --config-from asks."""
    original = next((one for one in state.networks.values() if text(one, "Name") == source), None)
    if original is None:
        raise EngineRefusal(404, f'could not find configuration network "{source}"')
    if original.get("ConfigOnly") is not True:
        why = f'"{source}" is not a configuration network'
        raise EngineRefusal(403, why)
    network["EnableIPv6"] = original.get("EnableIPv6") is True
    network["Options"] = options_of(original)
    part(network, "IPAM")["Config"] = [dict(one) for one in items(part(original, "IPAM").get("Config"))]


def _check_bridge(state: EngineState, network: Object) -> None:
    """Refuse a bridge that is another network's already."""
    named = options_of(network).get(_BRIDGE_NAME)
    if text(network, "Driver") != "bridge" or not named:
        return
    taken = next((one for one in state.networks.values() if bridge_of(one) == named), None)
    if taken is not None:
        why = f"networks have same bridge name: conflicts with network {text(taken, 'Id')} ({named})"
        raise EngineRefusal(403, f"cannot create network {network['Id']} ({named}): {why}")


def _allocate(state: EngineState, network: Object) -> None:
    """Give a network its subnets; a gateway is shown where its subnet was not configured."""
    configs = part(network, "IPAM")["Config"]
    for config in configs:
        subnet = read_subnet(state, config)
        check_overlap(state, subnet)
        check_pool(state, network, config, subnet)
        if state.host.version >= _SHOWS_GATEWAY and not text(config, "Gateway"):
            config.update(_chosen(state, network, config))
    versions = [read_subnet(state, one).version for one in configs]
    given = set(versions)
    if text(network, "Driver") == "bridge" and len(given) < len(versions):
        raise EngineRefusal(403, "bridge driver doesn't support multiple subnets")
    for version, enabled in ((4, network.get("EnableIPv4") is not False), (6, network["EnableIPv6"])):
        if enabled and version not in given and text(network, "Driver") not in ("null", "overlay"):
            choose = choose_ipv4 if version == 4 else choose_ipv6
            state.chosen_subnets.add((network["Id"], version))
            configs.append(_chosen(state, network, {"Subnet": str(choose(state, network["Name"]))}))


def _chosen(state: EngineState, network: Object, config: Object) -> Object:
    """Return a subnet with the gateway that is chosen for it."""
    pool = Pool(config)
    gateway = pool.lowest_free()
    if gateway is None or has_no_gateway(state, network, pool.subnet.version):
        return config
    note_address(state, network, pool, gateway, "the gateway")
    return config | {"Gateway": str(gateway)}
