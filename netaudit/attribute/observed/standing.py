"""What a rule is that looks like Docker's and that nothing in the inventory asks for: left behind, or typed by hand.

A rule is stale only with proof: it stands in a chain that Docker owns, or what it names is gone. What a hand can type
as well as an older engine, and what another daemon on the same host may use, is ambiguous.
"""

from collections.abc import Mapping
from enum import Enum, auto

import msgspec

from netaudit.attribute.attribution import Standing
from netaudit.attribute.observed.docker_evidence import DockerEvidence
from netaudit.attribute.observed.present import SWARM_KINDS, PresentEngine, PresentHost, is_generated
from netaudit.attribute.observed.unify import address_in, link_addresses_in
from netaudit.attribute.reason import AttributionReason, AttributionReasonKind
from netaudit.attribute.signatures.network_facts import network_facts
from netaudit.attribute.signatures.signature import ASSUMED_FACTS, Applies, Signature, SubjectKind
from netaudit.model.docker import Network
from netaudit.model.netfilter.ruleset import Backend, Item

Values = Mapping[str, str]
_OF_CONTAINERS = frozenset({SubjectKind.ENDPOINT, SubjectKind.PORT_BINDING, SubjectKind.LINK})


class Author(Enum):
    """Who wrote a rule that looks like Docker's."""

    DOCKER = auto()
    DOCKER_OR_OPERATOR = auto()
    OPERATOR = auto()


class Judgement(msgspec.Struct, frozen=True):
    """The author of a rule, how it stands, and why."""

    author: Author
    standing: Standing
    reason: AttributionReason


class Judge:
    """Judges the rules of one snapshot that nothing expects.

    `backend` is the one that the engine writes to; `unmanaged` are the families in which it writes no rules.
    """

    def __init__(
        self,
        evidence: DockerEvidence,
        engine: PresentEngine,
        host: PresentHost,
        backend: Backend | None,
        unmanaged: frozenset[str],
    ) -> None:
        self._evidence = evidence
        self._engine = engine
        self._host = host
        self._backend = backend
        self._unmanaged = unmanaged

    def judge(self, signature: Signature, values: Values, item: Item) -> Judgement:
        """Judge a rule that a signature of Docker's fits."""
        if self._may_be_asked_for(signature, values, item):
            reason = AttributionReason(AttributionReasonKind.INVENTORY_LACKS_IT)
            return Judgement(Author.DOCKER, Standing.EXPECTED, reason)
        if operators := self._why_operators(signature, values, item):
            return Judgement(Author.OPERATOR, Standing.FOREIGN, operators)
        if doubt := self._why_doubtful(signature, values, item):
            return Judgement(Author.DOCKER_OR_OPERATOR, Standing.FOREIGN, doubt)
        return Judgement(Author.DOCKER, Standing.STALE, self.stale_reason(signature, values))

    def applies(self, signature: Signature) -> Applies:
        """Return whether the present engine writes such a rule for anything."""
        return self._engine.applies(signature)

    def stale_reason(self, signature: Signature, values: Values) -> AttributionReason:
        """Return why nothing expects a rule that Docker once wrote."""
        if self._engine.is_of_other_version(signature):
            return AttributionReason(AttributionReasonKind.OTHER_ENGINE, self._engine.version)
        if self._engine.lacks_swarm_of(signature):
            return AttributionReason(AttributionReasonKind.NO_SWARM)
        bridge, address = values.get("bridge", ""), address_in(values)
        if bridge and self._host.network(bridge) is None:
            return AttributionReason(AttributionReasonKind.NO_SUCH_BRIDGE, bridge)
        if address and not self._host.has_container(address):
            return AttributionReason(AttributionReasonKind.NO_SUCH_ADDRESS, address)
        if self._engine.applies(signature) is Applies.NO:
            return AttributionReason(AttributionReasonKind.OPTIONS_EXCLUDE_IT)
        return AttributionReason(AttributionReasonKind.NOT_EXPECTED)

    def _may_be_asked_for(self, signature: Signature, values: Values, item: Item) -> bool:
        """Return whether something that the inventory does not tell may ask for a rule."""
        if item.family in self._unmanaged:
            return False
        if signature.subject is SubjectKind.LINK and not all(map(self._host.has_container, link_addresses_in(values))):
            return False
        other_backend = signature.subject in SWARM_KINDS and item.backend is not self._backend
        if signature.open or other_backend:
            return self._engine.applies(signature) is not Applies.NO
        network = self._host.network(values.get("bridge", ""))
        if signature.subject is not SubjectKind.DAEMON and not (signature.subject is SubjectKind.NETWORK and network):
            return False
        return self._engine.applies_to(signature, network, item.family) is Applies.UNKNOWN

    def _why_operators(self, signature: Signature, values: Values, item: Item) -> AttributionReason | None:
        """Return what proves that Docker did not write a rule."""
        network = self._host.network(values.get("bridge", ""))
        if network is None or item.family in self._unmanaged:
            return None
        if self._engine.sweeps(signature) and item.backend is self._backend:
            return AttributionReason(AttributionReasonKind.ENGINE_SWEEPS_IT, self._engine.version)
        if is_generated(network.bridge) and _never_applies(signature, network, item.family):
            return AttributionReason(AttributionReasonKind.NETWORK_EXCLUDES_IT, network.name)
        return None

    def _why_doubtful(self, signature: Signature, values: Values, item: Item) -> AttributionReason | None:
        """Return why a hand, or another daemon, may have written a rule as well as this Docker."""
        elsewhere = self._host.foreign_interface(values.get("bridge", ""), address_in(values))
        if elsewhere:
            return AttributionReason(AttributionReasonKind.BRIDGE_ELSEWHERE, elsewhere)
        if self._is_gone(signature, values) or (
            item.family not in self._unmanaged and self._is_marked(signature, item)
        ):
            return None
        if self._engine.is_of_other_version(signature):
            return AttributionReason(AttributionReasonKind.TYPED_OR_OTHER_ENGINE, self._engine.version)
        return AttributionReason(AttributionReasonKind.TYPED_OR_LEFT)

    def _is_marked(self, signature: Signature, item: Item) -> bool:
        """Return whether a rule bears a mark that only Docker makes.

        In a chain of Docker's stand rules for containers that people copied from the web: an older engine's form of
        them, for a container that is there, proves nothing.
        """
        if signature.subject in _OF_CONTAINERS and self._engine.applies(signature) is Applies.NO:
            return False
        return signature.distinctive or self._evidence.is_in_own_chain(item)

    def _is_gone(self, signature: Signature, values: Values) -> bool:
        """Return whether what a rule names is surely gone, so that it does nothing for anybody."""
        bridge, address = values.get("bridge", ""), address_in(values)
        if is_generated(bridge) and self._host.network(bridge) is None:
            return True
        if not address or signature.subject in SWARM_KINDS or self._host.has_container(address):
            return False
        return self._engine.applies(signature) is not Applies.NO


def _never_applies(signature: Signature, network: Network, family: str) -> bool:
    """Return whether no engine writes a rule for a network: what a network is made with does not change."""
    facts = {**ASSUMED_FACTS, **network_facts(network, family)}
    return all(alternative.excludes(facts) for alternative in signature.alternatives)
