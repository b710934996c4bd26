"""The inventory -> subjects: what rules are written for.

Each has the facts that decide which rules it gets, and the values that fill their holes.
"""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from netaudit.attribute.attribution import Cause, CauseKind, Ref
from netaudit.attribute.gateway import gateway_endpoint
from netaudit.attribute.options import Options
from netaudit.attribute.signature import SubjectKind, Value
from netaudit.model.docker import Container, Endpoint, Inventory, Network, PortBinding
from netaudit.model.version import Version

FAMILIES = ("ip", "ip6")
_DAEMON = Cause(CauseKind.DAEMON)
_INGRESS = Cause(CauseKind.OTHER, name="swarm's routing mesh")
_GATEWAY_BRIDGE = "docker_gwbridge"
_ASSUMED: Mapping[str, Value] = {"enabled": True, "proxy-only": False, "gateway": True, "trusted": False}


class Profile(msgspec.Struct, frozen=True, eq=False):
    """What decides which signatures apply: shared by all subjects that are alike, compared by identity."""

    kind: SubjectKind
    family: str
    facts: Mapping[str, Value]
    certain: bool = True  # whether the object itself surely has rules


class Subject(msgspec.Struct, frozen=True):
    """An inventory object of one address family, with what fills a signature's holes."""

    profile: Profile
    values: Mapping[str, str]
    causes: tuple[Cause, ...]


