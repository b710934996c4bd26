"""Entries of a policy, and looks at one host, one after the other -> whether one of them has a verdict."""

import datetime as dt

import msgspec

from netaudit.attribute.attribution import UNATTRIBUTED
from netaudit.model.facts import Facts
from netaudit.packets.sets.stock import SpaceStock
from netaudit.parse import parse_snapshot
from netaudit.parse.reading.cache import Known
from netaudit.policy.alone import judge_alone
from netaudit.policy.entry import Entry
from netaudit.policy.verdict import Judged, Verdict


class Answer(msgspec.Struct, frozen=True):
    """Whether something is so, None where nobody can tell, and the entries that this rests on."""

    is_so: bool | None
    judged: tuple[Judged, ...] = ()


class Question:
    """Asks whether an entry has a verdict; what looks have in common is read and computed once."""

    def __init__(self, entries: tuple[Entry, ...], wanted: Verdict, today: dt.date) -> None:
        self._entries, self._wanted, self._today = entries, wanted, today
        self._known, self._spaces = Known(), SpaceStock()

    def ask(self, facts: Facts) -> Answer:
        """Answer for one look. Raises ParseError for damaged facts."""
        snapshot = parse_snapshot(facts, self._known)
        with self._spaces:
            judged = judge_alone(snapshot, self._entries, lambda _: UNATTRIBUTED, self._today)
        by_verdict = {one: tuple(each for each in judged if each.verdict is one) for one in Verdict}
        if by_verdict[self._wanted]:
            return Answer(is_so=True, judged=by_verdict[self._wanted])
        if by_verdict[Verdict.UNDECIDED]:
            return Answer(is_so=None, judged=by_verdict[Verdict.UNDECIDED])
        return Answer(is_so=False, judged=by_verdict[Verdict.VACUOUS])
