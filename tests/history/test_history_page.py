"""The page of a history: what was open when, a lane for each project, and nothing in it that a browser obeys."""

import re
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from programs import ONE_PORT, run_inside

from netaudit.history import make_history
from netaudit.model.history.change import CauseOf, LoggedCause, LoggedChange, LoggedExposure, LoggedRule
from netaudit.model.history.look import Origin
from netaudit.model.history.story import Story, StoryLine
from netaudit.model.observation import DockerEvent, Observation
from netaudit.report.history.lanes import lane_of
from netaudit.report.history.page import history_page, render_history
from netaudit.report.history.spans import count_open, find_spans
from netaudit.store import load
from netaudit.timeline.between import changes_between

_HOSTILE = '</script><script>alert(1)</script>"onload=x\u202e\x1b[31m::error ::'


def at(minute: int) -> str:
    return f"2026-11-27T12:{minute:02d}:00Z"


def cell(zone: str, target: str, after: str, before: str = "blocked") -> LoggedExposure:
    return LoggedExposure(zone, target, before, after, "web", outside="internet" in zone or "lan" in zone)


def told(minute: int, *cells: LoggedExposure, kind: CauseOf = CauseOf.CONTAINER, name: str = "web") -> StoryLine:
    return StoryLine(minute, 1, LoggedChange(at(minute), at(minute), cause=LoggedCause(kind, name), exposure=cells))


def story(*lines: StoryLine, start: tuple[LoggedExposure, ...] = ()) -> Story:
    return Story("lab", at(0), at(59), 9, lines, start, {"web": "shop", "db": "shop"})


def test_a_way_opens_and_closes_also_where_its_lines_are_put_together_differently() -> None:
    opened = cell("internet, lan:eth0, host", "web:80/tcp by 0.0.0.0:80 and web:80/tcp by [::]:80", "ALLOWED")
    closed = cell("internet, lan:eth0", "web:80/tcp by 0.0.0.0:80", "blocked", "ALLOWED")
    spans = find_spans(story(told(10, opened), told(20, closed)))
    assert [(one.zone, one.target[-3:], one.since, one.until) for one in spans] == [
        ("internet, lan:eth0", ":80", at(10), at(20)),
        ("internet, lan:eth0", ":80", at(10), ""),
    ]
    assert (spans[0].opened, spans[0].closed) == ((10, 1), (20, 1))
    assert count_open(spans, at(0), at(59)) == ((at(0), 0), (at(10), 2), (at(20), 1))


def test_the_name_of_a_bar_keeps_its_container_and_its_port() -> None:
    opened = cell("internet, lan:eth0", "web:80/tcp by 0.0.0.0:8080", "ALLOWED")
    (bar,) = history_page(story(told(10, opened))).picture.bars
    assert bar.name == "web:80/tcp, IPv4"
    assert "internet, lan:eth0" in bar.words


def test_what_was_open_before_has_no_beginning_and_doubt_is_a_span_of_its_own() -> None:
    maybe = told(30, cell("internet", "web:80/tcp", "MAY", "ALLOWED"))
    spans = find_spans(story(maybe, start=(cell("internet", "web:80/tcp", "ALLOWED"),)))
    assert [(one.since, one.until, one.sure) for one in spans] == [("", at(30), True), (at(30), "", False)]


def test_what_only_the_inside_reaches_is_no_way_from_outside() -> None:
    assert find_spans(story(told(10, cell("host, network:bridge", "web:80/tcp", "ALLOWED")))) == ()


@pytest.mark.parametrize(
    ("kind", "name", "lane"),
    [
        (CauseOf.CONTAINER, "web", "project shop"),
        (CauseOf.CONTAINER, "db, web", "project shop"),
        (CauseOf.CONTAINER, "alone", "container alone"),
        (CauseOf.NETWORK, "shop_inner", "project shop"),
        (CauseOf.NETWORK, "other", "network other"),
        (CauseOf.ENGINE, "", "the engine"),
        (CauseOf.PROGRAM, "ufw", "ufw"),
        (CauseOf.OPERATOR, "ada", "operator ada"),
        (CauseOf.UNKNOWN, "", "cause not known"),
    ],
)
def test_each_project_program_and_person_has_a_lane(kind: CauseOf, name: str, lane: str) -> None:
    line = told(1, kind=kind, name=name)
    assert lane_of(line.change, story(line)) == lane


def test_a_hostile_text_is_shown_and_not_obeyed() -> None:
    rule = LoggedRule("added", "b", "ip", "filter", _HOSTILE, _HOSTILE)
    change = LoggedChange(
        at(1), at(1), cause=LoggedCause(CauseOf.CONTAINER, _HOSTILE), rules=(rule,), notes=(_HOSTILE,)
    )
    exposed = replace(change, exposure=(cell("internet", _HOSTILE, "ALLOWED"),), unknown=_HOSTILE)
    page = render_history(replace(story(StoryLine(1, 1, exposed)), host=_HOSTILE, projects={_HOSTILE: _HOSTILE}))
    assert page.count("<script>") == 1
    assert not re.search(r"[\x1b\u202e]|::error|\"onload", page)


def test_thousands_of_changes_and_lanes_stay_a_page() -> None:
    lines = [
        told(number % 60, cell("internet", f"c{number}:1/tcp", "ALLOWED"), name=f"c{number}") for number in range(3000)
    ]
    page = history_page(story(*lines))
    assert len(page.picture.lanes) == 41
    assert sum(len(lane.marks) for lane in page.picture.lanes) == 3000
    assert (len(page.picture.bars), page.more_bars, page.more_spans) == (60, 2940, 2000)


def test_the_command_writes_the_page_of_a_time(tmp_path: Path) -> None:
    store, page = tmp_path / "history.sqlite", tmp_path / "page.html"
    before, after = (replace(load(ONE_PORT / step), host="lab") for step in ("00", "01"))
    before, after = replace(before, taken_at=at(0)), replace(after, taken_at=at(30))
    event = DockerEvent("container", "start", "x", "web", at(29))
    with closing(make_history(store)) as history:
        history.add(before, Origin.WATCH)
        history.add(after, Origin.WATCH, changes_between(before, after, at(0), Observation(events=(event,))))
    assert run_inside("report", "--history", "--store", store, "-o", page).returncode == 0
    text = page.read_text()
    still = "<b>web 172.17.0.2, tcp port 80</b>; <b>web:80/tcp</b>."
    assert f"on lab; 2 ports opened to the outside, and 2 are open at the end: {still}" in text
    assert "<dt>Engine</dt><dd>Docker 20.10.24" in text
    assert "container web (start)" in text
    done = run_inside("report", "--history", "--since", "2026-11-27T12:40Z", "--store", store, "-o", page)
    assert done.returncode == 0
    said = "No change was recorded on lab after the look of 2026-11-27 12:30:00 UTC; open to the outside: "
    assert said + still in page.read_text()
    assert page.read_text().count(">before</td>") == 3
    for wrong in (("--since", "1d"), ("--history", str(ONE_PORT / "00")), ("--history", "--since", "never")):
        assert run_inside("report", *wrong, "-o", page).returncode == 2


def test_what_is_open_at_the_end_is_counted_once_and_doubt_apart() -> None:
    page = history_page(
        story(told(1, cell("lan:eth0", "pg:5432/tcp", "ALLOWED"), cell("internet", "web:80/tcp", "MAY")))
    )
    tiles = {word: number for number, word, _ in page.tiles}
    assert (tiles["open at the end"], tiles["may be open at the end"]) == (1, 1)
    assert "1 is open at the end" in "".join(map(str, page.headline.parts))
