"""The inventory -> subjects: what rules are written for.

Each has the facts that decide which rules it gets, and the values that fill their holes. A host may have 33,000
containers: what subjects share (a profile, with a network's facts and values) is made once, and a subject only where a
signature needs it.
"""

from collections.abc import Callable, Collection, Iterator

from netaudit.attribute.attribution import Cause, CauseKind, Ref
from netaudit.attribute.expected.container_subjects import ContainerSubjects, Subject
from netaudit.attribute.expected.daemon_options import Options
from netaudit.attribute.expected.gateway_endpoint import gateway_name
from netaudit.attribute.expected.network_view import make_view, mark_values, overlay_values
from netaudit.attribute.expected.profiles import FAMILIES, Profile, Profiles
from netaudit.attribute.signatures.signature import SubjectKind
from netaudit.model.docker import Container, Endpoint, Inventory

_DAEMON = Cause(CauseKind.DAEMON)
_INGRESS = Cause(CauseKind.OTHER, name="swarm's routing mesh")


class Subjects:
    """All subjects of one inventory, but for those whose profile is not wanted."""

    def __init__(self, inventory: Inventory, options: Options, is_wanted: Callable[[Profile], bool]) -> None:
        self._inventory = inventory
        self._options = options
        self._marks = mark_values(options.mark)
        self._views = {
            family: {
                network.id: make_view(network, family, self._marks)
                for network in inventory.networks
                if network.driver == "bridge" and not network.config_only
            }
            for family in FAMILIES
        }
        self._profiles = Profiles(inventory, options, is_wanted)
        self._containers = ContainerSubjects(inventory, self._profiles, self._views)

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
                    yield from self._containers.of(container, family)

    def _daemon(self, family: str) -> Iterator[Subject]:
        if profile := self._profiles.make(SubjectKind.DAEMON, family):
            yield Subject(profile, self._marks, (_DAEMON,))

    def _swarm(self, family: str) -> Iterator[Subject]:
        if not self._inventory.swarm:
            return
        if ingress := self._profiles.make(SubjectKind.INGRESS, family):
            yield Subject(ingress, {}, (_INGRESS,))
        overlay = self._profiles.make(SubjectKind.OVERLAY, family)
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
            if profile := self._profiles.make(SubjectKind.NETWORK, family, view.facts, view.values):
                yield Subject(profile, {}, (Cause(CauseKind.NETWORK, network=view.ref),))

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
                    for one in self._containers.attachments([end], family):
                        yield from self._containers.of_endpoint(Ref(member.container_id, member.name), one)
