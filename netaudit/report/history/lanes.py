"""Changes -> lanes of a picture, one for each project, container, network, program and person, along the time."""

from datetime import datetime

import msgspec

from netaudit.model.history.change import CauseOf, LoggedChange
from netaudit.model.history.story import Story
from netaudit.report.history.spans import Span, count_open
from netaudit.report.text.history.log import describe_change, describe_time
from netaudit.report.text.width import shorten

WIDTH, LEFT, ROW = 1000.0, 250.0, 26.0  # of the picture; of the names beside it; of a lane
_RIGHT = 12.0
_MOST_LANES = 40
_TICKS = 6
_BAR = 60.0
_NAME = 36  # columns of a bar's name
_OTHERS = "others"
_NAMES = {CauseOf.ENGINE: "the engine", CauseOf.HOST: "the host", CauseOf.UNKNOWN: "cause not known"}


class Mark(msgspec.Struct, frozen=True):
    """One change in its lane; `kind` is opened, closed, doubt or plain."""

    x: float
    to: str
    words: str
    kind: str


class Lane(msgspec.Struct, frozen=True):
    """A lane with its marks."""

    name: str
    y: float
    marks: tuple[Mark, ...]


class Bar(msgspec.Struct, frozen=True):
    """A way that was open, as a bar."""

    name: str
    y: float
    x: float
    width: float
    words: str
    sure: bool


class Picture(msgspec.Struct, frozen=True):
    """All that is drawn: lanes, ticks of time, the line of how much was open, bars of what was."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    line: str  # points of a polyline
    most: int
    bars: tuple[Bar, ...]
    lanes_height: float
    bars_height: float
    line_height: float = _BAR
    width: float = WIDTH
    left: float = LEFT


def draw(story: Story, spans: tuple[Span, ...], shown: int) -> Picture:
    """Lay the picture out; of the spans so many have a bar."""
    scale = _Scale(story.since, story.until)
    lanes = _lanes(story, scale)
    counts = count_open(spans, story.since, story.until)
    most = max((number for _, number in counts), default=0)
    bars = tuple(_bar(one, place, scale) for place, one in enumerate(spans[:shown]))
    return Picture(
        lanes=lanes,
        ticks=scale.ticks(),
        line=_points(counts, most, scale),
        most=most,
        bars=bars,
        lanes_height=ROW * len(lanes) + 24,
        bars_height=ROW * len(bars) + 24,
    )


def lane_of(change: LoggedChange, story: Story) -> str:
    """Name the lane of a change: the project of its container, else what brought it about."""
    cause = change.cause
    if cause.kind is CauseOf.CONTAINER:
        projects = {story.projects.get(name, "") for name in cause.name.split(", ")}
        project = projects.pop() if len(projects) == 1 else ""
        return f"project {project}" if project else f"container {cause.name}"
    if cause.kind is CauseOf.NETWORK:
        return _network_lane(cause.name, story)
    if cause.kind is CauseOf.OPERATOR:
        return f"operator {cause.name}".rstrip()
    return _NAMES.get(cause.kind, cause.name)


def anchor(look: int, place: int) -> str:
    """Return the anchor of a change on the page."""
    return f"change-{look}-{place}"


def _network_lane(name: str, story: Story) -> str:
    """Name the lane of a network: Compose calls one of a project PROJECT_NAME."""
    owners = {project for project in story.projects.values() if name.startswith(f"{project}_")}
    return f"project {owners.pop()}" if len(owners) == 1 else f"network {name}"


def _lanes(story: Story, scale: "_Scale") -> tuple[Lane, ...]:
    gathered: dict[str, list[Mark]] = {}
    for line in story.lines:
        change = line.change
        words = f"{describe_time(change)} {describe_change(change)}"
        mark = Mark(scale.x(change.at), f"#{anchor(line.look, line.place)}", words, _kind(change))
        gathered.setdefault(lane_of(change, story), []).append(mark)
    ranked = sorted(gathered.items(), key=lambda one: -len(one[1]))
    shown, rest = ranked[:_MOST_LANES], ranked[_MOST_LANES:]
    if rest:
        shown.append((_OTHERS, [mark for _, marks in rest for mark in marks]))
    shown.sort(key=lambda one: (one[0] == _OTHERS, one[0]))
    return tuple(Lane(name, ROW * place + ROW / 2, tuple(marks)) for place, (name, marks) in enumerate(shown))


def _kind(change: LoggedChange) -> str:
    outside = [one for one in change.exposure if one.outside]
    if any(one.after.startswith("ALLOWED") for one in outside):
        return "opened"
    said = change.notes and not (change.cause.kind is CauseOf.HOST and change.cause.name)  # that is what differs
    if any(one.after == "MAY" for one in outside) or said:
        return "doubt"
    return "closed" if outside else "plain"


def _bar(one: Span, place: int, scale: "_Scale") -> Bar:
    begin, end = scale.x(one.since or scale.since), scale.x(one.until or scale.until)
    words = f"{one.since or 'before'} to {one.until or 'now'}: {one.zone} → {one.target}"
    return Bar(shorten(one.name, _NAME), ROW * place + ROW / 2, begin, max(end - begin, 3.0), words, one.sure)


def _points(counts: tuple[tuple[str, int], ...], most: int, scale: "_Scale") -> str:
    points: list[str] = []
    before = 0
    for at, number in counts:
        x = scale.x(at)
        points += [f"{x:.1f},{_height(before, most):.1f}", f"{x:.1f},{_height(number, most):.1f}"]
        before = number
    points.append(f"{WIDTH - _RIGHT:.1f},{_height(before, most):.1f}")
    return " ".join(points)


def _height(number: int, most: int) -> float:
    return _BAR - 4 - (_BAR - 12) * number / max(most, 1)


class _Scale:
    """Time to the right."""

    def __init__(self, since: str, until: str) -> None:
        self.since, self.until = since, until
        self._begin, self._end = _seconds(since), max(_seconds(until), _seconds(since) + 1)

    def x(self, at: str) -> float:
        """Return where an instant is; what a clock that was set back says is at the edge."""
        share = (_seconds(at) - self._begin) / (self._end - self._begin)
        return LEFT + (WIDTH - LEFT - _RIGHT) * min(max(share, 0.0), 1.0)

    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Return some instants with their names."""
        days = self.since[:10] != self.until[:10]
        found = []
        for step in range(_TICKS):
            seconds = self._begin + (self._end - self._begin) * step / (_TICKS - 1)
            at = datetime.fromtimestamp(seconds).astimezone(datetime.fromisoformat(self.since).tzinfo)
            found.append((self.x(at.isoformat()), f"{at:%m-%d %H:%M}" if days else f"{at:%H:%M:%S}"))
        return tuple(found)


def _seconds(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()
