"""A question and two looks that answer it differently -> the look at which the answer turned."""

from collections.abc import Callable, Sequence

import msgspec

from netaudit.errors import SubjectError
from netaudit.history import History
from netaudit.model.facts import Facts
from netaudit.model.history.look import Look
from netaudit.report.text.findings.assertion import judged_proofs
from netaudit.timeline.log import Entry, changes_of
from netaudit.timeline.verdicts import Answer

_NAMED = 2  # entries of an answer


class Turned(msgspec.Struct, frozen=True):
    """The last look before and the first look after the turn, what changed between them, and how many were asked.

    `unknown` are the looks between the two of which nobody can tell, and `why` not.
    """

    before: Look
    after: Look
    entries: tuple[Entry, ...]
    asked: int
    unknown: tuple[Look, ...] = ()
    why: str = ""


def bisect(history: History, good: Look, bad: Look, ask: Callable[[Facts], Answer]) -> Turned:
    """Find a change at which the answer turned, by halves. Raises SubjectError where both ends answer alike."""
    every = history.list_all()
    between = [one for one in every if good.number <= one.number <= bad.number]
    if len(between) < 2:
        raise SubjectError("there is nothing between these two looks", hint="give --good an earlier look")
    answers = _Answers(history, ask)
    _expect(answers.at(good), good, so=False)
    _expect(answers.at(bad), bad, so=True)
    low, high = _halve(between, answers)
    before, after, unknown = between[low], between[high], tuple(between[low + 1 : high])
    lines = (
        Entry(later, place, one)
        for earlier, later in zip(between[low:high], between[low + 1 : high + 1], strict=True)
        for place, one in enumerate(changes_of(history, earlier, later), 1)
    )
    why = _why(answers.at(unknown[0])) if unknown else ""
    return Turned(before, after, tuple(lines), answers.count, unknown, why)


class _Answers:
    """What was answered; of looks that saw the same, one is asked."""

    def __init__(self, history: History, ask: Callable[[Facts], Answer]) -> None:
        self._history, self._ask = history, ask
        self._known: dict[bytes, Answer] = {}

    @property
    def count(self) -> int:
        """Count the looks that were asked."""
        return len(self._known)

    def at(self, look: Look) -> Answer:
        """Return the answer at a look."""
        state = self._history.state(look.number)
        if state not in self._known:
            self._known[state] = self._ask(self._history.facts(look.number))
        return self._known[state]


def _halve(between: Sequence[Look], answers: _Answers) -> tuple[int, int]:
    """Return the places of two looks that answer differently, and between which nobody can tell."""
    low, high = 0, len(between) - 1
    while True:
        middle = (low + high) // 2
        nearest = sorted(range(low + 1, high), key=lambda at: abs(at - middle))
        found = next((at for at in nearest if answers.at(between[at]).is_so is not None), None)
        if found is None:
            return low, high
        low, high = (low, found) if answers.at(between[found]).is_so else (found, high)


def _expect(answer: Answer, look: Look, *, so: bool) -> None:
    """Refuse an end of the search that does not answer as it has to."""
    if answer.is_so is so:
        return
    option = "--bad" if so else "--good"
    why = f": {_why(answer)}" if answer.judged and not answer.is_so else ""
    if answer.is_so is None:
        raise SubjectError(
            f"nobody can tell whether it was so at look {look.number}{why}", hint=f"give {option} another look"
        )
    if so:
        raise SubjectError(f"it is not so at look {look.number}{why}", hint="give --bad a look at which it was")
    raise SubjectError(f"it was so at look {look.number} already", hint="give --good a look at which it was not")


def _why(answer: Answer) -> str:
    """Say why an entry names nothing, or cannot be decided."""
    said = [f"`{one.entry.text}`: {proof.text}" for one in answer.judged for proof in list(judged_proofs(one))[:1]]
    more = len(said) - _NAMED
    return "; ".join((*said[:_NAMED], *([f"and {more} more"] if more > 0 else [])))
