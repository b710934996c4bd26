"""Overlay networks on this node: their subnets, their load balancer, and the gateway bridge of their containers."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, ip_network
from itertools import chain

from netaudit.model.host import Ip
from netaudit.model.plan import AssumptionKind, EffectKind
from netaudit.plan.engine.allocation.addresses import Pool, choose_address, pools
from netaudit.plan.engine.allocation.gaps import Stretch, first_free
from netaudit.plan.engine.allocation.publishing import gateway_bridge
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import Object, decimal, endpoints_of, objects, options_of, part, pools_of, text
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
        free = first_free([Stretch.of(_POOL, _SIZE)], (one for one in taken if one.version == _POOL.version))
        if free is None:
            raise EngineRefusal(501, f"netaudit plan finds no free subnet in {_POOL}: give --subnet")
        configs.append({"Subnet": str(free)})
    for config in configs:
        config.setdefault("Gateway", str(Pool(config).lowest_free()))
    ids = (one for other in others for one in options_of(other).get(_VXLAN_IDS, "").split(","))
    used = [number for one in ids if (number := decimal(one)) is not None]
    network["Options"] = {_VXLAN_IDS: str(max(used, default=_FIRST_VXLAN - 1) + 1)} | network["Options"]
    network["IPAM"]["Options"] = None


def settle_gateway(state: EngineState, container: Object) -> None:
    """Put a running container on the gateway bridge, or take it off: it needs that where no network leads out.

    Source: moby, libnetwork/default_gateway.go, needDefaultGW.
    """
    overlays = [one for one in _networks(state, container) if text(one, "Driver") == "overlay"]
    for network in overlays:
        _add_balancer(state, network)
    bridge = gateway_bridge(state)
    needs = any(one.get("Internal") is not True for one in overlays) and not _has_gateway(state, container)
    if bridge is None or needs == (text(container, "Id") in part(bridge, "Containers")):
        return
    if needs:
        sandbox = text(part(container, "NetworkSettings"), "SandboxID")[:12]
        member = _member(state, bridge, f"gateway_{sandbox}", choose_address(state, bridge, 4, ""))
        part(bridge, "Containers")[text(container, "Id")] = member
        state.note(EffectKind.ENDPOINT_JOINED, bridge, container)
    else:
        leave_gateway(state, container)


def leave_gateway(state: EngineState, container: Object) -> None:
    """Take a container off the gateway bridge."""
    bridge = gateway_bridge(state)
    if bridge is not None and part(bridge, "Containers").pop(text(container, "Id"), None):
        state.note(EffectKind.ENDPOINT_LEFT, bridge, container)


def next_address(state: EngineState, network: Object) -> tuple[Ip, Pool] | None:
    """Return the address that a swarm gives next, and its pool: the one after the last that it gave.

    Services have some that no container shows. What was given and is free again is not recorded.
    """
    found = pools(state, network, 4)
    if not found:
        return None
    pool, given = found[0], _given(state, network)
    last = max((one for one in given if one in pool.range), default=pool.range[0])
    free = next((one for one in _after(pool, int(last)) if one not in pool.taken), None)
    if free is None:
        return None
    state.assume(AssumptionKind.ADDRESSES_IN_USE, network=text(network, "Name"))
    given.add(free)
    return free, pool


def _given(state: EngineState, network: Object) -> set[IPv4Address]:
    """Return the addresses that a swarm has given on a network, as far as members show or showed them."""
    given = state.swarm_addresses.setdefault(text(network, "Id"), set())
    members = (text(one, "IPv4Address") for _, one in objects(network.get("Containers")))
    given.update(IPv4Address(one.partition("/")[0]) for one in members if one)
    return given


def _after(pool: Pool, last: int) -> Iterator[IPv4Address]:
    """List the addresses of a pool after the last one that was given, then those from its beginning on."""
    first, end = int(pool.range[0]), int(pool.range[-1])
    return map(IPv4Address, chain(range(last + 1, end + 1), range(first, last + 1)))


def leave_member(state: EngineState, network: Object, container_id: str) -> None:
    """Take a container off a network, and with the last one an overlay network's balancer.

    A swarm remembers the addresses of both: it goes on after them.
    """
    members = part(network, "Containers")
    if text(network, "Driver") == "overlay":
        _given(state, network)
    members.pop(container_id, None)
    if list(members) == [f"lb-{text(network, 'Name')}"]:
        members.clear()


def _add_balancer(state: EngineState, network: Object) -> None:
    members = part(network, "Containers")
    name = text(network, "Name")
    if network.get("Ingress") is not True and f"lb-{name}" not in members:
        members[f"lb-{name}"] = _member(state, network, f"{name}-endpoint", next_address(state, network))


def _member(state: EngineState, network: Object, name: str, chosen: tuple[Ip, Pool] | None) -> Object:
    address = f"{chosen[0]}/{chosen[1].subnet.prefixlen}" if chosen else ""
    identity = state.example_id("endpoint", f"{name} {text(network, 'Name')}")
    return {"Name": name, "EndpointID": identity, "MacAddress": "", "IPv4Address": address, "IPv6Address": ""}


def _networks(state: EngineState, container: Object) -> list[Object]:
    ends = (state.networks.get(text(end, "NetworkID")) for _, end in _ends(container))
    return [one for one in ends if one is not None]


def _has_gateway(state: EngineState, container: Object) -> bool:
    """Tell whether another network gives the container its way out already."""
    ends = ((state.networks.get(text(end, "NetworkID")), end) for _, end in _ends(container))
    return any(one is not None and one.get("Internal") is not True and text(end, "Gateway") for one, end in ends)


def _ends(container: Object) -> Iterator[tuple[str, Object]]:
    return ((name, end) for name, end in objects(endpoints_of(container)) if text(end, "EndpointID"))
