"""The answer of a condition for one subject, where some of its facts have two bounds.

What cannot be decided about packets is open or closed, and a condition is asked for both. It holds where it holds
either way. Where it holds if all that is undecided is open, the problem stands, and is not certain: what may be open
never counts as closed. Where only some other mixture makes it hold, nobody knows.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import Enum, auto
from itertools import product

import msgspec

from netaudit.audit.checks.condition import Condition, FactTypes, KnownFacts
from netaudit.model.reason import Reason


class Answer(Enum):
    """What a condition says of a subject."""

    YES = auto()
    IN_DOUBT = auto()  # it holds unless something that is not known stops the packets
    UNKNOWN = auto()
    NO = auto()


class Doubt(msgspec.Struct, frozen=True):
    """A fact that cannot be decided: its value if what is undecided is open, if it is closed, and others; and why."""

    name: str
    opened: object
    closed: object
    reasons: tuple[Reason, ...] = ()
    others: tuple[object, ...] = ()

    @property
    def values(self) -> tuple[object, ...]:
        """All values that it may have; the open one is the first."""
        return (self.opened, self.closed, *self.others)


class BoundedFacts(msgspec.Struct, frozen=True):
    """What is known of one subject: `known` are its facts, `seen` the same as conditions read them."""

    known: Mapping[str, object]
    seen: KnownFacts
    types: FactTypes
    doubts: tuple[Doubt, ...] = ()

    def concerning(self, condition: Condition) -> tuple[Doubt, ...]:
        """Return the doubts about facts that a condition reads."""
        return tuple(one for one in self.doubts if one.name in condition.reads)

    def without(self, names: Collection[str]) -> "BoundedFacts":
        """Return what is known without some facts; the same where none is left out."""
        if not names:
            return self
        known = {name: value for name, value in self.known.items() if name not in names}
        return bound_facts(known, self.types, tuple(one for one in self.doubts if one.name not in names))

    def shown(self) -> dict[str, object]:
        """Return the facts as sentences show them: what is not certain says so."""
        return {**self.known, **{one.name: _shown(one) for one in self.doubts if isinstance(one.opened, list)}}

    def answer(self, condition: Condition) -> Answer:
        """Ask a condition. Raises NetauditError where it fails."""
        doubts = self.concerning(condition) if self.doubts else ()
        if not doubts:
            return _ANSWERS[condition.holds(self.seen)]
        if self._is_about_doubt(doubts) and condition.holds(self.seen):
            return Answer.YES
        answers = [condition.holds(KnownFacts({**self.known, **world}, self.types)) for world in _worlds(doubts)]
        if len(set(answers)) == 1:
            return _ANSWERS[answers[0]]
        return Answer.IN_DOUBT if answers[0] else Answer.UNKNOWN

    def _is_about_doubt(self, doubts: Iterable[Doubt]) -> bool:
        """Tell whether a fact has a word of its own for the doubt, which a condition may ask for: `may`."""
        return any(self.known.get(one.name) not in one.values for one in doubts)


def _shown(doubt: Doubt) -> list[str]:
    opened, closed = doubt.opened, doubt.closed
    assert isinstance(opened, list)  # noqa: S101 (the caller asked)
    assert isinstance(closed, list)  # noqa: S101 (a fact has one type)
    return [one if one in closed else f"{one} (not certain)" for one in opened]


_ANSWERS: Mapping[bool | None, Answer] = {True: Answer.YES, False: Answer.NO, None: Answer.UNKNOWN}


def bound_facts(said: Mapping[str, object], types: FactTypes, doubts: tuple[Doubt, ...] = ()) -> BoundedFacts:
    """Make the facts of a subject ready for all conditions of its kind."""
    return BoundedFacts(said, KnownFacts(said, types), types, doubts)


def _worlds(doubts: tuple[Doubt, ...]) -> Iterator[dict[str, object]]:
    """Mix the values of doubtful facts; first all are open."""
    for values in product(*(one.values for one in doubts)):
        yield {one.name: value for one, value in zip(doubts, values, strict=True)}
