"""An address -> a page, made when it is asked for."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec

from netaudit.api.audits import AuditOptions, judge_changes, load_auditor
from netaudit.api.hosts import show_snapshot
from netaudit.attribute.exposure.compute import ComputeExposure
from netaudit.history import History, find_look, read_history
from netaudit.history.reference import read_time
from netaudit.model.history.look import Look
from netaudit.parse import parse_snapshot
from netaudit.report.history.index import LookRow, render_index
from netaudit.report.history.page import render_history
from netaudit.report.page.render import render_diff_html, render_snapshot_html
from netaudit.timeline.story import tell_story

Query = Mapping[str, str]
_HOME = (("All looks", "/"),)
_AWAY = (*_HOME, ("Timeline", "/timeline"))
_LISTED = 200


class Pages(msgspec.Struct, frozen=True):
    """The pages of one history; each is asked for in a thread of its own, and opens the file again.

    `config` is the netaudit.toml whose waivers and ports findings are held against.
    """

    store: Path
    config: Path | None = None

    def find(self, path: str) -> Callable[[Query], str] | None:
        """Return what makes the page of a path; None for any other path."""
        options = AuditOptions(exposure=ComputeExposure.WHEN_QUICK, config=self.config)
        known: dict[str, Callable[[History, Query], str]] = {
            "/": _index,
            "/timeline": _timeline,
            "/host": partial(_host, options),
            "/compare": partial(_compare, options),
        }
        made = known.get(path)
        return None if made is None else partial(self._make, made)

    def _make(self, made: Callable[[History, Query], str], query: Query) -> str:
        with closing(read_history(self.store)) as history:
            return made(history, query)


def _index(history: History, query: Query) -> str:
    del query
    looks = history.list_all()
    shown = looks[-_LISTED - 1 :]
    before = dict(zip(shown[1:], shown, strict=False))
    rows = [_row(history, one, before.get(one)) for one in reversed(shown[-_LISTED:])]
    return render_index(looks[-1].host if looks else "", rows, len(looks))


def _row(history: History, look: Look, before: Look | None) -> LookRow:
    """Say what changed since the look before, where that was worked out already: a list is not worth the time."""
    changes = history.changes(look.number) if before else None
    return LookRow(look.number, look.taken_at, look.until, look.origin, changes or ())


def _timeline(history: History, query: Query) -> str:
    since = query.get("since", "").removeprefix("@")
    begin = read_time(since, datetime.now(UTC).astimezone()) if since else None
    return render_history(tell_story(history, begin), _HOME)


def _host(options: AuditOptions, history: History, query: Query) -> str:
    look = _look(history, query.get("at") or "@last")
    snapshot = parse_snapshot(history.facts(look.number))
    shown = show_snapshot(snapshot, ComputeExposure.WHEN_QUICK)
    audit = load_auditor(options).audit_shown(snapshot, shown)
    return render_snapshot_html(shown, audit, (*_AWAY, *_what_changed(history, look)))


def _what_changed(history: History, look: Look) -> Iterator[tuple[str, str]]:
    """Yield the page that compares a look with the one before it, if there is one."""
    before = [one.number for one in history.list_all() if one.number < look.number]
    if before:
        yield f"What changed at @{look.number}", f"/compare?from={before[-1]}&to={look.number}"


def _compare(options: AuditOptions, history: History, query: Query) -> str:
    asked = query.get("from") or "@-1", query.get("to") or "@last"
    looks = [_look(history, one) for one in asked]
    before, after = (history.facts(one.number) for one in looks)
    judged = judge_changes(before, after, options=options)
    hosts = ((f"The host at @{one.number}", f"/host?at={one.number}") for one in dict.fromkeys(looks))
    return render_diff_html(judged.diff, found=judged.findings, links=(*_AWAY, *hosts))


def _look(history: History, text: str) -> Look:
    return find_look(history, text if text.startswith("@") else f"@{text}", datetime.now(UTC).astimezone())
