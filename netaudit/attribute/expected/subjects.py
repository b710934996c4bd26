"""The inventory -> subjects: what rules are written for.

Each has the facts that decide which rules it gets, and the values that fill their holes. A host has 33,000 containers:
what subjects share (a profile, with a network's facts and values) is made once, and a subject only where a signature
wants it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import msgspec

from netaudit.attribute.attribution import Cause, CauseKind, Ref
from netaudit.attribute.expected.daemon_options import Options
from netaudit.attribute.expected.gateway_endpoint import carrier, gateway_name
from netaudit.attribute.expected.network_view import (
    ASSUMED,
    BindingTraits,
    NetworkView,
    binding_facts,
    binding_values,
    endpoint_values,
    have_bridge,
    link_values,
    make_view,
    mark_values,
    overlay_values,
)
from netaudit.attribute.signatures.signature import SubjectKind, Value
from netaudit.model.default_route import GATEWAY_BRIDGE
from netaudit.model.docker import Container, Endpoint, Inventory
from netaudit.model.version import Version

FAMILIES = ("ip", "ip6")
_DAEMON = Cause(CauseKind.DAEMON)
_INGRESS = Cause(CauseKind.OTHER, name="swarm's routing mesh")
_NONE: Mapping[str, str] = {}
_UNSPECIFIED = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 (as Docker writes it)


class Profile(msgspec.Struct, frozen=True, eq=False):
    """What decides which signatures apply, shared by all subjects that are alike; compared by identity.

    `values` fill the holes that are the same for all of these subjects: those that name a network.
    """

    kind: SubjectKind
    family: str
    facts: Mapping[str, Value]
    values: Mapping[str, str]
    certain: bool = True  # whether the object itself surely has rules


class Subject(msgspec.Struct, frozen=True, gc=False):
    """An inventory object of one address family, with what fills the holes that are its own.

    All subjects of a profile fill the same holes.
    """

    profile: Profile
    values: Mapping[str, str]
    causes: tuple[Cause, ...]


class _Placed(msgspec.Struct, frozen=True, gc=False):
    """A container's endpoint on a bridge network, with what its address of one family fills."""

    endpoint: Endpoint
    view: NetworkView
    values: Mapping[str, str]


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
        self._endpoint_profiles: dict[tuple[NetworkView, bool], Profile | None] = {}
        self._binding_profiles: dict[tuple[NetworkView, BindingTraits], Profile | None] = {}
        self._common = {
            family: {**options.facts, "bridge-networks": have_bridge(inventory.networks, family)} for family in FAMILIES
        }
        self._marks = mark_values(options.mark)
        self._views = {
            family: {
                network.id: make_view(network, family, self._marks)
                for network in inventory.networks
                if network.driver == "bridge" and not network.config_only
            }
            for family in FAMILIES
        }

    def apart_from_containers(self) -> Iterator[Subject]:
        """List the daemon, the networks, and what only networks show."""
        for family in FAMILIES:
            if self._options.manages(family):
                yield from self._daemon(family)
                yield from self._swarm(family)
                yield from self._all_networks(family)
                yield from self._unlisted_endpoints(family)

    def of_containers(self, containers: Collection[Container]) -> Iterator[Subject]:
        """List the subjects of some of the inventory's containers: of those that run."""
        for family in FAMILIES:
            if self._options.manages(family):
                for container in containers:
                    placed = self._place(self._endpoints(container), family) if container.running else []
                    if placed:
                        yield from self._container(container, placed)

    def _profile(
        self, kind: SubjectKind, family: str, facts: Mapping[str, Value] = ASSUMED, values: Mapping[str, str] = _NONE
    ) -> Profile | None:
        """Make a profile; None where no signature is written for it."""
        certain = self._options.certain(family) and kind not in (SubjectKind.INGRESS, SubjectKind.OVERLAY)
        profile = Profile(kind, family, {**self._common[family], **facts}, values, certain)
        return profile if self._wanted(profile) else None

    def _daemon(self, family: str) -> Iterator[Subject]:
        if profile := self._profile(SubjectKind.DAEMON, family):
            yield Subject(profile, self._marks, (_DAEMON,))

    def _swarm(self, family: str) -> Iterator[Subject]:
        if not self._inventory.swarm:
            return
        if ingress := self._profile(SubjectKind.INGRESS, family):
            yield Subject(ingress, {}, (_INGRESS,))
        overlay = self._profile(SubjectKind.OVERLAY, family)
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
        for view in self._views[family].values():
            if profile := self._profile(SubjectKind.NETWORK, family, view.facts, view.values):
                yield Subject(profile, {}, (Cause(CauseKind.NETWORK, network=view.ref),))

    def _container(self, container: Container, placed: list[_Placed]) -> Iterator[Subject]:
        ref = Ref(container.id, container.name)
        for one in placed:
            yield from self._endpoint(ref, one)
            if container.links and one.view.network.default and one.view.family == "ip":
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

    def _place(self, endpoints: Iterable[Endpoint], family: str) -> list[_Placed]:
        """Find the bridge networks on which a container has an address of a family."""
        views = self._views[family]
        return [
            _Placed(endpoint, view, endpoint_values(address))
            for endpoint in endpoints
            if (address := endpoint.address_of(family)) and (view := views.get(endpoint.network_id))
        ]

    def _endpoint(self, owner: Ref, one: _Placed) -> Iterator[Subject]:
        view = one.view
        causes = (Cause(CauseKind.ENDPOINT, owner, view.ref),)
        if profile := self._endpoint_profile(view, trusting=False):
            yield Subject(profile, one.values, causes)
        trusted = view.network.trusted_interfaces
        if trusted and (profile := self._endpoint_profile(view, trusting=True)):
            yield from (Subject(profile, {**one.values, "trusted": name}, causes) for name in trusted)

    def _endpoint_profile(self, view: NetworkView, *, trusting: bool) -> Profile | None:
        """Make the profile of a network's endpoints, or of the interfaces that they trust, once."""
        profiles, key = self._endpoint_profiles, (view, trusting)
        if key not in profiles:
            facts = {**view.facts, "trusted": trusting}
            profiles[key] = self._profile(SubjectKind.ENDPOINT, view.family, facts, view.values)
        return profiles[key]

    def _links(self, container: Container, ref: Ref, one: _Placed) -> Iterator[Subject]:
        view = one.view
        profile = self._profile(SubjectKind.LINK, view.family, view.facts, view.values)
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
            values = link_values(one.values["address"], address)
            for port, protocol in child.exposed:
                yield Subject(profile, {**values, "protocol": protocol, "container_port": str(port)}, causes)

    def _bindings(self, container: Container, owner: Ref, placed: list[_Placed]) -> Iterator[Subject]:
        family = placed[0].view.family
        gateway = carrier(container, [one.endpoint for one in placed], self._networks, family, self._version)
        proxied = family == "ip" and not [end for end in container.endpoints if end.ipv6]
        for binding in container.bindings:
            of_ipv6 = ":" in binding.host_ip
            if not proxied and of_ipv6 != (family == "ip6"):
                continue
            host = binding.host_ip
            shared = (host in _UNSPECIFIED, host[:4] == "127.", binding.protocol, of_ipv6 and proxied)
            for one in placed:
                view = one.view
                profile = self._binding_profile(view, (*shared, one.endpoint is gateway))
                if profile:
                    values = {**one.values, **binding_values(binding)}
                    yield Subject(profile, values, (Cause(CauseKind.PORT_BINDING, owner, view.ref, binding),))

    def _binding_profile(self, view: NetworkView, traits: BindingTraits) -> Profile | None:
        """Make the profile of port bindings that are alike, once."""
        try:
            return self._binding_profiles[view, traits]
        except KeyError:
            facts = {**view.facts, **binding_facts(traits)}
            values = {**view.values, "protocol": traits[2]}
            profile = self._profile(SubjectKind.PORT_BINDING, view.family, facts, values)
            return self._binding_profiles.setdefault((view, traits), profile)

    def _unlisted_endpoints(self, family: str) -> Iterator[Subject]:
        """List endpoints that no container inspect shows: a build step's, docker_gwbridge's."""
        views = self._views[family].values()
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
