"""A host as checks look at it: a snapshot, its attribution, and what is found by what."""

from functools import cached_property
from typing import TYPE_CHECKING

from netaudit.attribute.attribution import AttributedDiff, AttributedSnapshot, CauseKind
from netaudit.attribute.services import Services
from netaudit.audit.view.by_cause import ByCause
from netaudit.audit.view.docker import DockerObjects
from netaudit.audit.view.forwarding import Forwarding
from netaudit.audit.view.guards import Guards
from netaudit.audit.view.host_firewall import HostFirewall
from netaudit.audit.view.operator_chains import OperatorChains
from netaudit.audit.view.order import Order
from netaudit.audit.view.outside import Outside
from netaudit.audit.view.places import Places
from netaudit.audit.view.tools import Tools
from netaudit.model.docker import Container, Inventory, Network
from netaudit.model.facts import OBJECT_SOURCES, GapReason, Source
from netaudit.model.netfilter.ruleset import Backend, ObjectKind
from netaudit.model.reason import Reason, ReasonKind, make_reason
from netaudit.model.snapshot import Snapshot
from netaudit.model.version import Version
from netaudit.packets.host.zones import ZoneChoice

if TYPE_CHECKING:
    from netaudit.policy.hold import Held

_DERIVED = ZoneChoice()


class HostView:
    """What one audit looks at; what is looked up often is indexed once."""

    def __init__(
        self,
        snapshot: Snapshot,
        attributed: AttributedSnapshot,
        services: Services,
        since: AttributedDiff | None = None,
        choice: ZoneChoice = _DERIVED,
        held: "Held | None" = None,
    ) -> None:
        """Take a host and what its rules mean; `since` is what changed since an earlier recording, if one is named.

        `choice` is what the exposure table was computed for, `held` the policy that the host is held against.
        """
        self.since, self.held = since, held
        self.snapshot = snapshot
        self.program = snapshot.program
        self.attributed = attributed
        self.services = services
        self.sysctls = dict(snapshot.host.sysctls)
        self.docker = DockerObjects(snapshot.inventory)
        self.by_cause = ByCause(attributed)
        self.forwarding = Forwarding(self.sysctls, attributed.items, {gap.source for gap in snapshot.gaps})
        self.outside = Outside(snapshot, choice)
        self.places = Places(snapshot.ruleset)
        self.guards = Guards(attributed.items)
        self.operator_chains = OperatorChains(attributed.items)

    @property
    def inventory(self) -> Inventory | None:
        """Docker's own objects; None where they are not known."""
        return self.snapshot.inventory

    @cached_property
    def inventory_gap(self) -> Reason | None:
        """Why Docker's own objects are not known, or not all of them; None where they are."""
        if self.inventory is not None and not self.inventory.partial:
            return None
        said = {gap.source: gap.reason for gap in self.snapshot.gaps}
        source = next((one for one in OBJECT_SOURCES if one in said), Source.DOCKER_CONTAINERS)
        return make_reason(ReasonKind.SOURCE_GAP, source=source, gap=said.get(source, GapReason.NOT_RECORDED))

    @property
    def containers(self) -> tuple[Container, ...]:
        """The containers that run."""
        return self.docker.containers

    @property
    def networks(self) -> dict[str, Network]:
        """The networks by id."""
        return self.docker.networks

    @cached_property
    def engine(self) -> int | None:
        """The engine's version as one number: 28.5.2 is 280502; None where it is not known."""
        version = Version.parse(self.inventory.version if self.inventory else "")
        return version.major * 10_000 + version.minor * 100 + version.patch if version else None

    @cached_property
    def backend(self) -> str | None:
        """What Docker writes rules with, `iptables` or `nftables`; None where neither it nor a rule says so."""
        reported = self.inventory.options.firewall_backend if self.inventory else None
        if reported:
            return reported.partition("+")[0]
        docker = {one.item.backend for one in self.attributed.items if one.attribution.maker == "docker"}
        return ("nftables" if Backend.NFTABLES in docker else "iptables") if docker else None

    @cached_property
    def tools(self) -> Tools:
        """The programs that edit this host's rules."""
        return Tools(self.attributed.items)

    @cached_property
    def host_firewall(self) -> HostFirewall:
        """What the host's own firewall does with incoming packets."""
        return HostFirewall(self.attributed.items, self.program)

    @cached_property
    def order(self) -> Order:
        """Which earlier rules take the packets of later ones."""
        return Order(self.program, self.attributed.items)

    @cached_property
    def daemon_rules_missing(self) -> bool:
        """Whether rules that Docker writes for all networks and containers are missing."""
        missing = (cause for one in self.attributed.missing for cause in one.attribution.causes)
        return any(cause.kind is CauseKind.DAEMON for cause in missing)

    @cached_property
    def user_rules(self) -> int:
        """The number of rules that the operator has in IPv4's DOCKER-USER."""
        return sum(
            one.item.object is ObjectKind.RULE
            and (one.item.family, one.item.chain) == ("ip", "DOCKER-USER")
            and one.attribution.maker != "docker"
            for one in self.attributed.items
        )
