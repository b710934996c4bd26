"""Publish the ports of a running container: on which of its networks, on which addresses, with which host ports."""

from contextlib import suppress
from ipaddress import IPv6Address, ip_address

import msgspec

from netaudit.model.default_route import GATEWAY_BRIDGE, chooses_by_family, default_route_endpoint
from netaudit.model.docker import BRIDGE_OPTION, Endpoint, Network
from netaudit.model.host import Ip
from netaudit.model.netfilter.family import Family
from netaudit.model.version import Version
from netaudit.plan.engine.allocation.host_ports import ANY_IPV4, choose_port, host_ports
from netaudit.plan.engine.allocation.rivals import ports_of_rivals
from netaudit.plan.engine.allocation.wanted import Wanted, exposed_ports, wanted_ports
from netaudit.plan.engine.answer import EngineRefusal
from netaudit.plan.engine.objects import (
    Object,
    address_of,
    endpoints_of,
    items,
    name_of,
    objects,
    options_of,
    part,
    text,
    texts,
)
from netaudit.plan.engine.state import EngineState

_FIRST_HOP = "docker_gwbridge's own"  # that it has one decides, not which
_ANY_IPV6: Ip = IPv6Address(0)
_ROUTED_MODES = ("routed",)
_KNOWS_MODES = Version(27)
_SAYS_NETWORKING = Version(28)
_OPENS_ROUTED = Version(29)
_SAME_PORT = Version(27)  # from here on IPv4 and IPv6 get the same port; before, each address of the host its next


class Publisher(msgspec.Struct, frozen=True):
    """The networks that publish a container's ports, None for a family that has none."""

    ipv4: Object | None
    ipv6: Object | None
    has_ipv4: bool
    has_ipv6: bool
    proxies_ipv6: bool  # of the host's IPv6 addresses to the container's IPv4 one

    def network(self, version: int) -> Object | None:
        """Return the network that publishes for addresses of the host of this family."""
        return self.ipv4 if version == 4 else self.ipv6 if self.has_ipv6 else self.ipv4


def publish(state: EngineState, container: Object, before: Publisher | None = None) -> None:
    """Set the port bindings of a running container. Raises EngineRefusal where a port cannot be had.

    `before` are the networks that published them until now: while these go on, the ports stay as they are.
    """
    settings = part(container, "NetworkSettings")
    publisher = publisher_of(state, container)
    earlier = part(settings, "Ports") if before == publisher else {}
    settings["Ports"] = {}
    others = _other_bridges(state, container, publisher)
    if publisher is None and not others:
        return
    found: dict[str, list[dict[str, str]] | None] = dict.fromkeys(exposed_ports(container, state.host.version))
    for group in wanted_ports(container, state.host.version):
        named = f"{group[0].port}/{group[0].protocol}"
        requests = [one for wanted in group for one in _requests(state, publisher, wanted)] if publisher else []
        kept = list(items(earlier.get(named)))[: len(requests)]
        if requests and len(kept) == len(requests):
            found[named], requests = [texts(one) for one in kept], []
        for together in [requests] if state.host.version >= _SAME_PORT else [[one] for one in requests]:
            found[named] = [*(found[named] or ()), *_bind(state, container, group[0], together)]
            settings["Ports"] = found
        others_bind = [{"HostIp": address, "HostPort": ""} for network in others for address in _routed(state, network)]
        found[named] = [*(found[named] or ()), *others_bind] or None
        settings["Ports"] = found
    settings["Ports"] = found


def _bind(
    state: EngineState, container: Object, wanted: Wanted, requests: list[tuple[Ip, bool]]
) -> list[dict[str, str]]:
    """Return bindings that share one host port."""
    addresses = [address for address, is_nat in requests if is_nat]
    port = str(_choose(state, container, wanted, addresses)) if addresses else ""
    return [{"HostIp": str(address), "HostPort": port if is_nat else ""} for address, is_nat in requests]


def withdraw(container: Object) -> None:
    """Take back the port bindings of a container."""
    part(container, "NetworkSettings")["Ports"] = {}


def _choose(state: EngineState, container: Object, wanted: Wanted, addresses: list[Ip]) -> int:
    taken = host_ports(state)
    taken.given.update(_own(container))
    if not wanted.is_exact and (theirs := ports_of_rivals(state, container)):
        with suppress(EngineRefusal):  # there is no other port for it
            apart = msgspec.structs.replace(taken, given=taken.given | theirs)
            return choose_port(state, apart, wanted, addresses, name_of(container))
    try:
        return choose_port(state, taken, wanted, addresses, name_of(container))
    except EngineRefusal as refusal:
        ends = [end for _, end in objects(endpoints_of(container))]
        endpoint = text(ends[0], "EndpointID") if ends else ""
        why = f"driver failed programming external connectivity on endpoint {name_of(container)}"
        before = "failed to set up container networking: " if state.host.version >= _SAYS_NETWORKING else ""
        raise EngineRefusal(refusal.status, f"{before}{why} ({endpoint}): {refusal.message}") from refusal


def _own(container: Object) -> set[tuple[str, Ip, int]]:
    """Return what this container was given just now: it is not counted as running before it has all."""
    return {
        (named.partition("/")[2], ip_address(binding["HostIp"]), int(binding["HostPort"]))
        for named, bindings in part(container, "NetworkSettings", "Ports").items()
        for binding in bindings or ()
        if binding["HostPort"]
    }


