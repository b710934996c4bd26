"""Inventory x signatures -> what is written for each of its objects, in the order in which the engine writes it."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from netaudit.attribute.attribution import Cause, CauseKind
from netaudit.attribute.expected.container_subjects import Subject
from netaudit.attribute.expected.daemon_options import Options
from netaudit.attribute.expected.selection import Selection
from netaudit.attribute.expected.subjects import Subjects
from netaudit.attribute.signatures.placement import Occasion, Put
from netaudit.attribute.signatures.signature import Catalog, Signature, SubjectKind
from netaudit.model.docker import Container, Inventory
from netaudit.model.netfilter.family import IP_FAMILIES, Family
from netaudit.model.netfilter.ruleset import Backend, ObjectKind
from netaudit.model.version import Version
from netaudit.plan.rules.draft import ChainKey
from netaudit.plan.rules.port_order import in_publishing_order

_PORTS_FIRST = {SubjectKind.ENDPOINT: 0, SubjectKind.PORT_BINDING: 1, SubjectKind.LINK: 2}


class Wanted(msgspec.Struct, frozen=True):
    """One object of a ruleset that an engine writes; `sure` is False where that depends on what is not known."""

    signature: Signature
    key: ChainKey
    text: str
    causes: tuple[Cause, ...]
    sure: bool

    @property
    def entry(self) -> tuple[str, ChainKey, str, tuple[Cause, ...]]:
        """Return what makes it the same entry before and after, however sure it is."""
        return self.signature.id, self.key, self.text, self.causes

    @property
    def network_id(self) -> str:
        """Return the network for which it is written, "" for the daemon's."""
        return next((cause.network.id for cause in self.causes if cause.network), "")


