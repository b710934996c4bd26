"""Rules that nothing expects: one that a signature fits is stale or another maker's, all others are unattributed.

A generic rule is no evidence: any administrator may write `-A FORWARD -i br0 -o br0 -j ACCEPT`. A signature counts
only where something in the rule is its maker's own: a chain, a bridge's name, an address of its networks.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from netaudit.attribute.attribution import (
    UNATTRIBUTED,
    Attribution,
    Cause,
    CauseKind,
    Confidence,
    Ref,
    Standing,
)
from netaudit.attribute.observed.docker_addresses import ChainKey, Chains
from netaudit.attribute.observed.docker_evidence import DockerEvidence
from netaudit.attribute.observed.unify import address_in, binding_in, is_owned, unify
from netaudit.attribute.reason import AttributionReason, AttributionReasonKind
from netaudit.attribute.signatures.signature import Applies, Catalog, Owned, Signature, SubjectKind, Value
from netaudit.model.docker import Inventory
from netaudit.model.netfilter.ruleset import Item, ObjectKind
from netaudit.model.version import Version

OPERATOR = Cause(CauseKind.OTHER, name="the operator or another program")

# A base chain accepts by default: nobody needs to have set that policy.
_KERNEL_DEFAULT = Attribution(
    confidence=Confidence.LIKELY,
    maker="kernel",
    purpose="Accepts what no rule decided, as every base chain does unless told otherwise.",
    causes=(Cause(CauseKind.OTHER, name="the kernel's default"),),
)


class Recogniser:
    """Reads the signatures backwards: from a rule to its maker.

    `known` are the inventories of this host, now and before; `facts` are the daemon's options.
    """

    def __init__(
        self,
        catalog: Catalog,
        known: tuple[Inventory | None, Inventory | None],
        rules: Chains,
        facts: Mapping[str, Value],
    ) -> None:
        self._facts = facts
        self._owned = catalog.owned
        self._rules = rules
        self._texts: dict[ChainKey, frozenset[str]] = {}
        self._index: dict[tuple[str, str], list[Signature]] = {}
        self._by_table: dict[str, list[Signature]] = {}
        for signature in catalog.signatures:
            if signature.chain.holes:
                self._by_table.setdefault(signature.table, []).append(signature)
            else:
                self._index.setdefault((signature.table, signature.chain.text), []).append(signature)
        self._evidence = DockerEvidence(*known, rules)

    def recognise(self, item: Item) -> Attribution:
        """Attribute an object that nothing expects."""
        if item.object is ObjectKind.POLICY and item.text.lower().endswith(" accept"):
            return _KERNEL_DEFAULT
        found = list(self._candidates(item))
        makers = {signature.maker for signature, _ in found}
        if len(makers) == 1:
            return self._attribute(*min(found, key=lambda one: not self._is_current(one[0])))
        if makers:
            return _ambiguous([self._attribute(*candidate) for candidate in found])
        return next((_owned(owned) for owned in self._owned if is_owned(item, owned)), UNATTRIBUTED)

    def _candidates(self, item: Item) -> Iterator[tuple[Signature, Mapping[str, str]]]:
        indexed = self._index.get((item.table, item.chain), [])
        for signature in [*indexed, *self._by_table.get(item.table, [])]:
            if (
                item.backend in signature.backends
                and item.family in signature.families
                and item.object is signature.object
            ):
                values = unify(signature, item)
                if values is not None and self._is_own(signature, item, values):
                    yield signature, values

    def _stands_beside(self, signature: Signature, item: Item, values: Mapping[str, str]) -> bool:
        """Return whether the rule that a signature must stand beside is there."""
        if signature.beside is None:
            return True
        key = (item.backend, item.family, item.table, item.chain)
        if key not in self._texts:
            self._texts[key] = frozenset(rule.text for rule in self._rules.get(key, ()))
        return signature.beside.fill(values) in self._texts[key]

    def _is_own(self, signature: Signature, item: Item, values: Mapping[str, str]) -> bool:
        """Return whether something in the rule is its maker's own."""
        if not all(re.fullmatch(pattern, values[hole]) for hole, pattern in signature.narrow if hole in values):
            return False
        if not self._stands_beside(signature, item, values):
            return False
        if signature.object is ObjectKind.POLICY:
            return self._evidence.has_docker
        if signature.maker != "docker" or signature.distinctive or signature.object is not ObjectKind.RULE:
            return True
        return self._is_dockers(item, values)

    def _is_dockers(self, item: Item, values: Mapping[str, str]) -> bool:
        """Return whether a rule names something of Docker's: a bridge, a chain, or a container's address."""
        bridge = values.get("bridge")
        if bridge is not None:
            return self._evidence.addresses.has_bridge(bridge)
        if self._evidence.is_in_own_chain(item.chain, item.text):
            return True
        if "trusted" in values and not self._evidence.trusts(values["trusted"]):
            return False
        if address := address_in(values):
            return self._evidence.addresses.includes(address, item.family)
        return item.chain == "DOCKER-USER"

    def _attribute(self, signature: Signature, values: Mapping[str, str]) -> Attribution:
        if signature.object is ObjectKind.POLICY:
            both = (Cause(CauseKind.DAEMON), OPERATOR)
            return _make(
                signature,
                both,
                Confidence.AMBIGUOUS,
                Standing.FOREIGN,
                AttributionReason(AttributionReasonKind.POLICY_UNSIGNED),
            )
        if signature.chain.text == "DOCKER-USER" and self._evidence.inventories:
            both = (Cause(CauseKind.DAEMON), OPERATOR)
            reason = AttributionReason(AttributionReasonKind.OPERATORS_CHAIN)
            return _make(signature, both, Confidence.AMBIGUOUS, Standing.FOREIGN, reason)
        if signature.subject is SubjectKind.OTHER:
            return _make(signature, (_maker(signature.maker),), Confidence.LIKELY, Standing.FOREIGN, None)
        standing, reason = self._standing(signature, values)
        return _make(signature, (self._cause(signature, values),), Confidence.LIKELY, standing, reason)

    def _standing(self, signature: Signature, values: Mapping[str, str]) -> tuple[Standing, AttributionReason]:
        if self._evidence.now is None:
            return Standing.FOREIGN, AttributionReason(AttributionReasonKind.INVENTORY_UNKNOWN)
        if any(inventory.partial for inventory in self._evidence.inventories):
            return Standing.FOREIGN, AttributionReason(AttributionReasonKind.INVENTORY_PARTIAL)
        if signature.open and self._applies(signature) is not Applies.NO:
            return Standing.EXPECTED, AttributionReason(AttributionReasonKind.INVENTORY_LACKS_IT)
        return Standing.STALE, self._stale_reason(self._evidence.now, signature, values)

    def _cause(self, signature: Signature, values: Mapping[str, str]) -> Cause:
        """Build the cause from what the holes hold, as far as an inventory knows it."""
        bridge = values.get("bridge", "")
        address = address_in(values)
        owner, end = self._evidence.owner(address)
        network = self._evidence.network(bridge, end) or self._evidence.overlay(_vxlan_id(values))
        kind = _CAUSES[signature.subject]
        if kind is CauseKind.DAEMON:
            return Cause(kind)
        if kind is CauseKind.OTHER:
            port = values.get("host_port")
            name = f"swarm service port {port}/{values.get('protocol')}" if port else "swarm's routing mesh"
            return Cause(kind, name=name)
        network_ref = Ref(network.id, network.name) if network else Ref("", bridge or "unknown")
        if kind is CauseKind.NETWORK:
            return Cause(kind, network=network_ref)
        container = Ref(owner.id, owner.name) if owner else Ref("", address or "unknown")
        binding = binding_in(values) if kind is CauseKind.PORT_BINDING else None
        return Cause(kind, container=container, network=network_ref, binding=binding)

    def _is_current(self, signature: Signature) -> bool:
        """Return whether the present engine writes rules of a signature."""
        return self._applies(signature) is not Applies.NO

    def _applies(self, signature: Signature) -> Applies:
        """Return whether the present engine, with its options, writes such a rule for anything."""
        now = self._evidence.now
        if now is None:
            return Applies.UNKNOWN
        if signature.subject in _SWARM_KINDS and not now.swarm:
            return Applies.NO
        return signature.applies(Version.parse(now.version), self._facts)

    def _stale_reason(self, now: Inventory, signature: Signature, values: Mapping[str, str]) -> AttributionReason:
        """Return why nothing expects a rule that Docker once wrote."""
        version = Version.parse(now.version)
        if all(alternative.engine.holds(version) is False for alternative in signature.alternatives):
            return AttributionReason(AttributionReasonKind.OTHER_ENGINE, now.version)
        if signature.subject in _SWARM_KINDS and not now.swarm:
            return AttributionReason(AttributionReasonKind.NO_SWARM)
        bridge = values.get("bridge")
        if bridge and all(net.bridge != bridge for net in now.networks):
            return AttributionReason(AttributionReasonKind.NO_SUCH_BRIDGE, bridge)
        address = address_in(values)
        if address and all(address not in (end.ipv4, end.ipv6) for c in now.containers for end in c.endpoints):
            return AttributionReason(AttributionReasonKind.NO_SUCH_ADDRESS, address)
        if self._applies(signature) is Applies.NO:
            return AttributionReason(AttributionReasonKind.OPTIONS_EXCLUDE_IT)
        return AttributionReason(AttributionReasonKind.NOT_EXPECTED)


