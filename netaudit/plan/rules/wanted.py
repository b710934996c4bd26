"""Inventory x signatures -> what is written for each of its objects, in the order in which the engine writes it."""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from netaudit.attribute.attribution import Cause, CauseKind
from netaudit.attribute.expected.container_subjects import Subject
from netaudit.attribute.expected.daemon_options import Options
from netaudit.attribute.expected.profiles import Profile
from netaudit.attribute.expected.selection import Selection
from netaudit.attribute.expected.subjects import Subjects
from netaudit.attribute.signatures.placement import Occasion
from netaudit.attribute.signatures.signature import ASSUMED_FACTS, Catalog, SubjectKind
from netaudit.model.docker import Container, Inventory, Network
from netaudit.model.netfilter.family import IP_FAMILIES, Family
from netaudit.model.netfilter.ruleset import IPTABLES_BACKENDS, ObjectKind
from netaudit.model.plan import MeshPort
from netaudit.model.version import Version
from netaudit.plan.rules.fill import Filler, Wanted
from netaudit.plan.rules.port_order import in_publishing_order, with_linked_ports_in_order

# Of a swarm: the bridge of its nodes, and who is on it for the routing mesh.
_GATEWAY_BRIDGE, _MESH = "docker_gwbridge", "ingress-sbox"
_PORTS_FIRST = {SubjectKind.ENDPOINT: 0, SubjectKind.PORT_BINDING: 1, SubjectKind.LINK: 2}


class _Apart:
    """The subjects that are no container's, by the object that they are of; found when they are first asked for."""

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects
        self._found: dict[tuple[CauseKind, str], list[Subject]] | None = None

    def of(self, kind: CauseKind, owner: str) -> list[Subject]:
        """Return the subjects of an object."""
        if self._found is None:
            self._found = {}
            for subject in self._subjects.apart_from_containers():
                self._found.setdefault(_owner(subject), []).append(subject)
        return self._found.get((kind, owner), [])


