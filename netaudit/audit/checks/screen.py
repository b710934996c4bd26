"""Which checks of a kind a subject has to be put to at all.

Most conditions are false by a few words alone, and subjects are much alike in those: of the 300 cells of a host, some
20 differ. So each combination of words is put to all checks once; what is false by words alone stays false whatever
lists, numbers and doubts are added.
"""

from collections.abc import Collection, Sequence
from operator import attrgetter

import msgspec

from netaudit.audit.checks.check import Check
from netaudit.audit.checks.condition import FactTypes, KnownFacts
from netaudit.errors import NetauditError

_MOST = 2000  # combinations that are remembered


class Screen:
    """The checks of one kind of subjects; remembers which of them a combination of words leaves open."""

    def __init__(self, checks: Sequence[Check], types: FactTypes) -> None:
        self._checks, self._types, kinds = tuple(checks), types, dict(types)
        read = (name for check in checks for name in check.condition.reads)
        self._names = tuple(name for name in dict.fromkeys(read) if kinds[name] in (bool, str))
        # Of one name, `attrgetter` gives the value itself: so it is asked for once more than there is need.
        self._words = attrgetter(*self._names, self._names[0]) if self._names else None
        self._open: dict[tuple[object, ...], tuple[Check, ...]] = {}

    def left(self, facts: msgspec.Struct, unsure: Collection[str]) -> tuple[Check, ...]:
        """Return the checks that may hold for a subject; `unsure` are facts that prove nothing."""
        if self._words is None:
            return self._checks
        words = self._words(facts)
        if unsure:
            words = tuple(
                None if name in unsure else word for name, word in zip((*self._names, ""), words, strict=True)
            )
        known = self._open.get(words)
        if known is None:
            if len(self._open) >= _MOST:
                self._open.clear()
            known = self._open[words] = self._find(words)
        return known

    def _find(self, words: tuple[object, ...]) -> tuple[Check, ...]:
        known = dict(zip(self._names, words, strict=False))
        seen = KnownFacts({name: word for name, word in known.items() if word is not None}, self._types)
        return tuple(check for check in self._checks if not _is_false(check, seen))


def _is_false(check: Check, seen: KnownFacts) -> bool:
    """Tell whether a condition is false by what is seen; one that fails is asked again with all that is known."""
    try:
        return check.condition.holds(seen) is False
    except NetauditError:
        return False