def _owned(owned: Owned) -> Attribution:
    return Attribution(
        Confidence.LIKELY, owned.maker, owned.id, owned.purpose, (_maker(owned.maker),), Standing.FOREIGN
    )


def _maker(name: str) -> Cause:
    return Cause(CauseKind.OTHER, name=name)


def _make(
    signature: Signature,
    causes: tuple[Cause, ...],
    confidence: Confidence,
    standing: Standing,
    reason: AttributionReason | None,
) -> Attribution:
    return Attribution(confidence, signature.maker, signature.id, signature.purpose, causes, standing, reason)


def _ambiguous(candidates: list[Attribution]) -> Attribution:
    causes = tuple(dict.fromkeys(cause for candidate in candidates for cause in candidate.causes))
    first = candidates[0]
    return msgspec.structs.replace(
        first,
        confidence=Confidence.AMBIGUOUS,
        causes=causes,
        reason=AttributionReason(AttributionReasonKind.SEVERAL_MAKERS),
    )


def _vxlan_id(values: Mapping[str, str]) -> int:
    return int(values.get("vxlan_id", 0)) or int(values.get("vni") or values.get("vni_hex") or "0", 0) >> 8


_SWARM_KINDS = frozenset({SubjectKind.INGRESS, SubjectKind.SERVICE_PORT, SubjectKind.OVERLAY})
_CAUSES: Mapping[SubjectKind, CauseKind] = {
    SubjectKind.DAEMON: CauseKind.DAEMON,
    SubjectKind.NETWORK: CauseKind.NETWORK,
    SubjectKind.ENDPOINT: CauseKind.ENDPOINT,
    SubjectKind.PORT_BINDING: CauseKind.PORT_BINDING,
    SubjectKind.LINK: CauseKind.ENDPOINT,
    SubjectKind.INGRESS: CauseKind.OTHER,
    SubjectKind.SERVICE_PORT: CauseKind.OTHER,
    SubjectKind.OVERLAY: CauseKind.NETWORK,
    SubjectKind.OTHER: CauseKind.OTHER,
}
