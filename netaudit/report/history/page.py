"""A story as a page of HTML that needs nothing but itself."""

from collections.abc import Iterator, Sequence

import msgspec

from netaudit.model.history.change import LoggedExposure, LoggedRule
from netaudit.model.history.story import Story, StoryLine
from netaudit.report.history.lanes import Picture, anchor, draw, lane_of
from netaudit.report.history.spans import Span, find_spans, ports_of
from netaudit.report.templating.own_page import render_page
from netaudit.report.text.history.log import describe_cause, describe_rules, describe_writer
from netaudit.report.text.sentence import Foreign, Part, Sentence
from netaudit.report.text.width import shorten
from netaudit.report.text.words import count, say_time

_BARS = 60
_SPANS = 1000
_RULES = 200  # of one change
_NAMED, _NAME = 4, 60  # ports that a headline names; columns of each
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
    headline: Sentence
    facts: tuple[tuple[str, str], ...]
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
        title=f"history of {story.host or 'a host'}",
        headline=_headline(story, spans),
        facts=tuple(_facts(story)),
        notes=tuple(_notes(story)),
        tiles=_tiles(story, spans),
        picture=draw(story, spans, _BARS),
        rows=tuple(_row(line, story) for line in reversed(story.lines)),
        spans=tuple(SpanRow(one, _to(one.opened), _to(one.closed)) for one in reversed(shown)),
        more_spans=len(spans) - len(shown),
        more_bars=max(len(spans) - _BARS, 0),
        links=links,
    )


def _headline(story: Story, spans: tuple[Span, ...]) -> Sentence:
    host, changes = story.host or "this host", count(len(story.lines), "change")
    opened = ports_of(one for one in spans if one.opened is not None)
    still = ports_of(one for one in spans if not one.until and one.sure)
    if not story.lines:
        return Sentence((f"{_nothing(story, host)}; ", *_still(story, still), "."))
    ports = f"{count(len(opened), 'port')} opened to the outside" if opened else "no port opened to the outside"
    return Sentence((f"{changes} on {host}; {ports}, and {_are(still)} open at the end", *_named(still), "."))


def _nothing(story: Story, host: str) -> str:
    if story.since == story.until:
        return f"No change was recorded on {host} after the look of {say_time(story.until)}"
    return f"Nothing changed on {host} between {say_time(story.since)} and {say_time(story.until)}"


def _still(story: Story, names: Sequence[str]) -> Iterator[Part]:
    if names:
        yield "open to the outside"
        yield from _named(names)
    else:
        yield "no port was seen open to the outside" if story.open_known else "what is open is not known"


def _are(names: Sequence[str]) -> str:
    return f"{len(names)} {'is' if len(names) == 1 else 'are'}"


def _named(names: Sequence[str]) -> Iterator[Part]:
    """Name the first ports of a headline."""
    for at, name in enumerate(names[:_NAMED]):
        yield "; " if at else ": "
        yield Foreign(shorten(name, _NAME))
    if len(names) > _NAMED:
        yield f" and {len(names) - _NAMED} more"


def _facts(story: Story) -> Iterator[tuple[str, str]]:
    yield "Host", story.host or "not recorded"
    if story.engine:
        yield "Engine", story.engine
    yield "Between", " → ".join(dict.fromkeys(map(say_time, (story.since, story.until))))
    yield "Looks", str(story.looks)


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
        (len(ports_of(one for one in spans if one.opened is not None)), "ports opened", "wrong"),
        (len(ports_of(one for one in spans if not one.until and one.sure)), "open at the end", "wrong"),
        *_doubtful(spans),
        (unknown, "writers not known", "open"),
    )


def _doubtful(spans: tuple[Span, ...]) -> Iterator[tuple[int, str, str]]:
    """Count apart what may be open, and is not surely so."""
    sure = set(ports_of(one for one in spans if not one.until and one.sure))
    if doubtful := [name for name in ports_of(one for one in spans if not one.until) if name not in sure]:
        yield len(doubtful), "may be open at the end", "open"


def _row(line: StoryLine, story: Story) -> Row:
    change = line.change
    return Row(
        anchor=anchor(line.look, line.place),
        look=line.look,
        time=say_time(change.at) if change.exact else f"{say_time(change.since)} to {say_time(change.at)}",
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