def publisher_of(state: EngineState, container: Object) -> Publisher | None:
    """Return the networks of the endpoints that have the container's default routes, if these are bridges."""
    version = state.host.version
    ends = [_endpoint(name, end) for name, end in objects(endpoints_of(container)) if text(end, "EndpointID")]
    ends += _gateway_endpoint(state, container)
    networks = {key: _network(one) for key, one in state.networks.items()}
    able = [end for end in ends if end.network_id in networks and not networks[end.network_id].internal]
    end4 = default_route_endpoint(able, networks, Family.IP, version)
    end6 = default_route_endpoint(able, networks, Family.IP6, version) if chooses_by_family(version) else end4
    if end4 is None and end6 is None:
        return None
    bridge4, bridge6 = (
        state.networks[end.network_id] if end and networks[end.network_id].driver == "bridge" else None
        for end in (end4, end6)
    )
    if bridge4 is None and bridge6 is None:
        return None
    has_ipv6 = end6 is not None and bool(end6.ipv6)
    proxies = end6 is None or not end6.ipv6
    return Publisher(bridge4, bridge6, bool(end4 and end4.ipv4), has_ipv6, proxies)


def gateway_bridge(state: EngineState) -> Object | None:
    """Return docker_gwbridge, by which containers of overlay networks go out."""
    found = state.find_network(GATEWAY_BRIDGE)
    return found if found is not None and text(found, "Name") == GATEWAY_BRIDGE else None


def _gateway_endpoint(state: EngineState, container: Object) -> list[Endpoint]:
    """Return a container's endpoint on docker_gwbridge, which its own inspection does not list."""
    bridge = gateway_bridge(state)
    member = part(bridge, "Containers").get(text(container, "Id")) if bridge is not None else None
    if bridge is None or not isinstance(member, dict):
        return []
    address = text(member, "IPv4Address").partition("/")[0]
    return [Endpoint(text(bridge, "Id"), GATEWAY_BRIDGE, address, gateway=_FIRST_HOP)]


def _other_bridges(state: EngineState, container: Object, publisher: Publisher | None) -> list[Object]:
    """Return the bridges that open ports of the container too, since 29: those that route to it need no gateway."""
    if state.host.version < _OPENS_ROUTED:
        return []
    ends = (state.networks.get(text(end, "NetworkID")) for _, end in objects(endpoints_of(container)))
    bridges = [one for one in ends if one is not None and text(one, "Driver") == "bridge"]
    return [one for one in bridges if publisher is None or one not in (publisher.ipv4, publisher.ipv6)]


def _routed(state: EngineState, network: Object) -> list[str]:
    families = ((4, "0.0.0.0", network.get("EnableIPv4") is not False), (6, "::", network.get("EnableIPv6") is True))  # noqa: S104
    return [address for version, address, enabled in families if enabled and not _is_nat(state, network, version)]


def _requests(state: EngineState, publisher: Publisher, wanted: Wanted) -> list[tuple[Ip, bool]]:
    """Return the host's addresses that a port is published on, and whether by NAT (else the container is routed)."""
    found = []
    if publisher.ipv4 is not None and publisher.has_ipv4:
        address = _ipv4(publisher.ipv4, wanted.address)
        if address is not None:
            is_nat = _is_nat(state, publisher.ipv4, 4)
            found.append((address if is_nat else ANY_IPV4, is_nat))
    address6 = _ipv6(state, publisher, wanted.address)
    network6 = publisher.network(6)
    if address6 is not None and network6 is not None:
        is_nat = _is_nat(state, network6, 6)
        found.append((address6 if is_nat else _ANY_IPV6, is_nat))
    return found


def _ipv4(network: Object, named: Ip | None) -> Ip | None:
    chosen = named or _default_address(network)
    return chosen if chosen.version == 4 else None


def _ipv6(state: EngineState, publisher: Publisher, named: Ip | None) -> Ip | None:
    """Return the IPv6 address of the host; an IPv4 container is reached there by the userland proxy alone."""
    if not publisher.has_ipv6 and not (publisher.proxies_ipv6 and publisher.has_ipv4 and _has_proxy(state)):
        return None
    network = publisher.network(6)
    if named is not None or network is None:
        return named if named is not None and named.version == 6 else None
    default = _default_address(network)
    if default == ANY_IPV4:
        return _ANY_IPV6 if state.host.has_ipv6 else None
    return default if default.version == 6 else None


def _has_proxy(state: EngineState) -> bool:
    return state.host.options.userland_proxy is not False


def _default_address(network: Object) -> Ip:
    named = options_of(network).get(f"{BRIDGE_OPTION}host_binding_ipv4", "")
    return address_of(named) or ANY_IPV4


def _is_nat(state: EngineState, network: Object, version: int) -> bool:
    mode = options_of(network).get(f"{BRIDGE_OPTION}gateway_mode_ipv{version}", "nat")
    return mode not in _ROUTED_MODES or state.host.version < _KNOWS_MODES


def _network(raw: Object) -> Network:
    return Network(text(raw, "Id"), text(raw, "Name"), text(raw, "Driver"), internal=raw.get("Internal") is True)


def _endpoint(name: str, raw: Object) -> Endpoint:
    priority = raw.get("GwPriority")
    return Endpoint(
        text(raw, "NetworkID"),
        name,
        text(raw, "IPAddress"),
        text(raw, "GlobalIPv6Address"),
        text(raw, "Gateway"),
        text(raw, "IPv6Gateway"),
        priority if isinstance(priority, int) else 0,
    )
