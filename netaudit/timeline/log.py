"""A history -> the lines of its log, worked out where nobody has yet, and those that are asked for."""

from collections.abc import Iterator

import msgspec

from netaudit.api.hosts import compare
from netaudit.attribute.attribution import AttributedDiff
from netaudit.attribute.exposure.compute import ComputeExposure
from netaudit.attribute.observed.writers import tell_writers
from netaudit.history import History
from netaudit.model.facts import Facts
from netaudit.model.history.change import LoggedChange
from netaudit.model.history.look import Look
from netaudit.model.observation import Observation
from netaudit.timeline.addresses import moved_sources
from netaudit.timeline.lines import Interval, Lines
from netaudit.timeline.neighbours import with_neighbours

NOT_WATCHED = "nobody watched between these two looks"


class Entry(msgspec.Struct, frozen=True):
    """One line of a log, and the look that it leads to; `place` counts the lines of that look, from 1."""

    look: Look
    place: int
    change: LoggedChange


def changes_between(
    before: Facts, after: Facts, since: str, observation: Observation | None = None
) -> tuple[LoggedChange, ...]:
    """Say what changed between two recordings; without an observation nobody listened meanwhile."""
    heard = with_neighbours(observation) if observation else Observation(blind=NOT_WATCHED)
    diff = tell_writers(compare(before, after, ComputeExposure.WHEN_QUICK), heard)
    return changes_of_diff(before, after, since, diff, heard if observation else Observation())


def changes_of_diff(
    before: Facts, after: Facts, since: str, diff: AttributedDiff, observation: Observation
) -> tuple[LoggedChange, ...]:
    """Say what changed where that was attributed already, and its writers are known."""
    interval = Interval(since, after.taken_at, moved_sources(before, after))
    return Lines(interval, observation).gather(diff)


def entries(history: History, first: int = 1) -> Iterator[Entry]:
    """Give the lines of a history from a look on, oldest first."""
    every = history.list_all()
    for before, look in zip((None, *every), every, strict=False):
        if look.number < first or before is None:
            continue
        for place, change in enumerate(changes_of(history, before, look), 1):
            yield Entry(look, place, change)


def changes_of(history: History, before: Look, look: Look) -> tuple[LoggedChange, ...]:
    """Return the lines of one look: as they were kept, else worked out from the look before it."""
    known = history.changes(look.number)
    if known is not None:
        return known
    return changes_between(history.facts(before.number), history.facts(look.number), before.until)
