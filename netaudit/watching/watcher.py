"""The loop of `netaudit watch`: wake, wait until quiet, look, keep, tell.

A look costs processor time, so the pause before the next one grows with what looks cost: a host that changes without a
pause is looked at less often, and nothing of it is lost, for what the kernel and the engine tell is kept meanwhile.
"""

from collections.abc import Callable
from time import monotonic

import msgspec

from netaudit.collect.asking.options import Where
from netaudit.collect.collector import collect
from netaudit.collect.following.follower import Follower, Quiet
from netaudit.errors import HistoryError
from netaudit.history import History
from netaudit.model.facts import RULE_SOURCES, Facts
from netaudit.model.history.change import LoggedChange
from netaudit.model.history.look import Look, Origin
from netaudit.model.observation import Observation
from netaudit.timeline.between import changes_between

_QUIET = 0.4  # seconds without a word after which the engine and the kernel have finished
_LONGEST = 5.0  # seconds of words without a pause after which a look is taken all the same
_SHARE = 10  # a look is followed by at least so many times its own length without one, where nothing is quiet
_LEGACY_EVERY = 10.0  # seconds between two looks whether legacy tables changed: no message announces them


class Seen(msgspec.Struct, frozen=True):
    """One look: what it saw, the lines of the log that it made, and why it could not be kept, if so."""

    facts: Facts
    changes: tuple[LoggedChange, ...]
    look: Look | None = None
    failed: str = ""

    @property
    def readable(self) -> bool:
        """Whether any rules could be read."""
        return any(source in self.facts.files for source in RULE_SOURCES)


class Watcher:
    """Looks at this host until it is told to stop; `tell` is called after each look.

    It returns after how many seconds it wants another look at the latest, 0 for no such wish.
    """

    def __init__(self, history: History, where: Where, every: float, tell: Callable[[Seen], float]) -> None:
        self._history = history
        self._where = where
        self._every = every
        self._tell = tell
        self._before: Facts | None = None
        self._waiting: tuple[Observation, ...] = ()
        self._length = 0.0
        self.idle = False  # it waits, and may be interrupted

    def run(self, beat: Callable[[], bool]) -> None:
        """Look until `beat`, which is called at least every few seconds, says that it is enough."""
        with Follower(self._where) as follower:
            due = self._look(follower)
            while beat():
                if self._await(follower, due) or follower.legacy_changed() or monotonic() >= due:
                    due = self._look(follower)

    def _await(self, follower: Follower, due: float) -> bool:
        """Wait for a word of change, and then until nothing more is told; tell whether there was one."""
        self.idle = True
        woken = follower.wait(min(_LEGACY_EVERY, self._every, max(due - monotonic(), 0.0)))
        if woken:
            Quiet(follower, _QUIET, max(_LONGEST, _SHARE * self._length)).wait()
        self.idle = False
        return woken

    def _look(self, follower: Follower) -> float:
        """Look, and return when the next look is due."""
        start = monotonic()
        wanted = self._tell(self._see(follower))
        self._length = monotonic() - start
        return monotonic() + (min(wanted, self._every) or self._every)

    def _see(self, follower: Follower) -> Seen:
        facts = collect(self._where)
        observation = follower.take(facts)
        if not any(source in facts.files for source in RULE_SOURCES):
            self._waiting = (*self._waiting, observation)
            return Seen(facts, (), failed="no program could read the host's rules")
        return self._keep(facts, _joined((*self._waiting, observation)))

    def _keep(self, facts: Facts, observation: Observation) -> Seen:
        """Keep a look with its lines; where that fails, the next look speaks of this interval too."""
        last = self._history.last()
        before = self._before or (self._history.facts(last.number) if last else None)
        first = self._before is None
        changes: tuple[LoggedChange, ...] = ()
        if before is not None and last is not None:
            changes = changes_between(before, facts, last.until, None if first else observation)
        try:
            look = self._history.add(facts, Origin.WATCH, changes if changes or first else None)
        except HistoryError as error:
            self._waiting = (observation,)
            return Seen(facts, changes, failed=error.message)
        self._before, self._waiting = facts, ()
        return Seen(facts, changes, look)


def _joined(observations: tuple[Observation, ...]) -> Observation:
    """Make one observation of several that follow one another."""
    if len(observations) == 1:
        return observations[0]
    return Observation(
        tuple(one for some in observations for one in some.commits),
        tuple(one for some in observations for one in some.events),
        observations[0].before,
        observations[-1].after,
        next((one.blind for one in observations if one.blind), ""),
        tuple(one for some in observations for one in some.replaced),
        any(one.engine_away for one in observations),
    )
