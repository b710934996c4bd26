"""Rules that are there, but where they do not work: an ACCEPT behind its bridge's DROP, DOCKER-USER not first."""

from collections.abc import Mapping

from netaudit.attribute.signature import Signature
from netaudit.model.ruleset import Rule


class Places:
    """The places of one chain's rules."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = rules
        self._first_match: dict[str, int] = {}
        self._first: Mapping[str, int] | None = None

    def first_of(self, text: str) -> int:
        """Give the position, from 1, at which a text stands first; 0 where it does not stand."""
        if self._first is None:
            last_to_first = zip(range(len(self._rules), 0, -1), reversed(self._rules), strict=True)
            self._first = {rule.text: position for position, rule in last_to_first}
        return self._first.get(text, 0)

    def why_misplaced(self, signature: Signature, text: str, position: int) -> str:
        """Say why a rule does not work where it stands; "" where it does."""
        if signature.first and position > 1:
            return "it must stand first: the rules above it decide without it"
        if signature.before is None or position < self._first_match_of(signature):
            return ""
        values = signature.text.unify(text) or {}
        border = signature.before.fill(values) if signature.before.holes <= values.keys() else ""
        at = self.first_of(border)
        return f"it stands behind #{at}, which decides before it" if 0 < at < position else ""

    def _first_match_of(self, signature: Signature) -> int:
        """Find where the first rule stands that this signature's rules must stand before, of whatever bridge."""
        assert signature.before  # noqa: S101 (the caller has looked)
        pattern = signature.before
        if pattern.text not in self._first_match:
            matching = (at for at, rule in enumerate(self._rules, 1) if pattern.unify(rule.text) is not None)
            self._first_match[pattern.text] = next(matching, len(self._rules) + 1)
        return self._first_match[pattern.text]
