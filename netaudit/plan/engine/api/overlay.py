"""Overlay networks on this node: their subnets, their load balancer, and the gateway bridge of their containers."""

from ipaddress import IPv4Network, ip_network

from netaudit.model.default_route import GATEWAY_BRIDGE
from netaudit.model.plan import EffectKind
from netaudit.plan.engine.allocation.addresses import Pool, choose_address, pools
from netaudit.plan.engine.objects import Object, endpoints_of, objects, options_of, part, pools_of, text
from netaudit.plan.engine.state import EngineState

_POOL, _SIZE = IPv4Network("10.0.0.0/8"), 24
_VXLAN_IDS = "com.docker.network.driver.overlay.vxlanid_list"
_FIRST_VXLAN = 4097  # 4096 is the ingress network's


def allocate_overlay(state: EngineState, network: Object) -> None:
    """Give an overlay network the next subnet and VXLAN of the swarm."""
    others = [one for one in state.networks.values() if text(one, "Driver") == "overlay"]
    configs = part(network, "IPAM").setdefault("Config", [])
    if not configs:
        taken = [ip_network(text(pool, "Subnet")) for one in others for pool in pools_of(one) if text(pool, "Subnet")]
        free = next(one for one in _POOL.subnets(new_prefix=_SIZE) if not any(one.overlaps(other) for other in taken))
        configs.append({"Subnet": str(free)})
    for config in configs:
        config.setdefault("Gateway", str(Pool(config).lowest_free()))
    used = [int(one) for other in others for one in options_of(other).get(_VXLAN_IDS, "").split(",") if one.isdigit()]
    network["Options"] = {_VXLAN_IDS: str(max(used, default=_FIRST_VXLAN - 1) + 1)} | network["Options"]
    network["IPAM"]["Options"] = None


def join_overlay(state: EngineState, container: Object) -> None:
    """Add what a container on an overlay network has besides: the network's balancer, and the gateway bridge."""
    overlays = _overlays(state, container)
    for network in overlays:
        _add_balancer(state, network)
    bridge = state.find_network(GATEWAY_BRIDGE)
    if not overlays or bridge is None or text(bridge, "Name") != GATEWAY_BRIDGE or _has_bridge(state, container):
        return
    sandbox = text(part(container, "NetworkSettings"), "SandboxID")[:12]
    part(bridge, "Containers")[text(container, "Id")] = _member(state, bridge, f"gateway_{sandbox}")
    state.note(EffectKind.ENDPOINT_JOINED, bridge, container)


def leave_overlay(state: EngineState, container: Object) -> None:
    """Take a container off the gateway bridge."""
    bridge = state.find_network(GATEWAY_BRIDGE)
    if bridge is not None and part(bridge, "Containers").pop(text(container, "Id"), None):
        state.note(EffectKind.ENDPOINT_LEFT, bridge, container)


def highest_address(state: EngineState, network: Object) -> Pool | None:
    """Return a network's pool in which all up to its highest address is taken: a swarm goes on after it."""
    found = pools(state, network, 4)
    if not found:
        return None
    pool = found[0]
    last = max(int(one) for one in pool.taken if one != pool.subnet.broadcast_address)
    at = pool.subnet.network_address
    while int(at) <= last:
        pool.taken.add(at)
        at += 1
    return pool


def _add_balancer(state: EngineState, network: Object) -> None:
    members = part(network, "Containers")
    name = text(network, "Name")
    if network.get("Ingress") is not True and f"lb-{name}" not in members:
        members[f"lb-{name}"] = _member(state, network, f"{name}-endpoint")


def _member(state: EngineState, network: Object, name: str) -> Object:
    chosen = choose_address(state, network, 4, "")
    address = f"{chosen[0]}/{chosen[1].subnet.prefixlen}" if chosen else ""
    identity = state.example_id("endpoint", name)
    return {"Name": name, "EndpointID": identity, "MacAddress": "", "IPv4Address": address, "IPv6Address": ""}


def _overlays(state: EngineState, container: Object) -> list[Object]:
    ends = (state.networks.get(text(end, "NetworkID")) for _, end in objects(endpoints_of(container)))
    return [one for one in ends if one is not None and text(one, "Driver") == "overlay"]


def _has_bridge(state: EngineState, container: Object) -> bool:
    """Tell whether a bridge network gives the container its way out already."""
    ends = (state.networks.get(text(end, "NetworkID")) for _, end in objects(endpoints_of(container)))
    return any(one is not None and text(one, "Driver") == "bridge" and not one.get("Internal") for one in ends)
