"""The engine and the host as they are now: what a rule is held against that nothing expects."""

import ipaddress
import re
from collections.abc import Mapping
from functools import cached_property

from netaudit.attribute.signatures.network_facts import network_facts
from netaudit.attribute.signatures.placement import Occasion
from netaudit.attribute.signatures.signature import ASSUMED_FACTS, Applies, Signature, SubjectKind, Value
from netaudit.model.docker import Inventory, Network
from netaudit.model.host import Host, IpNetwork
from netaudit.model.version import Version

SWARM_KINDS = frozenset({SubjectKind.INGRESS, SubjectKind.SERVICE_PORT, SubjectKind.OVERLAY})
_GENERATED = re.compile(r"br-[0-9a-f]{12}")  # made of a network's id: no two networks have one


class PresentEngine:
    """What the present engine writes, with its options as `facts`."""

    def __init__(self, inventory: Inventory, facts: Mapping[str, Value]) -> None:
        self.version = inventory.version
        self._at = Version.parse(inventory.version)
        self._swarm = inventory.swarm
        self._facts = facts

    def applies(self, signature: Signature) -> Applies:
        """Return whether the engine writes such a rule for anything."""
        if self.lacks_swarm_of(signature):
            return Applies.NO
        return signature.applies(self._at, self._facts)

    def applies_to(self, signature: Signature, network: Network | None, family: str) -> Applies:
        """Return whether the engine writes such a rule for a network, or for itself."""
        facts = {**ASSUMED_FACTS, **self._facts, **(network_facts(network, family) if network else {})}
        return signature.applies(self._at, facts)

    def lacks_swarm_of(self, signature: Signature) -> bool:
        """Return whether a rule is a swarm's, and the host is in none."""
        return signature.subject in SWARM_KINDS and not self._swarm

    def is_of_other_version(self, signature: Signature) -> bool:
        """Return whether only other versions of the engine write such a rule."""
        return all(alternative.engine.holds(self._at) is False for alternative in signature.alternatives)

    def sweeps(self, signature: Signature) -> bool:
        """Return whether the engine deletes such a rule of an older one when it starts."""
        return signature.is_cleared(self._at, Occasion.BRIDGE)


class PresentHost:
    """What there is now: Docker's networks and containers, and the host's interfaces."""

    def __init__(self, inventory: Inventory, host: Host) -> None:
        self._inventory = inventory
        self._host = host

    def network(self, bridge: str) -> Network | None:
        """Return the network that has a bridge."""
        return next((one for one in self._inventory.networks if bridge and one.bridge == bridge), None)

    def has_container(self, address: str) -> bool:
        """Return whether a container has an address."""
        ends = (end for one in self._inventory.containers for end in one.endpoints)
        return any(address in (end.ipv4, end.ipv6) for end in ends)

    def foreign_interface(self, bridge: str, address: str) -> str:
        """Return the interface, none of this Docker's, that a rule is about by its bridge, else by its address."""
        if bridge:
            there = any(one.name == bridge for one in self._host.interfaces)
            return bridge if there and self.network(bridge) is None else ""
        try:
            own = ipaddress.ip_address(address)
        except ValueError:
            return ""
        return next((name for name, subnet in self._foreign_subnets if own in subnet), "")

    @cached_property
    def _foreign_subnets(self) -> list[tuple[str, IpNetwork]]:
        bridges = {network.bridge for network in self._inventory.networks}
        others = (one for one in self._host.interfaces if one.name not in bridges)
        return [(one.name, address.subnet) for one in others for address in one.addresses if address.scope == "global"]


def is_generated(bridge: str) -> bool:
    """Return whether a bridge has a name that Docker makes of a network's id: it names one network for ever."""
    return _GENERATED.fullmatch(bridge) is not None
