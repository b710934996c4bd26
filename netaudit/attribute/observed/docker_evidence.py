"""What is known of Docker on a host: its inventory, now and before, and what its own rules give away."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from netaudit.attribute.observed.unify import targets
from netaudit.model.docker import Container, Endpoint, Inventory, Network
from netaudit.model.ruleset import Backend, Rule

_DOCKER_BRIDGE = re.compile(r"docker0|docker_gwbridge|br-[0-9a-f]{12}")
_DOCKER_CHAIN = re.compile(r"DOCKER($|-(?!USER$))")
_DNAT_TARGET = re.compile(r"--to-destination \[?([0-9a-f:.]+?)\]?:\d+$")
_LEAVING = re.compile(r"-A POSTROUTING -s (\S+) ! -o (\S+) -j (?:MASQUERADE|SNAT --to-source \S+)")
ChainKey = tuple[Backend, str, str, str]  # backend, family, table, chain
Chains = Mapping[ChainKey, tuple[Rule, ...]]
Subnet = IPv4Network | IPv6Network


class DockerEvidence:
    """Tells what is Docker's: a bridge, a chain, an address. `inventories` are of this host, the present one first."""

    def __init__(self, inventories: Iterable[Inventory], rules: Chains) -> None:
        self.inventories = list(inventories)
        self._rules = rules
        earliest_first = reversed(self.inventories)
        self._networks = {net.bridge: net for inv in earliest_first for net in inv.networks if net.bridge}

    @cached_property
    def has_docker(self) -> bool:
        """Tell whether Docker is on this host at all, by its word or by its chains."""
        return bool(self.inventories) or any(chain.startswith("DOCKER") for _, _, _, chain in self._rules)

    def is_bridge(self, name: str) -> bool:
        """Tell whether an interface is a network's, now or before, or has a name that Docker gives."""
        return name in self._networks or bool(_DOCKER_BRIDGE.fullmatch(name))

    def is_in_own_chain(self, chain: str, text: str) -> bool:
        """Tell whether a rule stands in a chain of Docker's, the administrator's excepted, or jumps to any."""
        return bool(_DOCKER_CHAIN.match(chain)) or any(target.startswith("DOCKER") for target in targets(text))

    def is_containers(self, address: str, family: str) -> bool:
        """Tell whether an address is of a Docker network, or one that Docker's own rules send packets to."""
        return address in self._dnat_targets[family] or self._is_in_a_network(address)

    def _is_in_a_network(self, address: str) -> bool:
        try:
            own = ip_address(address)
        except ValueError:  # it looked like one
            return False
        return any(own in subnet for subnet in self._subnets)

    def trusts(self, interface: str) -> bool:
        """Tell whether any network may trust an interface: where all are known, one must say so."""
        return not self.inventories or any(
            interface in net.trusted_interfaces for inv in self.inventories for net in inv.networks
        )

    def owner(self, address: str) -> tuple[Container | None, Endpoint | None]:
        """Find whose address it is, or was."""
        return self._ends.get(address, (None, None))

    def network(self, bridge: str, end: Endpoint | None) -> Network | None:
        """Find a network by its bridge, or by an endpoint on it."""
        found = self._networks.get(bridge)
        if found or end is None:
            return found
        return next((net for net in self._networks.values() if net.id == end.network_id), None)

    def overlay(self, vxlan_id: int) -> Network | None:
        """Find an encrypted network by its VXLAN id."""
        networks = (network for inventory in self.inventories for network in inventory.networks)
        return next((network for network in networks if vxlan_id and vxlan_id in network.vxlan_ids), None)

    @cached_property
    def _ends(self) -> Mapping[str, tuple[Container, Endpoint]]:
        """Find a container by its address, now or before: made only when something stale asks for it."""
        return dict(_ends(self.inventories))

    @cached_property
    def _subnets(self) -> list[Subnet]:
        told = {one for net in self._networks.values() for one in (net.subnet, net.subnet6) if one}
        return list(_networks(sorted(told | set(self._left_behind()))))

    def _left_behind(self) -> Iterator[str]:
        """List the subnets of networks that are gone, of which a rule tells."""
        for (_, _, table, chain), rules in self._rules.items():
            if (table, chain) == ("nat", "POSTROUTING"):
                found = (_LEAVING.fullmatch(rule.text) for rule in rules)
                yield from (one[1] for one in found if one and self.is_bridge(one[2]))

    @cached_property
    def _dnat_targets(self) -> Mapping[str, frozenset[str]]:
        """Collect the addresses that the rules in nat/DOCKER translate to."""
        found: dict[str, set[str]] = {"ip": set(), "ip6": set()}
        for (_, family, table, chain), rules in self._rules.items():
            if (table, chain) == ("nat", "DOCKER") and family in found:
                targeted = (_DNAT_TARGET.search(rule.text) for rule in rules)
                found[family] |= {target[1] for target in targeted if target}
        return {family: frozenset(addresses) for family, addresses in found.items()}


def _networks(texts: Iterable[str]) -> Iterator[Subnet]:
    for text in texts:
        with suppress(ValueError):  # a recording may say anything
            yield ip_network(text)


def _ends(inventories: Iterable[Inventory]) -> Iterator[tuple[str, tuple[Container, Endpoint]]]:
    for inventory in reversed(list(inventories)):
        for container in inventory.containers:
            for end in container.endpoints:
                yield from ((address, (container, end)) for address in (end.ipv4, end.ipv6) if address)
