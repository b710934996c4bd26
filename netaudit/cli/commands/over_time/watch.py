"""`netaudit watch`."""

import gc
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from netaudit.cli.options import DockerHostOption, StoreOption, TimeoutOption
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.watching.watcher import Seen

_DURATION = re.compile(r"(\d{1,6})([smh]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def watch(
    store: StoreOption = None,
    every: Annotated[
        str, typer.Option("--every", metavar="DURATION", help="How often to look where nothing announces a change.")
    ] = "5m",
    docker_host: DockerHostOption = None,
    timeout: TimeoutOption = 60.0,
) -> None:
    """Watch this host until ^C or SIGTERM: keep what it looks like whenever it changes, and say who changed what.

    The kernel's messages wake it, and the engine's; of iptables-legacy tables no message tells. Nothing of the host is
    changed, and auditing is not turned on. `netaudit log` shows what was kept.
    """
    from netaudit.cli.histories import writing
    from netaudit.cli.say import say
    from netaudit.cli.sources import make_where
    from netaudit.history import WatchLock
    from netaudit.watching.watcher import Watcher

    gc.enable()  # a command ends and needs no cycles collected; this one runs for months
    seconds = _read_duration(every)
    with writing(store) as history, WatchLock(Path(history.name)):
        say(f"watching this host into {history.name}")
        Watcher(history, make_where(docker_host, timeout), seconds, _tell).run(lambda: True)


def _tell(seen: "Seen") -> None:
    """Say on standard error what a look has found."""
    from netaudit.cli.say import say
    from netaudit.report.text.history.log import describe_change, describe_time

    for change in seen.changes:
        say(f"{describe_time(change)}  {describe_change(change)}")
        for note in change.notes:
            say(f"lost: {note}; the whole host was looked at again")
    if seen.failed:
        say(f"this look was not kept: {seen.failed}")


def _read_duration(text: str) -> float:
    found = _DURATION.fullmatch(text)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not seconds:
        raise UsageError(f"--every {text} is no duration", hint="such as 30s, 5m, 1h")
    return float(seconds)
