"""All files of the report: the fleet's page, one for each question, one for each host, and the data besides."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from netaudit.fleet.query.database import Answer, Database
from netaudit.fleet.query.questions import questions
from netaudit.fleet.site.hosts import host_file, host_pages
from netaudit.report.fleet.answer import cell_text, render_csv, render_json_lines
from netaudit.report.fleet.page import FleetPage, Link, Part, Tile, make_part, render_fleet_page, searchable
from netaudit.report.text.words import count

_HOSTS = "SELECT * FROM latest ORDER BY host"
_ERRORS = "SELECT host, location, stage, kind, message FROM errors ORDER BY ALL"
_TOTALS = """
SELECT count(*)::BIGINT AS hosts,
       coalesce(sum(critical), 0)::BIGINT AS critical, coalesce(sum(high), 0)::BIGINT AS high,
       count(*) FILTER (len(gaps) > 0) AS gaps, max(taken_at) AS newest
FROM latest
"""
_ON_FRONT = {"worst-hosts": "Worst hosts", "new-findings": "New since last time"}


def fleet_files(folder: Path, today: dt.date) -> Iterator[tuple[str, bytes]]:
    """Give every file of the report with its name. Raises RecordingError."""
    database = Database(folder, {"today": today})
    hosts = database.ask(_HOSTS)
    pages = {str(host): host_file(str(host)) for host in _column(hosts, "host")}
    answers = {name: database.ask(one.sql) for name, one in questions().items()}
    answers |= {"hosts": hosts, "errors": database.ask(_ERRORS)}
    for name, answer in answers.items():
        yield f"{name}.csv", render_csv(answer.columns, answer.rows).encode(errors="replace")
        yield f"{name}.jsonl", render_json_lines(answer.columns, answer.rows)
    for name, page in _question_pages(answers, pages).items():
        yield f"{name}.html", _html(page)
    for file, page in host_pages(database):
        yield file, _html(page)
    yield "index.html", _html(_front(database, answers, pages))


def _question_pages(answers: dict[str, Answer], pages: dict[str, str]) -> dict[str, FleetPage]:
    sentences = {name: one.sentence for name, one in questions().items()}
    sentences["errors"] = "Recordings that could not be audited, and why."
    home = (Link("Fleet", "index.html"),)
    return {
        name: FleetPage(name, sentence, (_part(name, answers[name], pages),), links=home)
        for name, sentence in sentences.items()
    }


def _front(database: Database, answers: dict[str, Answer], pages: dict[str, str]) -> FleetPage:
    totals = dict(zip(*_first(database.ask(_TOTALS)), strict=True))
    names = [(one.name, one.sentence, len(answers[one.name].rows)) for one in questions().values()]
    listed = Part(
        "Questions",
        ("question", "asks", "rows"),
        tuple((Link(name, f"{name}.html"), Link(asks), Link(str(rows))) for name, asks, rows in names),
    )
    front = tuple(replace(_part(name, answers[name], pages), title=title) for name, title in _ON_FRONT.items())
    return FleetPage(
        title="fleet",
        headline=_headline(totals, len(answers["errors"].rows)),
        parts=(*front, listed),
        tiles=(
            Tile(totals["hosts"], "hosts", "hosts.csv"),
            Tile(totals["critical"], "critical", "worst-hosts.html", is_wrong=True),
            Tile(totals["high"], "high", "worst-hosts.html", is_wrong=True),
            Tile(len(answers["new-findings"].rows), "new since last time", "new-findings.html", is_wrong=True),
            Tile(totals["gaps"], "hosts with a source not seen", "hosts.csv"),
            Tile(len(answers["silent-hosts"].rows), "hosts not heard of", "silent-hosts.html", is_wrong=True),
            Tile(len(answers["errors"].rows), "recordings not audited", "errors.html", is_wrong=True),
        ),
        searched=searchable(_searched(answers["hosts"], pages)),
    )


def _headline(totals: dict[str, Any], failed: int) -> str:
    not_audited = f"; {count(failed, 'recording')} could not be audited" if failed else ""
    newest = cell_text(totals["newest"]) or "time not known"
    return f"{count(totals['hosts'], 'host')}{not_audited}; the latest recording: {newest}"


def _part(name: str, answer: Answer, pages: dict[str, str]) -> Part:
    data = (Link("CSV", f"{name}.csv"), Link("JSON Lines", f"{name}.jsonl"))
    return replace(make_part(name, answer.columns, answer.rows, pages), data=data)


def _searched(hosts: Answer, pages: dict[str, str]) -> list[tuple[str, str]]:
    """Return what hosts are searched by: name, engine, backends."""
    columns = zip(_column(hosts, "host"), _column(hosts, "engine"), _column(hosts, "backends"), strict=True)
    return [
        (f"{host} Docker {engine or 'not known'} {' '.join(backends)}", pages[host])
        for host, engine, backends in columns
    ]


def _column(answer: Answer, name: str) -> list[Any]:
    at = answer.columns.index(name)
    return [row[at] for row in answer.rows]


def _first(answer: Answer) -> tuple[tuple[str, ...], tuple[Any, ...]]:
    return answer.columns, answer.rows[0]


def _html(page: FleetPage) -> bytes:
    return render_fleet_page(page).encode(errors="replace")
