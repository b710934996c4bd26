"""Two looks, and what was heard between them -> the lines of a log, one for each writer and cause."""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from netaudit.attribute.attribution import AttributedChange, AttributedDiff
from netaudit.attribute.exposure.became import Became
from netaudit.diff import Altered
from netaudit.model.history.change import CauseOf, LoggedCause, LoggedChange, LoggedExposure, LoggedRule
from netaudit.model.observation import DAEMON, DockerEvent, Observation, Process, join_processes
from netaudit.report.text.words import verb
from netaudit.timeline.addresses import Moved
from netaudit.timeline.causes import ENGINE_CAUSE, cause_of, writer_of
from netaudit.timeline.exposure import logged_exposure
from netaudit.timeline.rewritten import Rewritten, find_rewritten

_Key = tuple[CauseOf, str, str, int | None]
_HOST_KEY: _Key = (CauseOf.HOST, "", "", None)
_DIFFERENCES = 6  # that are written out, of a source
RULES_TOO = "rules changed between the same two looks: what opened or closed may be due to them"
_OWN_LINES = (CauseOf.OPERATOR, CauseOf.UNKNOWN)  # each process has a line of its own


class Interval(msgspec.Struct, frozen=True):
    """Between which looks it happened: last seen without it, first seen with it. `moved` differs beside the rules."""

    since: str
    at: str
    moved: tuple[Moved, ...] = ()


class _Line:
    """A line that is being gathered."""

    def __init__(self, cause: LoggedCause) -> None:
        self.cause = cause
        self.changes: list[AttributedChange] = []
        self.rewritten: list[Rewritten] = []
        self.events: Counter[str] = Counter()
        self.times: list[str] = []
        self.exposure: list[LoggedExposure] = []
        self.notes: list[str] = []


class Lines:
    """Gathers what belongs together; `finished` gives the lines in the order of their times."""

    def __init__(self, interval: Interval, observation: Observation, became: Became) -> None:
        self._interval = interval
        self._observation = observation
        self._became = became
        self._lines: dict[_Key, _Line] = {}

    def gather(self, diff: AttributedDiff) -> tuple[LoggedChange, ...]:
        """Return the lines of everything that differs, and of what was written without a difference."""
        for one in diff.changes:
            line = self._line(cause_of(one, self._observation, self._became), writer_of(one))
            line.changes.append(one)
            line.times += [one.writer.at] if one.writer and one.writer.at else []
        for again in find_rewritten(diff.changes, self._observation):
            line = self._line(again.cause, again.process)
            line.rewritten.append(again)
            line.times += [again.at] if again.at else []
        for event in self._observation.events:
            self._add_event(event)
        if self._interval.moved or (not self._lines and self._observation.blind):
            self._of_host().notes += differences(self._interval.moved)
        self._add_exposure(diff)
        finished = (self._finish(line) for line in self._lines.values())
        return tuple(sorted(finished, key=lambda one: one.at))

    def _line(self, cause: LoggedCause, process: Process) -> _Line:
        own = cause.kind in _OWN_LINES
        key = (cause.kind, cause.name, process.name if own else "", process.pid if own else None)
        return self._lines.setdefault(key, _Line(cause))

    def _add_event(self, event: DockerEvent) -> None:
        if event.type == DAEMON:
            cause = ENGINE_CAUSE
        elif event.type == "container":
            cause = LoggedCause(CauseOf.CONTAINER, event.name)
        elif event.container:
            return  # a container's attachment: the events of the container say it
        else:
            cause = LoggedCause(CauseOf.NETWORK, event.name)
        line = self._line(cause, Process(""))
        line.events[event.action] += 1
        line.times.append(event.at)

    def _add_exposure(self, diff: AttributedDiff) -> None:
        for one in logged_exposure(diff.exposure or ()):
            self._line_for(one.container).exposure.append(one)
        host = self._lines.get(_HOST_KEY)
        if host and host.exposure and any(one.changes for one in self._lines.values()):
            host.notes.append(RULES_TOO)

    def _line_for(self, container: str) -> _Line:
        """Find the line that explains what a container's exposure became: its own, else what changed host or rules."""
        named = [one for one in self._lines.values() if container and container in one.cause.name.split(", ")]
        host = [self._of_host()] if self._interval.moved else []
        changing = [one for one in self._lines.values() if one.changes]
        found = [*named, *host, *changing, *self._lines.values()]
        return found[0] if found else self._of_host()

    def _of_host(self) -> _Line:
        cause = LoggedCause(CauseOf.HOST, ", ".join(one.source for one in self._interval.moved))
        return self._lines.setdefault(_HOST_KEY, _Line(cause))

    def _finish(self, line: _Line) -> LoggedChange:
        writers = [writer_of(one) for one in line.changes] + [one.process for one in line.rewritten]
        reasons = sorted({one.writer.reason for one in line.changes if one.writer and one.writer.reason})
        named = [one for one in writers if one.name]
        exact = bool(line.times)
        return LoggedChange(
            since=self._interval.since,
            at=min(line.times) if exact else self._interval.at,
            exact=exact,
            writer=join_processes(named),
            unknown="" if named else "; ".join(reasons),
            cause=msgspec.structs.replace(line.cause, events=tuple(sorted(line.events.items()))),
            containers=_containers(line),
            rules=tuple(_rule(one) for one in line.changes),
            exposure=tuple(line.exposure),
            rewritten=sum(one.count for one in line.rewritten),
            notes=(*line.notes, *([self._observation.blind] if self._observation.blind else [])),
        )


def differences(moved: Iterable[Moved]) -> Iterator[str]:
    """Yield what came and went beside the rules, a few of each source."""
    for one in moved:
        said = [*(f"+ {text}" for text in one.came), *(f"- {text}" for text in one.went)]
        yield from said[:_DIFFERENCES]
        if len(said) > _DIFFERENCES:
            yield f"and {len(said) - _DIFFERENCES} more of {one.source}"


def _containers(line: _Line) -> tuple[str, ...]:
    causes = (cause for one in line.changes for cause in one.attribution.causes)
    names = {cause.container.name for cause in causes if cause.container}
    names |= {one.container for one in line.exposure if one.container}
    if line.cause.kind is CauseOf.CONTAINER:
        names |= set(line.cause.name.split(", "))
    return tuple(sorted(names))


def _rule(one: AttributedChange) -> LoggedRule:
    item = one.change.item
    return LoggedRule(
        change=verb(one.change),
        backend=item.backend,
        family=item.family,
        table=item.table,
        chain=item.chain,
        text=item.text,
        object=item.object,
        position=item.position or 0,
        maker=one.attribution.maker,
        before=one.change.before.text if isinstance(one.change, Altered) else "",
    )