class Writer:
    """One engine with its options and its inventory."""

    def __init__(self, inventory: Inventory, options: Options, catalog: Catalog) -> None:
        inventory = with_linked_ports_in_order(inventory)
        self.backend = options.backend
        self.version = Version.parse(inventory.version)
        selection = Selection(inventory, options, catalog)
        self._subjects = Subjects(inventory, options, selection.is_wanted)
        self._filler = Filler(selection, catalog, self.version, self.backend)
        self._containers = {container.id: container for container in inventory.containers}
        self._networks = {network.id: network for network in inventory.networks}
        self._options = options
        self._apart = _Apart(self._subjects)

    def of_daemon(self) -> list[Wanted]:
        """Return what is written for the daemon itself, and for swarm's routing mesh."""
        found = [*self._apart.of(CauseKind.DAEMON, ""), *self._apart.of(CauseKind.OTHER, "")]
        return self._filler.ordered(found)

    def of_network(self, network_id: str) -> list[Wanted]:
        """Return what is written for a network."""
        found = self._apart.of(CauseKind.NETWORK, network_id)
        return self._filler.ordered(one for one in found if one.profile.kind is SubjectKind.NETWORK)

    def of_members(self, network_id: str) -> list[Wanted]:
        """Return what is written for an encrypted overlay network while it has members here."""
        found = self._apart.of(CauseKind.NETWORK, network_id)
        overlays = (one for one in found if one.profile.kind is SubjectKind.OVERLAY)
        return self._filler.ordered(
            one for one in overlays if one.profile.family == Family.IP
        )  # as the hosts' addresses are

    def network(self, network_id: str) -> Network | None:
        """Return a network, None where it is not there."""
        return self._networks.get(network_id)

    def has_members(self, network_id: str) -> bool:
        """Return whether a network has members."""
        network = self._networks.get(network_id)
        return network is not None and bool(network.members)

    def families_of(self, network_id: str) -> tuple[Family, ...]:
        """Return the families of a bridge network."""
        network = self._networks.get(network_id)
        if network is None or network.driver != "bridge" or network.config_only:
            return ()
        return tuple(family for family in IP_FAMILIES if network.subnet_of(family))

    def policies(self, occasion: Occasion) -> Iterator[Wanted]:
        """Return the policies that are set when the engine switches forwarding on: with a bridge, or when it starts."""
        for signature in self._filler.docker:
            if signature.object is ObjectKind.POLICY and signature.placement(self.version).also_with is occasion:
                for family in filter(self._options.manages, signature.families):
                    key = (self.backend, family, signature.table, signature.chain.text)
                    yield Wanted(signature, key, signature.text.text, (Cause(CauseKind.DAEMON),), sure=True)

    def cleared_at_start(self) -> list[Wanted]:
        """Return what the engine deletes when it starts, whatever is there: chains, and the jumps to them."""
        return list(self._filler.cleared(self._apart.of(CauseKind.DAEMON, ""), Occasion.START))

    def cleared_with_network(self, network_id: str) -> list[Wanted]:
        """Return what the engine deletes when it sets up a network's bridge: what others left, or other options."""
        found = self._apart.of(CauseKind.NETWORK, network_id)
        return self._filler.unwanted(found, self.of_network(network_id), Occasion.BRIDGE)

    def cleared_with_container(self, container_id: str) -> list[Wanted]:
        """Return what the engine deletes when it writes a container's rules."""
        container = self._containers.get(container_id)
        found = _of(container, self._subjects, self.version) if container else []
        return self._filler.unwanted(found, self.of_container(container_id), Occasion.CONTAINER)

    def of_container(self, container_id: str) -> list[Wanted]:
        """Return what is written for a container, or for an endpoint that no container's inspection shows."""
        container = self._containers.get(container_id)
        found = (
            _of(container, self._subjects, self.version)
            if container
            else self._apart.of(CauseKind.ENDPOINT, container_id)
        )
        return self._filler.ordered(found)

    def networks_of(self, container_id: str) -> frozenset[str]:
        """Return the networks that a running container's inspection shows."""
        container = self._containers.get(container_id)
        there = container.endpoints if container and container.running else ()
        return frozenset(end.network_id for end in there)


def mesh_rules(ports: Iterable[MeshPort], inventory: Inventory, options: Options, catalog: Catalog) -> list[Wanted]:
    """Return what is written for ports of services: they lead to the sandbox of the routing mesh on docker_gwbridge.

    Rules of iptables alone: Docker's nftables backend has no mesh.
    """
    members = (one for network in inventory.networks if network.name == _GATEWAY_BRIDGE for one in network.members)
    address = next((one.ipv4.partition("/")[0] for one in members if one.container_id == _MESH and one.ipv4), "")
    if not address or options.backend not in IPTABLES_BACKENDS:
        return []
    version = Version.parse(inventory.version)
    filler = Filler(Selection(inventory, options, catalog), catalog, version, options.backend)
    values = {"address": address}
    cause = (Cause(CauseKind.OTHER, name="swarm's routing mesh"),)
    subjects = [
        Subject(
            Profile(SubjectKind.SERVICE_PORT, Family.IP, {**ASSUMED_FACTS, **options.facts}, values),
            {"protocol": one.protocol, "host_port": str(one.port)},
            cause,
        )
        for one in ports
    ]
    return filler.ordered(subjects)


def _turn(subject: Subject) -> tuple[int, bool]:
    """Return when a container's subject has its turn: interfaces that a network trusts before the drop of others."""
    return _PORTS_FIRST[subject.profile.kind], not subject.profile.facts.get("trusted")


def _owner(subject: Subject) -> tuple[CauseKind, str]:
    cause = subject.causes[0]
    owner = cause.network if cause.kind is CauseKind.NETWORK else cause.container
    return cause.kind, owner.id if owner else ""


def _of(container: Container, subjects: Subjects, version: Version) -> list[Subject]:
    ordered = replace(container, bindings=in_publishing_order(container, version))
    return sorted(subjects.of_containers([ordered]), key=_turn)
