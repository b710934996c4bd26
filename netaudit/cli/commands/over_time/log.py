"""`netaudit log`."""

import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from netaudit.cli.completing import offers
from netaudit.cli.options import Colour, StoreOption

if TYPE_CHECKING:
    from collections.abc import Callable

    from netaudit.history import History
    from netaudit.model.history.change import LoggedChange
    from netaudit.report.terminal.style import Style
    from netaudit.timeline.log import Entry

    _Lines = list[tuple[int, LoggedChange]]


class LogFormat(StrEnum):
    """What `netaudit log` prints."""

    TERMINAL = "terminal"
    JSON = "json"


class Shown(NamedTuple):
    """What is shown of the lines, and how."""

    form: LogFormat
    store: Path | None
    exposure: bool
    rules: bool
    follow: bool
    containers: list[str]


_POLL = 0.5  # seconds


def log(
    container: Annotated[
        list[str] | None,
        typer.Option(
            "--container",
            help="Only what concerns this container; * stands for any text.",
            autocompletion=offers.containers,
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="WHEN", help="Such as yesterday, 2h, 2026-11-27T10:00.", show_default=False),
    ] = None,
    exposure: Annotated[
        bool, typer.Option("--exposure", help="Only what changed who can reach what, and how.")
    ] = False,
    rules: Annotated[bool, typer.Option("--rules", help="Every rule that changed.")] = False,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more, until ^C.")] = False,
    form: Annotated[LogFormat, typer.Option("--format", "-f", help="What to print.")] = LogFormat.TERMINAL,
    store: StoreOption = None,
) -> None:
    """Show what changed on this host over time: one line for each change, with its time, writer and cause."""
    from netaudit.timeline.named import is_named

    begin = _read_since(since)

    def wanted(entry: "Entry") -> bool:
        return (
            _is_after(entry, begin)
            and (not container or is_named(entry.change.containers, container))
            and (not exposure or bool(entry.change.exposure))
        )

    _print(wanted, Shown(form, store, exposure=exposure, rules=rules, follow=follow, containers=container or []))


def _read_since(since: str | None) -> datetime | None:
    from netaudit.history.reference import read_time

    return read_time(since.removeprefix("@"), datetime.now(UTC).astimezone()) if since else None


def _is_after(entry: "Entry", begin: datetime | None) -> bool:
    from netaudit.store import parse_time

    at = parse_time(entry.change.at)
    return begin is None or at is None or at >= begin


def _print(wanted: "Callable[[Entry], bool]", shown: Shown) -> None:
    from netaudit.cli.histories import reading

    with reading(shown.store) as history:
        if not shown.follow:  # what is not there yet may come
            _require_some(history, shown)
        first = 1
        while True:
            lines, first = _entries(history, first, wanted)
            _write(lines, shown)
            if not shown.follow:
                return _say_none(history) if not lines else None
            time.sleep(_POLL)


def _require_some(history: "History", shown: Shown) -> None:
    """Refuse containers that no look has. Raises SubjectError."""
    from netaudit.timeline.named import require_containers

    require_containers(history, shown.containers)


def _say_none(history: "History") -> None:
    """Say on standard error that no change is shown, and of how many."""
    from netaudit.cli.say import say
    from netaudit.report.text.words import count
    from netaudit.timeline.log import entries

    last = history.last()
    if last is None:
        say(f"{history.name} has no look yet: `netaudit watch` or `netaudit record` makes some")
        return
    number = sum(1 for _ in entries(history))
    which = "this asks for none of them" if number else "nothing changed between its looks"
    say(f"{count(number, 'change')} in the history; {which}; the last look is @{last.number}, {last.taken_at}")


def _write(lines: "_Lines", shown: Shown) -> None:
    from netaudit.cli import output as out
    from netaudit.report.json.log import render_log as render_json
    from netaudit.report.terminal.log import render_log

    def as_text(style: "Style") -> str:
        return render_log(lines, style, exposure=shown.exposure, rules=shown.rules)

    style = out.style(None, Colour.AUTO, wide=shown.follow)
    if shown.form is LogFormat.JSON:
        out.write(render_json(lines), None)
    elif shown.follow:
        out.write(as_text(style).encode(errors="replace"), None)
    else:
        out.show(as_text, style, None)


def _entries(history: "History", first: int, wanted: "Callable[[Entry], bool]") -> "tuple[_Lines, int]":
    """Return the lines from a look on, and the look from which more may come."""
    from netaudit.timeline.log import entries

    last = history.last()
    if last is None or last.number < first:
        return [], first
    return [(one.look.number, one.change) for one in entries(history, first) if wanted(one)], last.number + 1
