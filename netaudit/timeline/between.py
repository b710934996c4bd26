"""Two recordings of a host -> the lines of what changed between them."""

from netaudit.api.hosts import compare
from netaudit.attribute.attribution import AttributedDiff
from netaudit.attribute.exposure.became import Became
from netaudit.attribute.exposure.compute import ComputeExposure
from netaudit.attribute.observed.writers import tell_writers
from netaudit.model.facts import Facts
from netaudit.model.history.change import LoggedChange
from netaudit.model.observation import Observation
from netaudit.parse.engines import parse_engines
from netaudit.timeline.addresses import moved_sources
from netaudit.timeline.lines import Interval, Lines
from netaudit.timeline.neighbours import with_neighbours

NOT_WATCHED = "nobody watched between these two looks"


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
    became = _became(before, after) if not observation.events else Became(None, None)
    return Lines(interval, observation, became).gather(diff)


def _became(before: Facts, after: Facts) -> Became:
    return Became(*(parse_engines(one)[0] for one in (before, after)))
