"""What is known of Docker on a host: its inventory, now and before, and what its own rules show."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from netaudit.attribute.observed.docker_addresses import ChainKey, Chains, DockerAddresses, PublishedPort
from netaudit.attribute.observed.unify import targets
from netaudit.model.docker import Container, Endpoint, Inventory, Network, owns_chain
from netaudit.model.netfilter.ruleset import Item

__all__ = ["ChainKey", "Chains", "DockerEvidence"]


class DockerEvidence:
    """Looks up what is Docker's: a chain, a bridge, an address.

    `now` is the present inventory and `earlier` one of before, None where it is not known; `bridges` are the host's
    interfaces that are bridges.
    """

    def __init__(
        self,
        now: Inventory | None,
        earlier: Inventory | None,
        rules: Chains,
        bridges: frozenset[str] = frozenset(),
    ) -> None:
        self._bridges = bridges
        self.inventories = [one for one in (now, earlier) if one]
        self._rules = rules
        earliest_first = reversed(self.inventories)
        self._networks = {net.bridge: net for inv in earliest_first for net in inv.networks if net.bridge}
        self.addresses = DockerAddresses(self._networks, rules)

    @cached_property
    def has_docker(self) -> bool:
        """Whether Docker is on this host at all, by its inventory or by its chains."""
        return bool(self.inventories) or any(
            owns_chain(table, chain) or chain.startswith("DOCKER") for _, _, table, chain in self._rules
        )

    def is_in_own_chain(self, item: Item) -> bool:
        """Return whether a rule stands in a chain of Docker's (not DOCKER-USER), or jumps to one."""
        if owns_chain(item.table, item.chain):
            return True
        return " DOCKER" in item.text and any(target.startswith("DOCKER") for target in targets(item.text))

    def is_bridge(self, interface: str) -> bool:
        """Return whether an interface of the host is a bridge: another daemon's network may have it."""
        return interface in self._bridges

    def trusts(self, interface: str) -> bool:
        """Return whether a network may trust an interface; where an inventory is known, one of them must say so."""
        return not self.inventories or any(
            interface in net.trusted_interfaces for inv in self.inventories for net in inv.networks
        )

    def owner(self, address: str) -> tuple[Container | None, Endpoint | None]:
        """Return the container and endpoint that have an address, or had it.

        Of a container of which only its ports are known, the rule of a port tells its address.
        """
        return self._ends.get(address) or (self._by_ports.get(address), None)

    def network(self, bridge: str, end: Endpoint | None) -> Network | None:
        """Return a network by its bridge, or by an endpoint on it."""
        found = self._networks.get(bridge)
        if found or end is None:
            return found
        return next((net for net in self._networks.values() if net.id == end.network_id), None)

    def overlay(self, vxlan_id: int) -> Network | None:
        """Return an encrypted network by its VXLAN id; no network has 0."""
        if not vxlan_id:
            return None
        networks = (network for inventory in self.inventories for network in inventory.networks)
        return next((network for network in networks if vxlan_id in network.vxlan_ids), None)

    @cached_property
    def _by_ports(self) -> Mapping[str, Container]:
        """Containers without endpoints, as `docker ps` shows them, by the addresses that their ports are led to."""
        shown = [one for inv in self.inventories[:1] for one in inv.containers if one.running and not one.endpoints]
        publishers: dict[PublishedPort, set[str]] = {}
        for container in shown:
            for port in container.bindings:
                key = (port.protocol, port.host_port, port.container_port)
                publishers.setdefault(key, set()).add(container.name)
        alone = {key: next(iter(names)) for key, names in publishers.items() if len(names) == 1}
        named = {one.name: one for one in shown if one.name}
        ends = self.addresses.published_ends(alone) if alone else {}
        return {address: named[name] for address, name in ends.items() if name in named}

    @cached_property
    def _ends(self) -> Mapping[str, tuple[Container, Endpoint]]:
        """Containers by their addresses, now or before; built only when a stale rule needs them."""
        return dict(_ends(self.inventories))


def _ends(inventories: Iterable[Inventory]) -> Iterator[tuple[str, tuple[Container, Endpoint]]]:
    for inventory in reversed(list(inventories)):
        for container in inventory.containers:
            for end in container.endpoints:
                yield from ((address, (container, end)) for address in (end.ipv4, end.ipv6) if address)
