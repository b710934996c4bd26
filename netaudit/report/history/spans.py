"""Changes of exposure -> what was open when: a span for each way, and how many ways were open at each instant."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from netaudit.model.history.change import LoggedExposure
from netaudit.model.history.story import Story

_BLOCKED = "blocked"
_ALLOWED = "ALLOWED"
_BY = " by "


class Span(msgspec.Struct, frozen=True):
    """A way that was open, from outside the host: `until` is "" where it still is, `since` where it already was.

    `sure` is false where it could not be decided whether it was open. `opened` and `closed` name the lines of the log,
    as look and place.
    """

    zone: str
    target: str
    container: str
    since: str
    until: str
    sure: bool
    opened: tuple[int, int] | None = None
    closed: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """The port, and the family of the address that it is published on: `web:80/tcp, IPv4`."""
        port, _, address = self.target.partition(_BY)
        return f"{port}, {'IPv6' if address.startswith('[') else 'IPv4'}" if address else port


def ports_of(spans: Iterable[Span]) -> tuple[str, ...]:
    """Name the ports behind ways, each once, known services first: one is often open over IPv4 and IPv6."""
    names = dict.fromkeys(one.target.partition(_BY)[0] for one in spans)
    return tuple(sorted(names, key=lambda name: not name.endswith(")")))


class _Open(msgspec.Struct):
    """A way while it is open."""

    since: str
    sure: bool
    opened: tuple[int, int] | None


def find_spans(story: Story) -> tuple[Span, ...]:
    """Return the ways from outside that were open, in the order in which they opened."""
    open_now = {key: _Open("", after == _ALLOWED, None) for key, after in _ways(story.open_at_start)}
    spans: list[Span] = []
    for line in story.lines:
        number = (line.look, line.place)
        for key, after in _ways(line.change.exposure):
            way = open_now.pop(key, None)
            sure = after.startswith(_ALLOWED)
            if way is not None and (after == _BLOCKED or way.sure is not sure):
                spans.append(_span(key, way, line.change.at, number))
                way = None
            if after != _BLOCKED:
                open_now[key] = way or _Open(line.change.at, sure, number)
    spans += [_span(key, way, "", None) for key, way in open_now.items()]
    return tuple(sorted(_joined(spans), key=lambda one: (one.since, one.target, one.zone)))


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Put together what differs in nothing but where it was open to."""
    zones: dict[Span, list[str]] = {}
    for one in spans:
        zones.setdefault(replace(one, zone=""), []).append(one.zone)
    for one, found in zones.items():
        yield replace(one, zone=", ".join(found))


def count_open(spans: Iterable[Span], since: str, until: str) -> tuple[tuple[str, int], ...]:
    """Return how many ways were open, from each instant on at which that changed."""
    turns: dict[str, int] = {since: 0}
    for one in spans:
        begin, end = one.since or since, one.until or until
        turns[begin] = turns.get(begin, 0) + 1
        if one.until:
            turns[end] = turns.get(end, 0) - 1
    number, found = 0, []
    for at, step in sorted(turns.items()):
        number += step
        found.append((at, number))
    return tuple(found)


def _ways(cells: Iterable[LoggedExposure]) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Take lines apart into one zone and one target each: they are put together differently when they close."""
    for cell in cells:
        if cell.outside:
            for zone in cell.zone.split(", "):
                for target in cell.target.split(" and "):
                    if zone == "internet" or zone.startswith("lan"):
                        yield (zone, target, cell.container), cell.after


def _span(key: tuple[str, str, str], way: _Open, until: str, closed: tuple[int, int] | None) -> Span:
    zone, target, container = key
    return Span(zone, target, container, way.since, until, way.sure, way.opened, closed)