class Subjects:
    """All subjects of one inventory."""

    def __init__(self, inventory: Inventory, options: Options) -> None:
        self._inventory = inventory
        self._options = options
        self._version = Version.parse(inventory.version)
        self._networks = {network.id: network for network in inventory.networks}
        self._by_name = {container.name: container for container in inventory.containers}
        self._profiles: dict[object, Profile] = {}
        self._common: dict[str, Mapping[str, Value]] = {family: self._common_facts(family) for family in FAMILIES}

    def __iter__(self) -> Iterator[Subject]:
        for family in FAMILIES:
            if not self._options.manages(family):
                continue
            yield self._daemon(family)
            yield from self._swarm(family)
            for network in self._inventory.networks:
                yield from self._network(network, family)
            for container in self._inventory.containers:
                if container.running:
                    yield from self._container(container, family)
            yield from self._unlisted_endpoints(family)

    def _common_facts(self, family: str) -> Mapping[str, Value]:
        """Give what every subject of a family knows."""
        bridges = any(
            network.driver == "bridge" and not network.internal and _subnet(network, family)
            for network in self._inventory.networks
        )
        # A daemon keeps what it wrote for a network that is gone since: none now does not mean none ever.
        return {**self._options.facts, "bridge-networks": True if bridges else None}

    def _profile(self, kind: SubjectKind, family: str, key: object, facts: Mapping[str, Value]) -> Profile:
        profile = self._profiles.get((kind, family, key))
        if profile is None:
            certain = self._options.certain(family) and kind not in (SubjectKind.INGRESS, SubjectKind.OVERLAY)
            profile = Profile(kind, family, {**self._common[family], **facts}, certain)
            self._profiles[kind, family, key] = profile
        return profile

    def _daemon(self, family: str) -> Subject:
        facts = _ASSUMED
        values = {"mark": self._options.mark} if self._options.mark else {}
        return Subject(self._profile(SubjectKind.DAEMON, family, None, facts), values, (_DAEMON,))

    def _swarm(self, family: str) -> Iterator[Subject]:
        if not self._inventory.swarm:
            return
        facts = _ASSUMED
        if family == "ip":
            yield Subject(self._profile(SubjectKind.INGRESS, family, None, facts), {}, (_INGRESS,))
        for network in self._inventory.networks:
            for vni in network.vxlan_ids if network.encrypted else ():
                values = {"vxlan_port": "4789", "vni": str(vni << 8), "vni_hex": hex(vni << 8)}
                profile = self._profile(SubjectKind.OVERLAY, family, network.id, facts)
                yield Subject(profile, values, (Cause(CauseKind.NETWORK, network=_ref(network)),))

    def _network(self, network: Network, family: str) -> Iterator[Subject]:
        if network.driver != "bridge" or network.config_only:
            return
        profile = self._profile(SubjectKind.NETWORK, family, network.id, _network_facts(network, family))
        yield Subject(profile, _network_values(network, family), (Cause(CauseKind.NETWORK, network=_ref(network)),))

    def _container(self, container: Container, family: str) -> Iterator[Subject]:
        for endpoint in container.endpoints:
            if network := self._bridge_network(endpoint):
                yield from self._endpoint(container, endpoint, network, family)
                yield from self._links(container, endpoint, network, family)
        if container.bindings:
            yield from self._bindings(container, family)

    def _bridge_network(self, endpoint: Endpoint) -> Network | None:
        network = self._networks.get(endpoint.network_id)
        return network if network and network.driver == "bridge" else None

    def _endpoint(self, container: Container, endpoint: Endpoint, network: Network, family: str) -> Iterator[Subject]:
        address = _address(endpoint, family)
        if not address:
            return
        values = {**_network_values(network, family), **_endpoint_values(address)}
        causes = (Cause(CauseKind.ENDPOINT, container=_ref(container), network=_ref(network)),)
        facts = _network_facts(network, family)
        yield Subject(self._profile(SubjectKind.ENDPOINT, family, network.id, facts), values, causes)
        for trusted in network.trusted_interfaces:
            profile = self._profile(SubjectKind.ENDPOINT, family, (network.id, "trusted"), {**facts, "trusted": True})
            yield Subject(profile, {**values, "trusted": trusted}, causes)

    def _links(self, container: Container, endpoint: Endpoint, network: Network, family: str) -> Iterator[Subject]:
        if not (container.links and network.default and family == "ip"):
            return
        facts = {**_network_facts(network, family), "default-bridge": True}
        profile = self._profile(SubjectKind.LINK, family, network.id, facts)
        for link in container.links:
            child = self._by_name.get(link.container_name)
            address = next((end.ipv4 for end in child.endpoints if end.network_id == network.id), "") if child else ""
            if not (child and address):
                continue
            causes = tuple(
                Cause(CauseKind.ENDPOINT, container=_ref(end), network=_ref(network)) for end in (container, child)
            )
            ends = {"parent_ip": endpoint.ipv4, "child_ip": address}
            ends |= {"parent": f"{endpoint.ipv4}/32", "child": f"{address}/32"}
            for port, protocol in child.exposed:
                values = {"bridge": network.bridge, "protocol": protocol, "container_port": str(port), **ends}
                yield Subject(profile, values, causes)

    def _bindings(self, container: Container, family: str) -> Iterator[Subject]:
        gateway = gateway_endpoint(self._ends(container), self._networks, family, self._version)
        for endpoint in self._ends(container):
            network = self._bridge_network(endpoint)
            address = _address(endpoint, family)
            if not network or not address:
                continue
            for binding in container.bindings:
                yield from self._binding(container, network, address, binding, family, endpoint is gateway)

    def _ends(self, container: Container) -> tuple[Endpoint, ...]:
        """List a container's endpoints, with the one on docker_gwbridge that its own inspect does not show."""
        bridge = next((net for net in self._inventory.networks if net.name == _GATEWAY_BRIDGE), None)
        if bridge is None or not container.sandbox:
            return container.endpoints
        name = "gateway_" + container.sandbox.rpartition("/")[2][:12]
        hidden = (m for m in bridge.members if m.name == name)
        return container.endpoints + tuple(Endpoint(bridge.id, bridge.name, m.ipv4, m.ipv6) for m in hidden)

    def _binding(
        self,
        container: Container,
        network: Network,
        address: str,
        binding: PortBinding,
        family: str,
        gateway: bool,  # noqa: FBT001 (a fact about the endpoint)
    ) -> Iterator[Subject]:
        of_ipv6 = ":" in binding.host_ip
        proxy_only = of_ipv6 and family == "ip"
        if of_ipv6 != (family == "ip6") and not proxy_only:
            return
        if proxy_only and any(end.ipv6 for end in container.endpoints):
            return  # the container's IPv6 address serves it
        unspecified = binding.host_ip in ("", "0.0.0.0", "::")  # noqa: S104 (as Docker writes it)
        loopback = binding.host_ip.startswith("127.")
        key = (network.id, unspecified, loopback, binding.protocol, proxy_only, gateway)
        facts = {
            **_network_facts(network, family),
            "host-address": "any" if unspecified else "specific",
            "loopback": loopback,
            "protocol": binding.protocol,
            "proxy-only": proxy_only,
            "gateway": gateway,
        }
        values = {**_network_values(network, family), **_endpoint_values(address), **_binding_values(binding)}
        cause = Cause(CauseKind.PORT_BINDING, container=_ref(container), network=_ref(network), binding=binding)
        yield Subject(self._profile(SubjectKind.PORT_BINDING, family, key, facts), values, (cause,))

    def _unlisted_endpoints(self, family: str) -> Iterator[Subject]:
        """List endpoints that no container inspect shows: a build step's, docker_gwbridge's."""
        shown = {
            (container.id, end.network_id) for container in self._inventory.containers for end in container.endpoints
        }
        for network in self._inventory.networks:
            if network.driver != "bridge":
                continue
            for member in network.members:
                if (member.container_id, network.id) not in shown:
                    end = Endpoint(network.id, network.name, member.ipv4, member.ipv6)
                    owner = Container(member.container_id, member.name, running=True)
                    yield from self._endpoint(owner, end, network, family)


