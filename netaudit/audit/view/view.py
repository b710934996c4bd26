"""A host as checks look at it: a snapshot, its attribution, and who is found by what."""

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from netaudit.attribute.attribution import AttributedDiff, AttributedExposure, AttributedItem, AttributedSnapshot
from netaudit.audit.checks.services import Services
from netaudit.audit.view.host_firewall import HostFirewall
from netaudit.audit.view.order import Order
from netaudit.model.docker import Container, Inventory, Network, PortBinding
from netaudit.model.forwarding import forwards
from netaudit.model.program import Program
from netaudit.model.ruleset import ObjectKind
from netaudit.model.snapshot import Snapshot
from netaudit.model.version import Version
from netaudit.parse.iptables.rule import Option, ParsedRule, parse_rule

NOT_FROM_LOOPBACK = Option("-i", ("lo",), negated=True)
BindingKey = tuple[str, PortBinding]  # of a container's id
Items = tuple[AttributedItem, ...]
Cells = tuple[AttributedExposure, ...]


class HostView:
    """What one audit looks at; whatever is looked up often is indexed once."""

    def __init__(
        self,
        snapshot: Snapshot,
        program: Program,
        attributed: AttributedSnapshot,
        services: Services,
        since: AttributedDiff | None = None,
    ) -> None:
        """Look at a host and what its rules mean; `since`: what changed on it since an earlier recording, if named."""
        self.since = since
        self.snapshot = snapshot
        self.program = program
        self.attributed = attributed
        self.services = services
        self.sysctls = dict(snapshot.host.sysctls)

    @property
    def inventory(self) -> Inventory | None:
        """Docker's own objects; None where Docker could not be asked."""
        return self.snapshot.inventory

    @cached_property
    def engine(self) -> int | None:
        """The engine's version as one number: 28.5.2 is 280502; None where it is not known."""
        version = Version.parse(self.inventory.version if self.inventory else "")
        return version.major * 10_000 + version.minor * 100 + version.patch if version else None

    @cached_property
    def host_firewall(self) -> HostFirewall:
        """What the host's own firewall says of incoming packets."""
        return HostFirewall(self.attributed.items)

    @cached_property
    def order(self) -> Order:
        """What earlier rules leave to later ones."""
        return Order(self.program, self.attributed.items)

    def forwards(self, family: str) -> bool | None:
        """Tell whether the host forwards packets of a family; None where its switches were not seen."""
        return forwards(self.sysctls, family)

    def policy_items(self, family: str) -> Items:
        """Give the policies of the FORWARD chains of a family."""
        return tuple(
            one
            for one in self.attributed.items
            if one.item.object is ObjectKind.POLICY
            and (one.item.family, one.item.table, one.item.chain) == (family, "filter", "FORWARD")
        )

    def forward_policy(self, family: str) -> str:
        """Give FORWARD's policy; where two backends have one, the stricter one decides, and the kernel's is ACCEPT."""
        policies = {one.item.text.split(" ")[1] for one in self._policies[family]}
        return "DROP" if "DROP" in policies else "ACCEPT"

    @cached_property
    def _policies(self) -> dict[str, Items]:
        return {family: self.policy_items(family) for family in ("ip", "ip6")}

    @cached_property
    def loopback_guards(self) -> tuple[ParsedRule, ...]:
        """The raw rules that drop packets to some destination unless they come from the host itself."""
        rules = (
            parse_rule(one.item.text)
            for one in self.attributed.items
            if (one.item.table, one.item.chain, one.item.family) == ("raw", "PREROUTING", "ip")
        )
        return tuple(rule for rule in rules if rule.target == "DROP" and NOT_FROM_LOOPBACK in rule.matches)

    @cached_property
    def user_rules(self) -> int:
        """The number of rules that the operator has in IPv4's DOCKER-USER."""
        return sum(
            one.item.object is ObjectKind.RULE
            and (one.item.family, one.item.chain) == ("ip", "DOCKER-USER")
            and one.attribution.maker != "docker"
            for one in self.attributed.items
        )

    @cached_property
    def addresses(self) -> dict[str, str]:
        """The names of running containers by their addresses."""
        ends = ((one, end) for one in self.containers for end in one.endpoints)
        return {address: one.name for one, end in ends for address in (end.ipv4, end.ipv6) if address}

    @cached_property
    def host_ports(self) -> frozenset[tuple[str, int]]:
        """The protocols and host ports that are published."""
        return frozenset((binding.protocol, binding.host_port) for one in self.containers for binding in one.bindings)

    @cached_property
    def container_ports(self) -> frozenset[tuple[str, int]]:
        """The protocols and container ports that are published."""
        return frozenset(
            (binding.protocol, binding.container_port) for one in self.containers for binding in one.bindings
        )

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """The containers that run."""
        return tuple(one for one in self.inventory.containers if one.running) if self.inventory else ()

    @cached_property
    def networks(self) -> dict[str, Network]:
        """The networks by id."""
        return {one.id: one for one in self.inventory.networks} if self.inventory else {}

    @cached_property
    def rules_of_binding(self) -> dict[BindingKey, Items]:
        """The rules that are there because of a port binding."""
        return _by_binding(self.attributed.items)

    @cached_property
    def missing_of_binding(self) -> dict[BindingKey, Items]:
        """The rules that a port binding lacks."""
        return _by_binding(self.attributed.missing)

    @cached_property
    def rules_of_network(self) -> dict[str, Items]:
        """The rules that are there because of a network, by its id."""
        return _by_network(self.attributed.items)

    @cached_property
    def missing_of_network(self) -> dict[str, Items]:
        """The rules that a network lacks."""
        return _by_network(self.attributed.missing)

    @cached_property
    def cells_of_binding(self) -> dict[BindingKey, Cells]:
        """The cells of the exposure table whose destination is a published port."""
        found: dict[BindingKey, list[AttributedExposure]] = defaultdict(list)
        for cell in self.attributed.exposure or ():
            if cell.exposure.destination.binding is not None:
                found[cell.exposure.destination.container_id, cell.exposure.destination.binding].append(cell)
        return {key: tuple(cells) for key, cells in found.items()}

    @cached_property
    def cells_of_container(self) -> dict[str, Cells]:
        """The cells whose destination is a container's own address, by its id."""
        found: dict[str, list[AttributedExposure]] = defaultdict(list)
        for cell in self.attributed.exposure or ():
            if cell.exposure.destination.binding is None and cell.exposure.destination.container_id:
                found[cell.exposure.destination.container_id].append(cell)
        return {key: tuple(cells) for key, cells in found.items()}


def _by_binding(items: Iterable[AttributedItem]) -> dict[BindingKey, Items]:
    found: dict[BindingKey, list[AttributedItem]] = defaultdict(list)
    for one in items:
        for cause in one.attribution.causes:
            if cause.container and cause.binding:
                found[cause.container.id, cause.binding].append(one)
    return {key: tuple(members) for key, members in found.items()}


def _by_network(items: Iterable[AttributedItem]) -> dict[str, Items]:
    found: dict[str, list[AttributedItem]] = defaultdict(list)
    for one in items:
        for cause in one.attribution.causes:
            if cause.network and not cause.container:
                found[cause.network.id].append(one)
    return {key: tuple(members) for key, members in found.items()}
