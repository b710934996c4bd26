"""What became of the entries of a policy on one host."""

from enum import StrEnum

import msgspec

from netaudit.attribute.attribution import AttributedExposure, SnapshotHead
from netaudit.model.reason import Reason
from netaudit.policy.entry import Entry, Policy


class Verdict(StrEnum):
    """Whether an entry is kept."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNDECIDED = "undecided"  # a fact is missing
    VACUOUS = "vacuous"  # something in it names nothing of this host


WORST_FIRST = (Verdict.BROKEN, Verdict.VACUOUS, Verdict.UNDECIDED, Verdict.HOLDS)


class Lack(StrEnum):
    """Why a word of an entry stands for nothing here."""

    NO_MATCH = "no-match"  # nothing is called so
    STOPPED = "stopped"  # the container does not run
    NO_ZONE = "no-zone"  # this host has no such place for packets to come from
    ENDED = "ended"  # the entry's last day is over
    NOTHING_ELSE = "nothing-else"  # a network and its exceptions leave nobody


class Unmatched(msgspec.Struct, frozen=True):
    """A word of an entry that stands for nothing here."""

    word: str
    lack: Lack


class Unmet(msgspec.Struct, frozen=True):
    """Something that ought to be reached, and is not; `cell` has the rule that decides, where there is one."""

    sender: str
    target: str
    cell: AttributedExposure | None = None


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """An entry with its verdict.

    `cells` prove it: what gets through and must not (broken), or may (undecided). `unmet` ought to get through.
    `shared` are containers on several of the networks that are to be isolated.
    """

    entry: Entry
    verdict: Verdict
    cells: tuple[AttributedExposure, ...] = ()
    unmet: tuple[Unmet, ...] = ()
    shared: tuple[str, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()
    missing: tuple[Reason, ...] = ()


class Assertion(msgspec.Struct, frozen=True, kw_only=True):
    """A policy held against a host; `uncovered` is what outsiders and containers reach and no entry speaks of."""

    head: SnapshotHead
    policy: Policy
    judged: tuple[Judged, ...]
    uncovered: tuple[AttributedExposure, ...] = ()

    @property
    def failed(self) -> int:
        """How many entries do not pass: broken and vacuous ones."""
        return self.count(Verdict.BROKEN) + self.count(Verdict.VACUOUS)

    def count(self, verdict: Verdict) -> int:
        """Count the entries of a verdict."""
        return sum(one.verdict is verdict for one in self.judged)
