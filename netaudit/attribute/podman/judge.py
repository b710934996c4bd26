"""Rules of netavark's that nothing expects: left behind, or kept on purpose."""

from collections.abc import Mapping

from netaudit.attribute.attribution import Attribution, Cause, CauseKind, Confidence, Ref, Standing
from netaudit.attribute.observed.unify import address_in, binding_in
from netaudit.attribute.podman.names import network_hash, short_id, subnet_name
from netaudit.attribute.podman.subjects import NETAVARK
from netaudit.attribute.reason import AttributionReason, AttributionReasonKind
from netaudit.attribute.signatures.signature import Signature, SubjectKind
from netaudit.model.docker import Container, Inventory, Network
from netaudit.model.netfilter.family import IP_FAMILIES
from netaudit.model.netfilter.ruleset import ObjectKind

_Values = Mapping[str, str]
_PORTS = frozenset({SubjectKind.PORT_BINDING, SubjectKind.PORT_RANGE})


class PodmanJudge:
    """Attributes what a signature of netavark's fits; `now` and `earlier` are Podman's parts of inventories."""

    def __init__(self, now: Inventory, earlier: Inventory | None) -> None:
        self._now = now
        self._known = [one for one in (now, earlier) if one is not None]

    def attribute(self, signature: Signature, values: _Values) -> Attribution:
        """Return who wrote a rule, what for, and why it still stands there."""
        return Attribution(
            confidence=Confidence.LIKELY,
            maker=signature.maker,
            signature=signature.id,
            purpose=signature.purpose,
            causes=(self._cause(signature, values),),
            standing=self._standing(signature, values),
            reason=self._reason(signature, values),
        )

    def _standing(self, signature: Signature, values: _Values) -> Standing:
        if signature.kept or self._is_of_network_in_use(signature, values):
            return Standing.EXPECTED
        return Standing.FOREIGN if self._now.partial else Standing.STALE

    def _reason(self, signature: Signature, values: _Values) -> AttributionReason | None:
        if signature.kept or self._is_of_network_in_use(signature, values):
            return None
        if self._now.partial:
            return AttributionReason(AttributionReasonKind.INVENTORY_PARTIAL)
        bridge, address = values.get("bridge", ""), address_in(values)
        if bridge and all(network.bridge != bridge for network in self._now.networks):
            return AttributionReason(AttributionReasonKind.NO_SUCH_BRIDGE, bridge)
        if address and not any(True for _ in _at(self._now, address)):
            return AttributionReason(AttributionReasonKind.NO_SUCH_ADDRESS, address)
        return AttributionReason(AttributionReasonKind.NOT_EXPECTED)

    def _is_of_network_in_use(self, signature: Signature, values: _Values) -> bool:
        """Return whether it is a chain that goes with the network's last container, whatever that publishes."""
        network = self._network(values) if signature.object is ObjectKind.CHAIN else None
        if network is None:
            return False
        running = (one for one in self._now.containers if one.running)
        return any(end.network_id == network.id for one in running for end in one.endpoints)

    def _cause(self, signature: Signature, values: _Values) -> Cause:
        if signature.subject is SubjectKind.DAEMON:
            return NETAVARK
        network = self._network(values)
        ref = Ref(network.id, network.name) if network else Ref("", values.get("bridge") or "unknown")
        if signature.subject not in _PORTS:
            return Cause(CauseKind.NETWORK, network=ref)
        owner = self._owner(values)
        who = Ref(owner.id, owner.name) if owner else Ref(values.get("owner", ""), address_in(values) or "unknown")
        return Cause(CauseKind.PORT_BINDING, who, ref, binding_in({**values, **_first_port(values)}))

    def _network(self, values: _Values) -> Network | None:
        every = (network for inventory in self._known for network in inventory.networks)
        return next((network for network in every if _is_named(network, values)), None)

    def _owner(self, values: _Values) -> Container | None:
        address, owner = address_in(values), values.get("owner", "")
        for inventory in self._known:
            for one in inventory.containers:
                if (owner and one.id == owner) or (address and one in _at(inventory, address)):
                    return one
        return None


def _is_named(network: Network, values: _Values) -> bool:
    """Return whether what a rule's holes hold names a network."""
    names = {
        "bridge": {network.bridge},
        "network_id": {short_id(network.id)},
        "network_hash": {network_hash(network.name)},
        "subnet": {network.subnet_of(family) for family in IP_FAMILIES},
        "subnet_name": {subnet_name(network.subnet_of(family)) for family in IP_FAMILIES},
    }
    held = [(hole, values[hole]) for hole in names if values.get(hole)]
    return bool(held) and all(value in names[hole] for hole, value in held)


def _at(inventory: Inventory, address: str) -> list[Container]:
    return [one for one in inventory.containers if any(address in (end.ipv4, end.ipv6) for end in one.endpoints)]


def _first_port(values: _Values) -> dict[str, str]:
    """Return the first port of a range."""
    ports, inner = values.get("ports", ""), values.get("target_ports", "")
    first = ports.replace(":", "-").partition("-")[0]
    return {"host_port": first, "container_port": inner.partition("-")[0] or first} if ports else {}
