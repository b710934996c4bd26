"""The addresses that belong to Docker's networks, by its inventory and by its own rules."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from netaudit.model.docker import Network, is_docker_bridge
from netaudit.model.netfilter.ruleset import Backend, Rule

_DNAT_TARGET = re.compile(r"--to-destination \[?([0-9a-f:.]+?)\]?:\d+$")
_LEAVING = re.compile(r"-A POSTROUTING -s (\S+) ! -o (\S+) -j (?:MASQUERADE|SNAT --to-source \S+)")
_PUBLISHED = re.compile(
    r" -p (tcp|udp|sctp) .*--dport (\d{1,5}) -j DNAT --to-destination \[?([0-9a-f:.]+?)\]?:(\d{1,5})$"
)
_LEADING = frozenset({("filter", "FORWARD"), ("filter", "DOCKER-FORWARD"), ("filter", "DOCKER-BRIDGE")})
_LED = re.compile(r"-A \S+ -o (\S+) -j DOCKER")
PublishedPort = tuple[str, int, int]
ChainKey = tuple[Backend, str, str, str]  # backend, family, table, chain
Chains = Mapping[ChainKey, tuple[Rule, ...]]
Subnet = IPv4Network | IPv6Network
# Whose parts engines give to networks that ask for no subnet: netutils.GetLocalScopeDefaultNetworks (libnetwork).
_POOLS = ((IPv4Network("172.16.0.0/12"), 16), (IPv4Network("192.168.0.0/16"), 20))


class DockerAddresses:
    """Looks up whether a bridge or an address is Docker's; `networks` are any inventory's, by their bridges."""

    def __init__(self, networks: Mapping[str, Network], rules: Chains) -> None:
        self._networks = networks
        self._rules = rules

    def has_bridge(self, name: str) -> bool:
        """Return whether an interface is a network's, now or before, or has a name that Docker gives.

        Where no network is known, Docker's own rules tell: what goes out by its bridges is led to its chain.
        """
        return (
            name in self._networks or is_docker_bridge(name) or (not self._networks and name in self._bridges_by_rules)
        )

    def includes(self, address: str, family: str) -> bool:
        """Return whether an address is in a Docker network, or one that Docker's own rules send packets to."""
        return address in self._dnat_targets[family] or self._is_in_a_network(address)

    def reaches_into(self, subnet: str, family: str) -> bool:
        """Return whether a subnet is a Docker network's, or Docker's own rules send packets into it."""
        holder = next(_valid([subnet]), None)
        if holder is None:
            return False
        if holder in self._subnets or any(ip_address(one) in holder for one in self._dnat_targets[family]):
            return True
        return any(holder.prefixlen == size and _is_within(holder, pool) for pool, size in _POOLS)

    @cached_property
    def _bridges_by_rules(self) -> frozenset[str]:
        """The interfaces out of which packets go that FORWARD, or a chain of Docker's, leads to chain DOCKER."""
        forward = (rules for (_, _, table, chain), rules in self._rules.items() if (table, chain) in _LEADING)
        found = (_LED.fullmatch(rule.text) for rules in forward for rule in rules)
        return frozenset(one[1] for one in found if one)

    def published_ends(self, publishers: Mapping[PublishedPort, str]) -> Mapping[str, str]:
        """Return who has an address: the only one that publishes the port which nat/DOCKER leads there.

        `publishers` are by protocol, host port and container port.
        """
        found: dict[str, set[str]] = {}
        for (_, _, table, chain), rules in self._rules.items():
            if (table, chain) == ("nat", "DOCKER"):
                for one in filter(None, (_PUBLISHED.search(rule.text) for rule in rules)):
                    owner = publishers.get((one[1], int(one[2]), int(one[4])), "")
                    found.setdefault(one[3], set()).add(owner)
        return {address: owners.pop() for address, owners in found.items() if len(owners) == 1}

    def _is_in_a_network(self, address: str) -> bool:
        try:
            own = ip_address(address)
        except ValueError:  # the pattern of an address allows more than addresses
            return False
        return any(own in subnet for subnet in self._subnets)

    @cached_property
    def _subnets(self) -> list[Subnet]:
        known = {one for net in self._networks.values() for one in (net.subnet, net.subnet6) if one}
        return list(_valid(sorted(known | set(self._subnets_of_removed_networks()))))

    def _subnets_of_removed_networks(self) -> Iterator[str]:
        """List the subnets that masquerading rules name; the network of a rule may be gone."""
        for (_, _, table, chain), rules in self._rules.items():
            if (table, chain) == ("nat", "POSTROUTING"):
                found = (_LEAVING.fullmatch(rule.text) for rule in rules)
                yield from (one[1] for one in found if one and self.has_bridge(one[2]))

    @cached_property
    def _dnat_targets(self) -> Mapping[str, frozenset[str]]:
        """The addresses that the rules in nat/DOCKER translate to."""
        found: dict[str, set[str]] = {"ip": set(), "ip6": set()}
        for (_, family, table, chain), rules in self._rules.items():
            if (table, chain) == ("nat", "DOCKER") and family in found:
                targeted = (_DNAT_TARGET.search(rule.text) for rule in rules)
                found[family] |= {target[1] for target in targeted if target}
        return {family: frozenset(addresses) for family, addresses in found.items()}


def _is_within(subnet: Subnet, pool: IPv4Network) -> bool:
    return isinstance(subnet, IPv4Network) and subnet.subnet_of(pool)


def _valid(texts: Iterable[str]) -> Iterator[Subnet]:
    for text in texts:
        with suppress(ValueError):  # a recording may hold any text
            yield ip_network(text)
