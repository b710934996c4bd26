"""Rules that nothing expects: one that a signature fits is stale or another maker's, all others are unattributed.

A generic rule is no evidence: any administrator may write `-A FORWARD -i br0 -o br0 -j ACCEPT`. A signature counts
only where something in the rule is its maker's own: a chain, a bridge's name, an address of its networks.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from netaudit.attribute.attribution import (
    KERNEL_MAKER,
    OPERATOR_MAKER,
    UNATTRIBUTED,
    Attribution,
    Cause,
    CauseKind,
    Confidence,
    Standing,
)
from netaudit.attribute.observed.causes import OPERATOR, find_cause
from netaudit.attribute.observed.docker_addresses import ChainKey, Chains
from netaudit.attribute.observed.docker_evidence import DockerEvidence
from netaudit.attribute.observed.indexed import SignatureIndex
from netaudit.attribute.observed.judges import NO_JUDGES, MakersJudge
from netaudit.attribute.observed.owners import Owners
from netaudit.attribute.observed.standing import Author, Judge
from netaudit.attribute.observed.unify import address_in, is_comparable, is_listed, unify
from netaudit.attribute.reason import AttributionReason, AttributionReasonKind
from netaudit.attribute.signatures.signature import Applies, Catalog, Owned, Signature, SubjectKind
from netaudit.model.netfilter.ruleset import Item, ObjectKind

# A base chain accepts by default: nobody needs to have set that policy.
_KERNEL_DEFAULT = Attribution(
    confidence=Confidence.LIKELY,
    maker=KERNEL_MAKER,
    purpose="Accepts what no rule decided, as every base chain does unless told otherwise.",
    causes=(Cause(CauseKind.OTHER, name="the kernel's default"),),
)


class Recogniser:
    """Reads the signatures backwards: from a rule to its maker.

    `judge` tells what stands there without being asked for; None where the inventory cannot tell, for `unknown`.
    `judges` know other makers' inventories.
    """

    def __init__(
        self,
        catalog: Catalog,
        evidence: DockerEvidence,
        rules: Chains,
        judge: Judge | None,
        unknown: AttributionReasonKind = AttributionReasonKind.INVENTORY_UNKNOWN,
        judges: Mapping[str, MakersJudge] = NO_JUDGES,
    ) -> None:
        self._judges = judges
        self._judge = judge
        self._unknown = AttributionReason(unknown)
        self._owners = Owners(catalog.owned)
        self._rules = rules
        self._texts: dict[ChainKey, frozenset[str]] = {}
        self._index = SignatureIndex(catalog.signatures)
        self._evidence = evidence

    def recognise(self, item: Item) -> Attribution:
        """Attribute an object that nothing expects."""
        if item.object is ObjectKind.POLICY and item.text.lower().endswith(" accept"):
            return _KERNEL_DEFAULT
        found = list(self._candidates(item))
        if len(found) == 1:
            return self._attribute(item, *found[0])
        makers = {signature.maker for signature, _ in found}
        if len(makers) == 1:
            return self._attribute(item, *min(found, key=lambda one: not self._is_current(one[0])))
        if makers:
            return _ambiguous([self._attribute(item, *candidate) for candidate in found])
        owned = self._owners.find(item)
        return _owned(owned) if owned else self._unnamed(item)

    def _unnamed(self, item: Item) -> Attribution:
        """Attribute what bears no maker's name."""
        if item.object is ObjectKind.RULE and not is_comparable(item) and self._evidence.is_in_own_chain(item):
            return _NOT_COMPARED
        return _OPERATORS if is_operators(item) else UNATTRIBUTED

    def why_stale(self, item: Item) -> AttributionReason | None:
        """Return why nothing asks for an object that Docker wrote; None where no signature of Docker's fits."""
        found = ((one, values) for one, values in self._candidates(item) if one.maker == "docker")
        best = min(found, key=lambda one: not self._is_current(one[0]), default=None)
        return self._judge.stale_reason(*best) if best and self._judge else None

    def _candidates(self, item: Item) -> Iterator[tuple[Signature, Mapping[str, str]]]:
        for signature in self._index.find(item):
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
        if signature.object is ObjectKind.POLICY and signature.maker == "docker":
            return self._evidence.has_docker
        if signature.maker != "docker" or signature.distinctive or signature.object is not ObjectKind.RULE:
            return True
        return self._is_dockers(item, values)

    def _is_dockers(self, item: Item, values: Mapping[str, str]) -> bool:
        """Return whether a rule names something of Docker's: a bridge, a chain, or a container's address."""
        bridge, own = values.get("bridge"), self._evidence.is_in_own_chain(item)
        if bridge is not None:
            return self._evidence.addresses.has_bridge(bridge) or (own and self._evidence.is_bridge(bridge))
        if own:
            return True
        if "trusted" in values and not self._evidence.trusts(values["trusted"]):
            return False
        if address := address_in(values):
            return self._evidence.addresses.includes(address, item.family)
        if "subnet" in values:  # listed without interfaces
            return self._evidence.addresses.reaches_into(values["subnet"], item.family)
        return item.chain == "DOCKER-USER"

    def _attribute(self, item: Item, signature: Signature, values: Mapping[str, str]) -> Attribution:
        if signature.object is ObjectKind.POLICY and signature.maker == "docker":
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
        if judge := self._judges.get(signature.maker):
            return judge.attribute(signature, values)
        if signature.subject is SubjectKind.OTHER or signature.maker != "docker":
            return _make(signature, (_maker(signature.maker),), Confidence.LIKELY, Standing.FOREIGN, None)
        return self._judged(signature, values, item)

    def _judged(self, signature: Signature, values: Mapping[str, str], item: Item) -> Attribution:
        cause = find_cause(signature, values, self._evidence)
        if self._judge is None or is_listed(item):
            reason = self._unknown if self._judge is None else _NOT_COMPARED.reason
            return _make(signature, (cause,), Confidence.LIKELY, Standing.FOREIGN, reason)
        found = self._judge.judge(signature, values, item)
        match found.author:
            case Author.DOCKER:
                return _make(signature, (cause,), Confidence.LIKELY, found.standing, found.reason)
            case Author.DOCKER_OR_OPERATOR:
                return _make(signature, (cause, OPERATOR), Confidence.AMBIGUOUS, found.standing, found.reason)
            case Author.OPERATOR:
                return operators(found.reason)

    def _is_current(self, signature: Signature) -> bool:
        """Return whether the present engine writes rules of a signature."""
        return self._judge is None or signature.maker != "docker" or self._judge.applies(signature) is not Applies.NO


def operators(reason: AttributionReason) -> Attribution:
    """Attribute a rule to the operator, or to a program that works for the operator."""
    return Attribution(
        confidence=Confidence.LIKELY,
        maker=OPERATOR_MAKER,
        purpose="Was typed by hand, or written by a program that netaudit does not know.",
        causes=(_maker(OPERATOR_MAKER),),
        reason=reason,
    )


def is_operators(item: Item) -> bool:
    """Return whether a rule stands in the chain that Docker leaves to the operator."""
    return item.chain == "DOCKER-USER" and item.object is ObjectKind.RULE


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


_OPERATORS = operators(AttributionReason(AttributionReasonKind.USER_CHAIN))
_NOT_COMPARED = Attribution(
    confidence=Confidence.AMBIGUOUS,
    maker="docker",
    purpose="Stands in a chain of Docker's, or leads to one.",
    causes=(Cause(CauseKind.DAEMON), OPERATOR),
    reason=AttributionReason(AttributionReasonKind.NOT_COMPARED),
)
