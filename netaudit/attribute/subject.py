"""The inventory -> subjects: what rules are written for.

Each has the facts that decide which rules it gets, and the values that fill their holes. A host has 33,000 containers:
what subjects share (a profile, a network's facts and values) is made once, and only where a signature wants it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from netaudit.attribute.attribution import Cause, CauseKind, Ref
from netaudit.attribute.gateway import GATEWAY_BRIDGE, carrier, gateway_name
from netaudit.attribute.network_view import (
    ASSUMED,
    View,
    binding_values,
    endpoint_values,
    have_bridge,
    link_values,
    make_view,
    mark_values,
    overlay_values,
)
from netaudit.attribute.options import Options
from netaudit.attribute.signature import SubjectKind, Value
from netaudit.model.docker import Container, Endpoint, Inventory, PortBinding
from netaudit.model.version import Version

FAMILIES = ("ip", "ip6")
_DAEMON = Cause(CauseKind.DAEMON)
_INGRESS = Cause(CauseKind.OTHER, name="swarm's routing mesh")
_UNSPECIFIED = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 (as Docker writes it)


class Profile(msgspec.Struct, frozen=True, eq=False):
    """What decides which signatures apply: shared by all subjects that are alike, compared by identity."""

    kind: SubjectKind
    family: str
    facts: Mapping[str, Value]
    certain: bool = True  # whether the object itself surely has rules


class Subject(msgspec.Struct, frozen=True, gc=False):
    """An inventory object of one address family, with what fills a signature's holes."""

    profile: Profile
    values: Mapping[str, str]
    causes: tuple[Cause, ...]


class _Placed(msgspec.Struct, frozen=True, gc=False):
    """A container's endpoint on a bridge network, with its address of one family."""

    endpoint: Endpoint
    view: View
    address: str


