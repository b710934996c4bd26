"""A container -> subjects: its endpoints, its links and its port bindings."""

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from netaudit.attribute.attribution import Cause, CauseKind, Ref
from netaudit.attribute.expected.gateway_endpoint import carrier, gateway_name
from netaudit.attribute.expected.network_view import NetworkView, binding_values, endpoint_values, link_values
from netaudit.attribute.expected.profiles import Profile, Profiles
from netaudit.attribute.signatures.signature import SubjectKind
from netaudit.model.address_text import UNSPECIFIED
from netaudit.model.default_route import GATEWAY_BRIDGE
from netaudit.model.docker import Container, Endpoint, GatewayMode, Inventory, PortBinding
from netaudit.model.version import Version

Views = Mapping[str, Mapping[str, NetworkView]]  # by family, then by network id


class Subject(msgspec.Struct, frozen=True, gc=False):
    """An inventory object of one address family, with what fills the holes that are its own.

    All subjects of a profile fill the same holes.
    """

    profile: Profile
    values: Mapping[str, str]
    causes: tuple[Cause, ...]


class Attachment(msgspec.Struct, frozen=True, gc=False):
    """A container's endpoint on a bridge network, with what its address of one family fills."""

    endpoint: Endpoint
    view: NetworkView
    values: Mapping[str, str]


class ContainerSubjects:
    """Lists the subjects of one container at a time."""

    def __init__(self, inventory: Inventory, profiles: Profiles, views: Views) -> None:
        self._profiles = profiles
        self._views = views
        self._version = Version.parse(inventory.version)
        self._networks = {network.id: network for network in inventory.networks}
        self._by_name = {container.name: container for container in inventory.containers}
        self._gateway_bridge = next((net for net in inventory.networks if net.name == GATEWAY_BRIDGE), None)

    def of(self, container: Container, family: str) -> Iterator[Subject]:
        """List the subjects of a container in one address family; one that does not run has none."""
        attached = self.attachments(self._endpoints(container), family) if container.running else []
        if not attached:
            return
        ref = Ref(container.id, container.name)
        for one in attached:
            yield from self.of_endpoint(ref, one)
            if container.links and one.view.network.default and family == "ip":
                yield from self._links(container, ref, one)
        if container.bindings:
            yield from self._bindings(container, ref, attached)

    def attachments(self, endpoints: Iterable[Endpoint], family: str) -> list[Attachment]:
        """Return the endpoints that are on bridge networks and have an address of a family."""
        views, ipv4 = self._views[family], family == "ip"
        return [
            Attachment(endpoint, view, endpoint_values(address))
            for endpoint in endpoints
            if (address := endpoint.ipv4 if ipv4 else endpoint.ipv6) and (view := views.get(endpoint.network_id))
        ]

    def of_endpoint(self, owner: Ref, one: Attachment) -> Iterator[Subject]:
        """List the subjects of an endpoint: itself, and each interface that its network trusts."""
        view = one.view
        causes = (Cause(CauseKind.ENDPOINT, owner, view.ref),)
        if profile := self._profiles.of_endpoint(view):
            yield Subject(profile, one.values, causes)
        trusted = view.network.trusted_interfaces
        if trusted and (profile := self._profiles.of_trusted_interface(view)):
            yield from (Subject(profile, {**one.values, "trusted": name}, causes) for name in trusted)

    def _endpoints(self, container: Container) -> tuple[Endpoint, ...]:
        """List a container's endpoints, with the one on docker_gwbridge that its own inspect does not show."""
        bridge = self._gateway_bridge
        if bridge is None or not container.sandbox:
            return container.endpoints
        hidden = (member for member in bridge.members if member.name == gateway_name(container))
        return container.endpoints + tuple(Endpoint(bridge.id, bridge.name, m.ipv4, m.ipv6) for m in hidden)

    def _is_internal(self, end: Endpoint) -> bool:
        network = self._networks.get(end.network_id)
        return network is not None and network.internal

    def _links(self, container: Container, ref: Ref, one: Attachment) -> Iterator[Subject]:
        view = one.view
        profile = self._profiles.make(SubjectKind.LINK, view.family, view.facts, view.values)
        if profile is None:
            return
        for link in container.links:
            child = self._by_name.get(link.container_name)
            addresses = (end.ipv4 for end in child.endpoints if end.network_id == view.network.id) if child else ()
            address = next(iter(addresses), "")
            if not (child and address):
                continue
            ends = (ref, Ref(child.id, child.name))
            causes = tuple(Cause(CauseKind.ENDPOINT, container=end, network=view.ref) for end in ends)
            values = link_values(one.values["address"], address)
            for port, protocol in child.exposed:
                yield Subject(profile, {**values, "protocol": protocol, "container_port": str(port)}, causes)

    def _bindings(self, container: Container, owner: Ref, attached: list[Attachment]) -> Iterator[Subject]:
        family = attached[0].view.family
        attached = [one for one in attached if not one.view.network.internal]  # they publish nothing
        gateway = carrier(container, [one.endpoint for one in attached], self._networks, family, self._version)
        proxied = family == "ip" and not any(end.ipv6 for end in container.endpoints if not self._is_internal(end))
        routed = _routed(container.bindings)
        for binding in container.bindings:
            host = binding.host_ip
            of_ipv6 = ":" in host
            if not proxied and of_ipv6 != (family == "ip6"):
                continue
            shared = (host in UNSPECIFIED, host[:4] == "127.", binding.protocol, of_ipv6 and proxied)
            for one in attached:
                view = one.view
                if not _is_carried(binding, view, routed):
                    continue
                # Where this endpoint served the IPv6 binding before another took it over, only the past tells.
                moved = not proxied and not one.endpoint.ipv6 and _has_twin(binding, container.bindings)
                profile = self._profiles.of_binding(view, (*shared, one.endpoint is gateway, moved))
                if profile:
                    values = {**one.values, **binding_values(binding)}
                    yield Subject(profile, values, (Cause(CauseKind.PORT_BINDING, owner, view.ref, binding),))


def _routed(bindings: Iterable[PortBinding]) -> frozenset[tuple[str, int, bool]]:
    """Name the ports that the engine opens on a routed network: they have no host port."""
    return frozenset(_key(one) for one in bindings if not one.host_port)


def _is_carried(binding: PortBinding, view: NetworkView, routed: frozenset[tuple[str, int, bool]]) -> bool:
    """Return whether a binding may be a network's: one without a host port is a routed network's alone.

    Where a container has both, the one with a host port is not the routed network's. An engine that lists no
    binding of the routed network says by the other one that the port is open there too.
    """
    if view.facts["gateway-mode"] != GatewayMode.ROUTED:
        return binding.host_port > 0
    return binding.host_port == 0 or _key(binding) not in routed


def _has_twin(binding: PortBinding, bindings: Iterable[PortBinding]) -> bool:
    """Return whether the same port of the container is published for IPv6 too."""
    return any(
        ":" in one.host_ip and (one.protocol, one.container_port) == (binding.protocol, binding.container_port)
        for one in bindings
    )


def _key(binding: PortBinding) -> tuple[str, int, bool]:
    return binding.protocol, binding.container_port, ":" in binding.host_ip
