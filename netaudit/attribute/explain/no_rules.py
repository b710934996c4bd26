"""Why a container, or a binding of it, has no rule. netaudit.report.text.no_rules puts the reasons into words."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from netaudit.attribute.explain.networking import SHARED, host_container
from netaudit.model.docker import Container, Endpoint, GatewayMode, Inventory, Network, PortBinding
from netaudit.model.engines.kinds import Engine
from netaudit.model.host import Host, Listener
from netaudit.model.version import Version

_DIRECT_DROP = Version(28, 2)  # the first engine that writes a rule for every endpoint in gateway mode nat


class NoRuleKind(StrEnum):
    """The kinds of reasons, and which argument of a NoRule each has."""

    STOPPED = "stopped"
    NOT_KNOWN = "not-known"  # rules, or the container's networks, were not seen
    ROOTLESS = "rootless"  # of Podman: its programs take published ports on the host
    LOOPBACK_ONLY = "loopback-only"  # network mode none
    SHARED_NETWORK = "shared-network"  # name: of the container whose network it shares
    HOST_NETWORK = "host-network"
    HOST_LISTENER = "host-listener"  # listener
    PARENT_INTERFACE = "parent-interface"  # network: macvlan or ipvlan
    OVERLAY = "overlay"  # network
    OTHER_DRIVER = "other-driver"  # network: of a plug-in
    NAT_UNPROTECTED = "nat-unprotected"  # network
    ROUTED = "routed"  # network
    BINDING_BY_PROXY = "binding-by-proxy"  # binding: IPv6, of a container without IPv6
    IPV6_UNFILTERED = "ipv6-unfiltered"  # name: the container's IPv6 address
    INTERNAL = "internal"
    DOCKER_RULES_ABSENT = "docker-rules-absent"
    ENDPOINT_RULE_MISSING = "endpoint-rule-missing"
    PUBLISHED_BY_PROXY = "published-by-proxy"
    NOT_PUBLISHED = "not-published"


class NoRule(msgspec.Struct, frozen=True):
    """A reason why there is no rule; only the arguments of its kind are set."""

    kind: NoRuleKind
    name: str = ""
    network: Network | None = None
    binding: PortBinding | None = None
    listener: Listener | None = None


class RulesWritten(msgspec.Struct, frozen=True):
    """The address families of the rules that exist because of the container, and of all of Docker's rules."""

    for_container: frozenset[str]
    by_docker: frozenset[str]
    seen: bool = True  # whether rules of the host were seen


class _Attachment(msgspec.Struct, frozen=True):
    """An endpoint on a network of the inventory, with the gateway modes of the families that it uses."""

    endpoint: Endpoint
    network: Network

    @property
    def modes(self) -> frozenset[GatewayMode]:
        network, end = self.network, self.endpoint
        return frozenset(mode for mode, address in ((network.mode4, end.ipv4), (network.mode6, end.ipv6)) if address)


def explain_no_rules(container: Container, inventory: Inventory, host: Host, written: RulesWritten) -> Iterator[NoRule]:
    """List the reasons why a container, or a binding of it, has no rule."""
    if not container.running:
        yield NoRule(NoRuleKind.STOPPED)
        return
    mode = container.network_mode
    if mode == "host":
        yield from _on_host(host)
    elif mode.startswith(SHARED):
        yield from _on_shared_network(mode, inventory, host)
    elif mode == "none":
        yield NoRule(NoRuleKind.LOOPBACK_ONLY)
    elif inventory.podman and inventory.podman.rootless and container.engine is Engine.PODMAN:
        yield NoRule(NoRuleKind.ROOTLESS)
    elif not written.seen or (inventory.partial and not container.endpoints):
        if not written.for_container:
            yield NoRule(NoRuleKind.NOT_KNOWN)
    else:
        yield from _on_networks(container, inventory, written)


def _on_shared_network(mode: str, inventory: Inventory, host: Host) -> Iterator[NoRule]:
    owner = host_container(mode, inventory)
    if owner and owner.network_mode == "host":
        yield from _on_host(host)
    else:
        yield NoRule(NoRuleKind.SHARED_NETWORK, name=owner.name if owner else mode.removeprefix(SHARED))


def _on_host(host: Host) -> Iterator[NoRule]:
    yield NoRule(NoRuleKind.HOST_NETWORK)
    for listener in host.listeners:
        if "docker-proxy" not in listener.programs:
            yield NoRule(NoRuleKind.HOST_LISTENER, listener=listener)


def _on_networks(container: Container, inventory: Inventory, written: RulesWritten) -> Iterator[NoRule]:
    networks = {network.id: network for network in inventory.networks}
    attached = [_Attachment(end, networks[end.network_id]) for end in container.endpoints if end.network_id in networks]
    for one in attached:
        yield from _on_network(one)
    has_ipv6 = any(end.ipv6 for end in container.endpoints)
    for binding in container.bindings:
        if ":" in binding.host_ip and not has_ipv6:
            yield NoRule(NoRuleKind.BINDING_BY_PROXY, binding=binding)
    bridges = [one for one in attached if one.network.driver == "bridge"]
    if "ip" in written.by_docker and "ip6" not in written.by_docker:
        for one in bridges:
            if one.endpoint.ipv6 and not one.network.internal:
                yield NoRule(NoRuleKind.IPV6_UNFILTERED, name=one.endpoint.ipv6)
    if not written.for_container and bridges and len(bridges) == len(attached):
        yield NoRule(_why_none(container, bridges, Version.parse(inventory.version), written))


def _on_network(one: _Attachment) -> Iterator[NoRule]:
    """List what a network does that rules do not show."""
    match one.network.driver:
        case "macvlan" | "ipvlan":
            yield NoRule(NoRuleKind.PARENT_INTERFACE, network=one.network)
        case "overlay":
            yield NoRule(NoRuleKind.OVERLAY, network=one.network)
        case "bridge":
            if GatewayMode.NAT_UNPROTECTED in one.modes:
                yield NoRule(NoRuleKind.NAT_UNPROTECTED, network=one.network)
            if GatewayMode.ROUTED in one.modes:
                yield NoRule(NoRuleKind.ROUTED, network=one.network)
        case _:
            yield NoRule(NoRuleKind.OTHER_DRIVER, network=one.network)


def _why_none(container: Container, bridges: list[_Attachment], version: Version, written: RulesWritten) -> NoRuleKind:
    """Return why a container that is on bridge networks only has no rule at all."""
    if all(one.network.internal for one in bridges):
        return NoRuleKind.INTERNAL
    if not written.by_docker:
        return NoRuleKind.DOCKER_RULES_ABSENT
    if version >= _DIRECT_DROP and any(GatewayMode.NAT in one.modes for one in bridges if not one.network.internal):
        return NoRuleKind.ENDPOINT_RULE_MISSING
    if any(binding.host_port for binding in container.bindings if ":" not in binding.host_ip):
        return NoRuleKind.PUBLISHED_BY_PROXY
    return NoRuleKind.NOT_PUBLISHED
