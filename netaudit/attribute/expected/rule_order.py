"""Rules at a position where they do not work: an ACCEPT behind its bridge's DROP, DOCKER-USER not first."""

from collections.abc import Container, Mapping

from netaudit.attribute.reason import AttributionReason, AttributionReasonKind
from netaudit.attribute.signatures.signature import Signature
from netaudit.attribute.signatures.template import Template
from netaudit.model.netfilter.ruleset import Rule


class RuleOrder:
    """The positions of one chain's rules; `expected` are the texts that Docker writes there."""

    def __init__(self, rules: tuple[Rule, ...], expected: Container[str]) -> None:
        self._rules = rules
        self._expected = expected
        self._first_match: dict[str, int] = {}
        self._first: Mapping[str, int] | None = None

    def first_of(self, text: str) -> int:
        """Return the first position of a text, from 1; 0 where the chain does not have it."""
        if self._first is None:
            last_to_first = zip(range(len(self._rules), 0, -1), reversed(self._rules), strict=True)
            self._first = {rule.text: position for position, rule in last_to_first}
        return self._first.get(text, 0)

    def why_misplaced(self, signature: Signature, text: str, position: int) -> AttributionReason | None:
        """Return why a rule does not work where it stands; None where it does."""
        if signature.first and position > 1:
            return AttributionReason(AttributionReasonKind.NOT_FIRST)
        if signature.before is None or position < self._first_match_of(signature):
            return None
        at = self._limit(signature, signature.before, text)
        return AttributionReason(AttributionReasonKind.BEHIND, str(at)) if 0 < at < position else None

    def _limit(self, signature: Signature, before: Template, text: str) -> int:
        """Return the position of the rule that a rule must stand before: of its own bridge or address, else of any."""
        values = signature.text.unify(text) or {}
        if before.holes <= values.keys():
            return self.first_of(before.fill(values))
        return self._first_match_of(signature)

    def _first_match_of(self, signature: Signature) -> int:
        """Return the first position, of any bridge, that this signature's rules must stand before."""
        assert signature.before  # noqa: S101 (the caller has checked)
        pattern = signature.before
        if pattern.text not in self._first_match:
            own = ((at, rule.text) for at, rule in enumerate(self._rules, 1) if rule.text in self._expected)
            matching = (at for at, text in own if pattern.unify(text) is not None)
            self._first_match[pattern.text] = next(matching, len(self._rules) + 1)
        return self._first_match[pattern.text]