def _network_facts(network: Network, family: str) -> dict[str, Value]:
    return {
        "enabled": bool(_subnet(network, family)),
        "internal": network.internal,
        "icc": network.icc,
        "masquerade": network.masquerade,
        "snat": bool(network.host_ipv4 if family == "ip" else network.host_ipv6),
        "gateway-mode": str(network.mode4 if family == "ip" else network.mode6),
        "trusted": False,
        "has-trusted": bool(network.trusted_interfaces),
        "default-bridge": network.default,
        "proxy-only": False,
        "gateway": True,
    }


def _network_values(network: Network, family: str) -> dict[str, str]:
    return {
        "bridge": network.bridge,
        "subnet": _subnet(network, family),
        "snat": network.host_ipv4 if family == "ip" else network.host_ipv6,
        "trusted_set": ", ".join(f'"{name}"' for name in (network.bridge, *network.trusted_interfaces)),
    }


def _endpoint_values(address: str) -> dict[str, str]:
    return {"address": address, "container": f"{address}/128" if ":" in address else f"{address}/32"}


def _binding_values(binding: PortBinding) -> dict[str, str]:
    host = binding.host_ip
    if ":" in host:
        host = str(ipaddress.ip_address(host))
    return {
        "host_ip": host,
        "host": f"{host}/128" if ":" in host else f"{host}/32",
        "host_port": str(binding.host_port),
        "container_port": str(binding.container_port),
        "protocol": binding.protocol,
    }


def _subnet(network: Network, family: str) -> str:
    return network.subnet if family == "ip" else network.subnet6


def _address(endpoint: Endpoint, family: str) -> str:
    return endpoint.ipv4 if family == "ip" else endpoint.ipv6


def _ref(thing: Network | Container) -> Ref:
    return Ref(thing.id, thing.name)


def bridges(inventories: Iterable[Inventory | None]) -> frozenset[str]:
    """Name the interfaces of all bridge networks."""
    return frozenset(net.bridge for inventory in inventories if inventory for net in inventory.networks if net.bridge)
