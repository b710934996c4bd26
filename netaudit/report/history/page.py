"""A story as a page of HTML that needs nothing but itself."""

import msgspec

from netaudit.model.history.change import LoggedExposure, LoggedRule
from netaudit.model.history.story import Story, StoryLine
from netaudit.report.history.lanes import Picture, anchor, draw, lane_of
from netaudit.report.history.spans import Span, find_spans
from netaudit.report.templating.own_page import render_page
from netaudit.report.text.history.log import describe_cause, describe_rules, describe_time, describe_writer
from netaudit.report.text.words import count

_BARS = 60
_SPANS = 1000
_RULES = 200  # of one change
_SIGNS = {"added": "+", "removed": "-", "altered": "~", "moved": ">"}


class Row(msgspec.Struct, frozen=True):
    """One change in words."""

    anchor: str
    look: int
    time: str
    lane: str
    cause: str
    writer: str
    rules: str
    exact: bool
    exposure: tuple[LoggedExposure, ...]
    objects: tuple[tuple[str, str], ...]
    more: int
    notes: tuple[str, ...]


class SpanRow(msgspec.Struct, frozen=True):
    """One way that was open, with links to the changes that opened and closed it."""

    span: Span
    opened: str
    closed: str


class HistoryPage(msgspec.Struct, frozen=True):
    """The page; `links` lead to other pages of the same server, none where it is a file."""

    title: str
    headline: str
    notes: tuple[str, ...]
    tiles: tuple[tuple[int, str, str], ...]  # number, word, kind
    picture: Picture
    rows: tuple[Row, ...]
    spans: tuple[SpanRow, ...]
    more_spans: int
    more_bars: int
    links: tuple[tuple[str, str], ...] = ()


def render_history(story: Story, links: tuple[tuple[str, str], ...] = ()) -> str:
    """Print the page."""
    return render_page("history.html.j2", history_page(story, links), ("colours", "style", "history"), "history")


def history_page(story: Story, links: tuple[tuple[str, str], ...] = ()) -> HistoryPage:
    """Return the page as values."""
    spans = find_spans(story)
    shown = spans[-_SPANS:]
    return HistoryPage(
        title=f"{story.host or 'a host'}, {story.since} to {story.until}",
        headline=_headline(story, spans),
        notes=tuple(_notes(story)),
        tiles=_tiles(story, spans),
        picture=draw(story, spans, _BARS),
        rows=tuple(_row(line, story) for line in reversed(story.lines)),
        spans=tuple(SpanRow(one, _to(one.opened), _to(one.closed)) for one in reversed(shown)),
        more_spans=len(spans) - len(shown),
        more_bars=max(len(spans) - _BARS, 0),
        links=links,
    )


def _headline(story: Story, spans: tuple[Span, ...]) -> str:
    host, changes = story.host or "this host", count(len(story.lines), "change")
    opened = sum(one.opened is not None for one in spans)
    still = sum(not one.until and one.sure for one in spans)
    if not story.lines:
        return f"Nothing changed on {host} between {story.since} and {story.until}."
    ways = f"{count(opened, 'way')} from outside opened" if opened else "no way from outside opened"
    return f"{changes} on {host}; {ways}, and {still} {'is' if still == 1 else 'are'} open at the end."


def _notes(story: Story) -> list[str]:
    notes = [f"{count(story.left_out, 'earlier change')} left out: `netaudit log` has all"] if story.left_out else []
    if not story.open_known:
        notes.append("what was open at the beginning is not known: computing it takes too long on this host")
    return notes


def _tiles(story: Story, spans: tuple[Span, ...]) -> tuple[tuple[int, str, str], ...]:
    unknown = sum(one.change.writer is None and bool(one.change.rules) for one in story.lines)
    rules = [one.change for one in story.lines]
    return (
        (len(story.lines), "changes", ""),
        (sum(one.count("added") for one in rules), "rules came", ""),
        (sum(one.count("removed") for one in rules), "rules went", ""),
        (sum(one.opened is not None for one in spans), "ways opened", "wrong"),
        (sum(not one.until for one in spans), "open at the end", "wrong"),
        (unknown, "writers not known", "open"),
    )


def _row(line: StoryLine, story: Story) -> Row:
    change = line.change
    return Row(
        anchor=anchor(line.look, line.place),
        look=line.look,
        time=describe_time(change),
        lane=lane_of(change, story),
        cause=describe_cause(change.cause),
        writer=describe_writer(change),
        rules=describe_rules(change),
        exact=change.exact,
        exposure=change.exposure,
        objects=tuple(map(_object, change.rules[:_RULES])),
        more=max(len(change.rules) - _RULES, 0),
        notes=change.notes,
    )


def _object(rule: LoggedRule) -> tuple[str, str]:
    where = f"{rule.table}/{rule.chain}" + (f"#{rule.position}" if rule.position else "")
    return _SIGNS[rule.change], f"{rule.family} {where}  {rule.text}"


def _to(line: tuple[int, int] | None) -> str:
    return f"#{anchor(*line)}" if line else ""
