"""A question and two looks that answer it differently -> the look at which the answer turned."""

from collections.abc import Callable

import msgspec

from netaudit.errors import SubjectError
from netaudit.history import History
from netaudit.model.facts import Facts
from netaudit.model.history.look import Look
from netaudit.timeline.log import Entry, changes_of


class Turned(msgspec.Struct, frozen=True):
    """The last look before and the first look after the turn, what changed between them, and how many were asked."""

    before: Look
    after: Look
    entries: tuple[Entry, ...]
    asked: int


def bisect(history: History, good: Look, bad: Look, is_bad: Callable[[Facts], bool]) -> Turned:
    """Find a change at which the answer turned, by halves. Raises SubjectError where both ends answer alike."""
    between = [one for one in history.list_all() if good.number <= one.number <= bad.number]
    if len(between) < 2:
        raise SubjectError("there is nothing between these two looks", hint="give --good an earlier look")
    if is_bad(history.facts(good.number)):
        raise SubjectError(f"it was so at look {good.number} already", hint="give --good a look at which it was not")
    if not is_bad(history.facts(bad.number)):
        raise SubjectError(f"it is not so at look {bad.number}", hint="give --bad a look at which it was")
    low, high, asked = 0, len(between) - 1, 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_bad(history.facts(between[middle].number)) else (middle, high)
        asked += 1
    before, after = between[low], between[high]
    changes = enumerate(changes_of(history, before, after), 1)
    return Turned(before, after, tuple(Entry(after, place, one) for place, one in changes), asked)
