"""The page of each host: its findings, what other machines reach on it, and what changed since its last recording."""

import hashlib
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from msgspec.structs import replace

from netaudit.audit.checks.remedy import OR
from netaudit.fleet.query.database import Answer, Database
from netaudit.report.fleet.answer import cell_text
from netaudit.report.fleet.page import MOST_ROWS, Detail, FleetPage, Link, Part, Tile, make_part
from netaudit.report.text.words import count

_HOSTS = "SELECT * FROM latest ORDER BY host"
_TABLES = {
    "Findings": """
        SELECT f.host, severity, status, "check", subject, message, remediation, evidence
        FROM findings f JOIN latest USING (recording)
        ORDER BY f.host, list_position(['critical', 'high', 'medium', 'low', 'info'], severity), "check", subject""",
    "What other machines reach": """
        SELECT e.host, zone, protocol, address, ports, container, sensitive, outcome, for_all, rule_place AS rule, maker
        FROM exposure e JOIN latest USING (recording) WHERE outside AND outcome <> 'blocked'
        ORDER BY e.host, outcome, zone, protocol, first_port, address""",
    "Changes since the recording before": """
        SELECT c.host, kind, change, place, before, after, cause
        FROM changes c JOIN latest USING (recording) WHERE against = 'previous' ORDER BY ALL""",
}
_BELOW = {"remediation": "to do", "evidence": "evidence"}
_UNSAFE = re.compile(r"[^a-z0-9-]+")


def host_file(host: str) -> str:
    """Name the page of a host; names of hosts are any text."""
    digest = hashlib.sha256(host.encode(errors="surrogateescape")).hexdigest()[:12]
    return f"hosts/{_UNSAFE.sub('-', host.lower())[:40]}-{digest}.html"


def host_pages(database: Database) -> Iterator[tuple[str, FleetPage]]:
    """Give each host's page with its file."""
    hosts = database.ask(_HOSTS)
    tables = {title: _by_host(database.ask(sql)) for title, sql in _TABLES.items()}
    for row in hosts.rows:
        one = dict(zip(hosts.columns, row, strict=True))
        found = {title: members.get(one["host"], []) for title, (_, members) in tables.items()}
        parts = tuple(_part(title, tables[title][0], rows) for title, rows in found.items())
        yield host_file(one["host"]), _page(one, parts)


def _part(title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> Part:
    """Make a table; what is long, or is copied, stands below its row."""
    at = {word: columns.index(name) for name, word in _BELOW.items() if name in columns}
    short = [[cell for place, cell in enumerate(row) if place not in at.values()] for row in rows]
    part = make_part(title, [name for name in columns if name not in _BELOW], short)
    details = tuple(
        tuple(Detail(word, _lines(row[place])) for word, place in at.items() if row[place]) for row in rows[:MOST_ROWS]
    )
    return replace(part, details=details) if at else part


def _lines(cell: str | list[str]) -> tuple[str, ...]:
    return tuple(cell.split(OR)) if isinstance(cell, str) else tuple(cell)


def _page(one: dict[str, Any], parts: tuple[Any, ...]) -> FleetPage:
    gaps = [("could not see", gap) for gap in one["gaps"]]
    notes = [("exposure", one["exposure_gap"]), ("comparison", one["compare_gap"]), ("rehearsal", one["rehearse_gap"])]
    about = [
        ("recorded", cell_text(one["taken_at"]) or "time not recorded"),
        ("engine", one["engine"] or "not known"),
        ("backends", ", ".join(one["backends"])),
        ("recording", one["location"]),
        *gaps,
        *((name, text) for name, text in notes if text),
    ]
    return FleetPage(
        title=one["host"],
        headline=f"{one['host']}: {_worst(one)}",
        parts=(*parts, make_part("About this recording", ("what", "is"), about)),
        tiles=tuple(Tile(one[name], name, is_wrong=name in {"critical", "high"}) for name in _NUMBERS),
        links=(Link("Fleet", "../index.html"),),
    )


def _worst(one: dict[str, Any]) -> str:
    return f"{count(one['critical'] + one['high'], 'finding')} of critical or high severity"


_NUMBERS = ("critical", "high", "medium", "low", "missing", "unattributed", "undecided", "rules")


def _by_host(answer: Answer) -> tuple[tuple[str, ...], dict[str, list[tuple[Any, ...]]]]:
    """Group rows by their first column, which is the host."""
    groups = groupby(answer.rows, key=lambda row: row[0])
    return answer.columns[1:], {host: [row[1:] for row in rows] for host, rows in groups}