class Subjects:
    """All subjects of one inventory; those whose profile is not `wanted` are left out."""

    def __init__(self, inventory: Inventory, options: Options, wanted: Callable[[Profile], bool]) -> None:
        self._inventory = inventory
        self._options = options
        self._wanted = wanted
        self._version = Version.parse(inventory.version)
        self._networks = {network.id: network for network in inventory.networks}
        self._by_name = {container.name: container for container in inventory.containers}
        self._gateway_bridge = next((net for net in inventory.networks if net.name == GATEWAY_BRIDGE), None)
        self._profiles: dict[object, Profile] = {}
        self._common = {
            family: {**options.facts, "bridge-networks": have_bridge(inventory.networks, family)} for family in FAMILIES
        }
        self._marks = mark_values(options.mark)
        self._views = {
            (family, network.id): make_view(network, family, self._marks)
            for family in FAMILIES
            for network in inventory.networks
            if network.driver == "bridge" and not network.config_only
        }

    def apart_from_containers(self) -> Iterator[Subject]:
        """List the daemon, the networks, and what only networks show."""
        for family in FAMILIES:
            if self._options.manages(family):
                yield from self._daemon(family)
                yield from self._swarm(family)
                yield from self._all_networks(family)
                yield from self._unlisted_endpoints(family)

    def of_containers(self, containers: Iterable[Container]) -> Iterator[Subject]:
        """List the subjects of some of the inventory's containers: of those that run."""
        families = [family for family in FAMILIES if self._options.manages(family)]
        for container in containers:
            if container.running:
                for family in families:
                    yield from self._container(container, family)

    def _profile(
        self, kind: SubjectKind, family: str, key: object, facts: Callable[[], Mapping[str, Value]]
    ) -> Profile | None:
        """Give the profile of a key, made once; None where no signature is written for it."""
        profile = self._profiles.get((kind, family, key))
        if profile is None:
            certain = self._options.certain(family) and kind not in (SubjectKind.INGRESS, SubjectKind.OVERLAY)
            profile = Profile(kind, family, {**self._common[family], **facts()}, certain)
            self._profiles[kind, family, key] = profile
        return profile if self._wanted(profile) else None

    def _daemon(self, family: str) -> Iterator[Subject]:
        if profile := self._profile(SubjectKind.DAEMON, family, None, lambda: ASSUMED):
            yield Subject(profile, self._marks, (_DAEMON,))

    def _swarm(self, family: str) -> Iterator[Subject]:
        if not self._inventory.swarm:
            return
        ingress = self._profile(SubjectKind.INGRESS, family, None, lambda: ASSUMED)
        if ingress:
            yield Subject(ingress, {}, (_INGRESS,))
        overlay = self._profile(SubjectKind.OVERLAY, family, None, lambda: ASSUMED)
        if overlay is None:
            return
        for network in self._inventory.networks:
            for vni in network.vxlan_ids if network.encrypted else ():
                yield Subject(
                    overlay,
                    overlay_values(vni, self._inventory.vxlan_port),
                    (Cause(CauseKind.NETWORK, network=Ref(network.id, network.name)),),
                )

    def _all_networks(self, family: str) -> Iterator[Subject]:
        for (of_family, _), view in self._views.items():
            if of_family == family:
                profile = self._profile(SubjectKind.NETWORK, family, view.network.id, lambda view=view: view.facts)  # type: ignore[misc]
                if profile:
                    yield Subject(profile, view.values, (Cause(CauseKind.NETWORK, network=view.ref),))

    def _container(self, container: Container, family: str) -> Iterator[Subject]:
        placed = list(self._place(self._endpoints(container), family))
        if not placed:
            return
        ref = Ref(container.id, container.name)
        for one in placed:
            yield from self._endpoint(ref, one)
            if container.links and one.view.network.default and family == "ip":
                yield from self._links(container, ref, one)
        if container.bindings:
            yield from self._bindings(container, ref, placed)

    def _endpoints(self, container: Container) -> tuple[Endpoint, ...]:
        """List a container's endpoints, with the one on docker_gwbridge that its own inspect does not show."""
        bridge = self._gateway_bridge
        if bridge is None or not container.sandbox:
            return container.endpoints
        hidden = (member for member in bridge.members if member.name == gateway_name(container))
        return container.endpoints + tuple(Endpoint(bridge.id, bridge.name, m.ipv4, m.ipv6) for m in hidden)

    def _place(self, endpoints: Iterable[Endpoint], family: str) -> Iterator[_Placed]:
        for endpoint in endpoints:
            view = self._views.get((family, endpoint.network_id))
            address = endpoint.ipv4 if family == "ip" else endpoint.ipv6
            if view and address:
                yield _Placed(endpoint, view, address)

    def _endpoint(self, owner: Ref, one: _Placed) -> Iterator[Subject]:
        view = one.view
        family, network = view.family, view.network
        profile = self._profile(SubjectKind.ENDPOINT, family, network.id, lambda: view.facts)
        if profile is None and not network.trusted_interfaces:
            return
        values = {**view.values, **endpoint_values(one.address)}
        causes = (Cause(CauseKind.ENDPOINT, container=owner, network=view.ref),)
        if profile:
            yield Subject(profile, values, causes)
        key = (network.id, "trusted")
        trusting = self._profile(SubjectKind.ENDPOINT, family, key, lambda: {**view.facts, "trusted": True})
        if trusting:
            yield from (Subject(trusting, {**values, "trusted": name}, causes) for name in network.trusted_interfaces)

    def _links(self, container: Container, ref: Ref, one: _Placed) -> Iterator[Subject]:
        view = one.view
        profile = self._profile(SubjectKind.LINK, view.family, view.network.id, lambda: view.facts)
        if profile is None:
            return
        for link in container.links:
            child = self._by_name.get(link.container_name)
            ends_there = (end.ipv4 for end in child.endpoints if end.network_id == view.network.id) if child else ()
            address = next(iter(ends_there), "")
            if not (child and address):
                continue
            ends = (ref, Ref(child.id, child.name))
            causes = tuple(Cause(CauseKind.ENDPOINT, container=end, network=view.ref) for end in ends)
            for port, protocol in child.exposed:
                values = {**link_values(one.address, address), "protocol": protocol, "container_port": str(port)}
                yield Subject(profile, {**view.values, **values}, causes)

    def _bindings(self, container: Container, ref: Ref, placed: list[_Placed]) -> Iterator[Subject]:
        family = placed[0].view.family
        gateway = carrier(container, [one.endpoint for one in placed], self._networks, family, self._version)
        has_ipv6 = any(end.ipv6 for end in container.endpoints)
        for one in placed:
            for binding in container.bindings:
                of_ipv6 = ":" in binding.host_ip
                if of_ipv6 == (family == "ip6"):
                    yield from self._binding(ref, one, binding, gateway=one.endpoint is gateway, proxy_only=False)
                elif of_ipv6 and not has_ipv6:
                    yield from self._binding(ref, one, binding, gateway=one.endpoint is gateway, proxy_only=True)

    def _binding(
        self, owner: Ref, one: _Placed, binding: PortBinding, *, gateway: bool, proxy_only: bool
    ) -> Iterator[Subject]:
        view = one.view
        anywhere = binding.host_ip in _UNSPECIFIED
        loopback = binding.host_ip.startswith("127.")
        key = (view.network.id, anywhere, loopback, binding.protocol, proxy_only, gateway)
        profile = self._profile(
            SubjectKind.PORT_BINDING,
            view.family,
            key,
            lambda: {
                **view.facts,
                "host-address": "any" if anywhere else "specific",
                "loopback": loopback,
                "protocol": binding.protocol,
                "proxy-only": proxy_only,
                "gateway": gateway,
            },
        )
        if profile:
            values = {**view.values, **endpoint_values(one.address), **binding_values(binding, anywhere=anywhere)}
            cause = Cause(CauseKind.PORT_BINDING, container=owner, network=view.ref, binding=binding)
            yield Subject(profile, values, (cause,))

    def _unlisted_endpoints(self, family: str) -> Iterator[Subject]:
        """List endpoints that no container inspect shows: a build step's, docker_gwbridge's."""
        views = [view for (of_family, _), view in self._views.items() if of_family == family]
        if not any(view.network.members for view in views):
            return
        shown = {(one.id, end.network_id) for one in self._inventory.containers for end in one.endpoints}
        owned = {gateway_name(one) for one in self._inventory.containers if one.running}
        for view in views:
            network = view.network
            for member in network.members:
                if (member.container_id, network.id) not in shown and member.name not in owned:
                    end = Endpoint(network.id, network.name, member.ipv4, member.ipv6)
                    for one in self._place([end], family):
                        yield from self._endpoint(Ref(member.container_id, member.name), one)