class Writer:
    """One engine with its options and its inventory."""

    def __init__(self, inventory: Inventory, options: Options, catalog: Catalog) -> None:
        self.backend = options.backend
        self.version = Version.parse(inventory.version)
        self._selection = Selection(inventory, options, catalog)
        self._subjects = Subjects(inventory, options, self._selection.is_wanted)
        self._containers = {container.id: container for container in inventory.containers}
        self._networks = {network.id: network for network in inventory.networks}
        self._docker = [s for s in catalog.signatures if s.maker == "docker" and options.backend in s.backends]
        self._options = options
        self._others: dict[tuple[CauseKind, str], list[Subject]] | None = None

    def of_daemon(self) -> list[Wanted]:
        """Return what is written for the daemon itself, and for swarm's routing mesh."""
        found = [*self._apart(CauseKind.DAEMON, ""), *self._apart(CauseKind.OTHER, "")]
        return self._ordered(found)

    def of_network(self, network_id: str) -> list[Wanted]:
        """Return what is written for a network."""
        found = self._apart(CauseKind.NETWORK, network_id)
        return self._ordered(one for one in found if one.profile.kind is SubjectKind.NETWORK)

    def of_members(self, network_id: str) -> list[Wanted]:
        """Return what is written for an encrypted overlay network while it has members here."""
        found = self._apart(CauseKind.NETWORK, network_id)
        overlays = (one for one in found if one.profile.kind is SubjectKind.OVERLAY)
        return self._ordered(one for one in overlays if one.profile.family == Family.IP)  # as the hosts' addresses are

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
        for signature in self._docker:
            if signature.object is ObjectKind.POLICY and signature.placement(self.version).also_with is occasion:
                for family in filter(self._options.manages, signature.families):
                    key = (self.backend, family, signature.table, signature.chain.text)
                    yield Wanted(signature, key, signature.text.text, (Cause(CauseKind.DAEMON),), sure=True)

    def cleared_at_start(self) -> list[Wanted]:
        """Return what the engine deletes when it starts, whatever is there: chains, and the jumps to them."""
        return list(self._cleared(self._apart(CauseKind.DAEMON, ""), Occasion.START))

    def cleared_with_network(self, network_id: str) -> list[Wanted]:
        """Return what the engine deletes when it sets up a network's bridge: what others left, or other options."""
        found = self._apart(CauseKind.NETWORK, network_id)
        return self._unwanted(found, self.of_network(network_id), Occasion.BRIDGE)

    def cleared_with_container(self, container_id: str) -> list[Wanted]:
        """Return what the engine deletes when it writes a container's rules."""
        container = self._containers.get(container_id)
        found = self._of(container) if container else []
        return self._unwanted(found, self.of_container(container_id), Occasion.CONTAINER)

    def of_container(self, container_id: str) -> list[Wanted]:
        """Return what is written for a container, or for an endpoint that no container's inspection shows."""
        container = self._containers.get(container_id)
        found = self._of(container) if container else self._apart(CauseKind.ENDPOINT, container_id)
        return self._ordered(found)

    def networks_of(self, container_id: str) -> frozenset[str]:
        """Return the networks that a running container's inspection shows."""
        container = self._containers.get(container_id)
        there = container.endpoints if container and container.running else ()
        return frozenset(end.network_id for end in there)

    def _unwanted(self, subjects: list[Subject], wanted: list[Wanted], occasion: Occasion) -> list[Wanted]:
        there = {(one.key, one.text) for one in wanted}
        return [one for one in self._cleared(subjects, occasion) if (one.key, one.text) not in there]

    def _cleared(self, subjects: Iterable[Subject], occasion: Occasion) -> Iterator[Wanted]:
        signatures = [one for one in self._docker if one.is_cleared(self.version, occasion)]
        for subject in subjects:
            profile = subject.profile
            values = {**profile.values, **subject.values}
            for one in signatures:
                alike = one.subject is profile.kind and profile.family in one.families
                if alike and one.text.holes <= values.keys():
                    key = (self.backend, profile.family, one.table, one.chain.fill(values))
                    yield Wanted(one, key, one.text.fill(values), subject.causes, sure=True)

    def _of(self, container: Container) -> list[Subject]:
        ordered = replace(container, bindings=in_publishing_order(container, self.version))
        found = self._subjects.of_containers([ordered])
        return sorted(found, key=_turn)

    def _apart(self, kind: CauseKind, owner: str) -> list[Subject]:
        if self._others is None:
            self._others = {}
            for subject in self._subjects.apart_from_containers():
                self._others.setdefault(_owner(subject), []).append(subject)
        return self._others.get((kind, owner), [])

    def _ordered(self, subjects: Iterable[Subject]) -> list[Wanted]:
        """Order what one event writes: a subject's rules so that they end up as the catalog's file has them."""
        written: list[Wanted] = []
        for subject in subjects:
            own = list(self._fill(subject))
            at_top = [one for one in own if self._is_at_top(one.signature)]
            written += [one for one in own if not self._is_at_top(one.signature)] + at_top[::-1]
        return written

    def _is_at_top(self, signature: Signature) -> bool:
        return signature.placement(self.version).put is not Put.END

    def _fill(self, subject: Subject) -> Iterator[Wanted]:
        profile = subject.profile
        values = {**profile.values, **subject.values}
        for signature, sure in self._selection.of(profile):
            put = signature.placement(self.version).put
            if (
                put is not Put.NEVER
                and signature.chain.holes <= values.keys()
                and signature.text.holes <= values.keys()
            ):
                key = (self.backend, profile.family, signature.table, signature.chain.fill(values))
                yield Wanted(signature, key, signature.text.fill(values), subject.causes, sure)


def _is_policy(signature: Signature, backend: Backend) -> bool:
    return signature.object is ObjectKind.POLICY and signature.maker == "docker" and backend in signature.backends


def _turn(subject: Subject) -> tuple[int, bool]:
    """Return when a container's subject has its turn: interfaces that a network trusts before the drop of others."""
    return _PORTS_FIRST[subject.profile.kind], not subject.profile.facts.get("trusted")


def _owner(subject: Subject) -> tuple[CauseKind, str]:
    cause = subject.causes[0]
    owner = cause.network if cause.kind is CauseKind.NETWORK else cause.container
    return cause.kind, owner.id if owner else ""
