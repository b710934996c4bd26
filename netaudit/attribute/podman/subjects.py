"""Podman's part of an inventory -> subjects: what netavark writes rules for.

netavark runs with each container that starts. So a network has rules while a container of it runs, and an internal
network has none.
"""

from collections.abc import Iterator, Mapping

from netaudit.attribute.attribution import Cause, CauseKind, Ref
from netaudit.attribute.expected.container_subjects import Subject
from netaudit.attribute.expected.network_view import endpoint_values
from netaudit.attribute.expected.profiles import FAMILIES, Profile
from netaudit.attribute.podman.names import network_hash, short_id, subnet_name
from netaudit.attribute.signatures.signature import ASSUMED_FACTS, SubjectKind, Value
from netaudit.model.address_text import UNSPECIFIED
from netaudit.model.docker import Container, Endpoint, Inventory, Network, PortBinding
from netaudit.model.engines.kinds import PortMapping
from netaudit.model.netfilter.ruleset import Backend

NETAVARK = Cause(CauseKind.OTHER, name="Podman's networks")


class PodmanSubjects:
    """All subjects of Podman's part of an inventory, as one driver of netavark's sees them."""

    def __init__(self, inventory: Inventory, backend: Backend) -> None:
        self._running = [one for one in inventory.containers if one.running]
        self._networks = {one.id: one for one in inventory.networks if one.driver == "bridge" and not one.internal}
        self._to = "-" if backend is Backend.NFTABLES else ":"
        self._profiles: dict[tuple[object, ...], Profile] = {}

    def all(self) -> Iterator[Subject]:
        """List netavark's own subject, the networks in use, and the ports that their containers publish."""
        for family in FAMILIES:
            used = {end.network_id for one in self._running for end in one.endpoints}
            networks = [net for key, net in self._networks.items() if key in used and net.subnet_of(family)]
            if networks:
                yield Subject(Profile(SubjectKind.DAEMON, family, ASSUMED_FACTS, {}), {}, (NETAVARK,))
            for network in networks:
                profile = self._profile(SubjectKind.NETWORK, family, network)
                yield Subject(profile, {}, (Cause(CauseKind.NETWORK, network=_ref(network)),))
            for container in self._running:
                yield from self._of(container, family)

    def _of(self, container: Container, family: str) -> Iterator[Subject]:
        for end in container.endpoints:
            network = self._networks.get(end.network_id)
            if network is None or not end.address_of(family):
                continue
            for mapping in container.mappings:
                if mapping.host_ip == "" or (":" in mapping.host_ip) == (family == "ip6"):
                    yield from self._of_mapping(container, end, mapping, network, family)

    def _of_mapping(
        self, container: Container, end: Endpoint, mapping: PortMapping, network: Network, family: str
    ) -> Iterator[Subject]:
        facts: dict[str, Value] = {
            "host-address": "any" if mapping.host_ip in UNSPECIFIED else "specific",
            "range": mapping.count > 1,
            "protocol": mapping.protocol,
        }
        own = {**endpoint_values(end.address_of(family)), **_host(mapping), "owner": container.id}
        causes = [_cause(container, network, one) for one in _bindings(mapping, family)]
        whole = self._profile(SubjectKind.PORT_RANGE, family, network, facts)
        yield Subject(whole, {**own, **_ports(mapping, self._to)}, tuple(causes))
        single = self._profile(SubjectKind.PORT_BINDING, family, network, facts)
        for at, cause in enumerate(causes):
            ports = {"host_port": str(mapping.host_port + at), "container_port": str(mapping.container_port + at)}
            yield Subject(single, {**own, **ports}, (cause,))

    def _profile(
        self, kind: SubjectKind, family: str, network: Network, more: Mapping[str, Value] | None = None
    ) -> Profile:
        key = (kind, family, network.id, *sorted((more or {}).items()))
        if key not in self._profiles:
            values = _network_values(network, family)
            protocol = {"protocol": str(more["protocol"])} if more else {}
            facts = {**ASSUMED_FACTS, "isolation": str(network.isolation), "snat": "snat" in values, **(more or {})}
            self._profiles[key] = Profile(kind, family, facts, {**values, **protocol})
        return self._profiles[key]


def _network_values(network: Network, family: str) -> dict[str, str]:
    subnet = network.subnet_of(family)
    source = network.host_ipv6 if family == "ip6" else network.host_ipv4
    return {
        "bridge": network.bridge,
        "subnet": subnet,
        "subnet_name": subnet_name(subnet),
        "network_id": short_id(network.id),
        "network_hash": network_hash(network.name),
        "network_name": network.name,
        **({"snat": source} if source else {}),
    }


def _host(mapping: PortMapping) -> dict[str, str]:
    host = mapping.host_ip
    return {"host_ip": host, "host": f"{host}/128" if ":" in host else f"{host}/32"}


def _ports(mapping: PortMapping, to: str) -> dict[str, str]:
    """Fill the ports of a range, as the tool of the driver prints them."""
    if mapping.count == 1:
        return {"ports": str(mapping.host_port), "target_ports": str(mapping.container_port)}
    last, inner = mapping.host_port + mapping.count - 1, mapping.container_port + mapping.count - 1
    return {
        "ports": f"{mapping.host_port}{to}{last}",
        "target_ports": f"{mapping.container_port}-{inner}/{mapping.host_port}",
    }


def _bindings(mapping: PortMapping, family: str) -> list[PortBinding]:
    host = mapping.host_ip or ("::" if family == "ip6" else "0.0.0.0")  # noqa: S104 (as Docker writes it)
    ports = ((mapping.host_port + at, mapping.container_port + at) for at in range(mapping.count))
    return [PortBinding(mapping.protocol, host, outer, inner) for outer, inner in ports]


def _cause(container: Container, network: Network, binding: PortBinding) -> Cause:
    return Cause(CauseKind.PORT_BINDING, Ref(container.id, container.name), _ref(network), binding)


def _ref(network: Network) -> Ref:
    return Ref(network.id, network.name)
