"""What `netaudit watch` is asked for -> a watcher with its alerts, at work until it is told to stop."""

import gc
import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from netaudit.cli.commands.over_time.secret_file import read_secret
from netaudit.cli.say import say
from netaudit.errors import UsageError

if TYPE_CHECKING:
    from netaudit.collect.asking.options import Where
    from netaudit.watching.outbox import Sender
    from netaudit.watching.teller import Teller
    from netaudit.watching.watcher import Seen, Watcher

_DURATION = re.compile(r"(\d{1,6})([smh]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}
_TIMEOUT = 60.0  # seconds, where none is given


class Wishes(NamedTuple):
    """What a watch is asked for."""

    every: float
    store: Path | None = None
    policy: Path | None = None
    journal: bool | None = None
    programs: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    key: Path | None = None
    textfile: Path | None = None
    listen: str = ""
    docker_host: str | None = None
    timeout: float = _TIMEOUT


def watch_host(wishes: Wishes, where: "Where") -> None:
    """Watch this host until ^C or SIGTERM."""
    from netaudit.catalog.policy import load_policy
    from netaudit.cli.histories import writing
    from netaudit.history import WatchLock
    from netaudit.watching.alerts import Alerts
    from netaudit.watching.metrics.endpoint import Endpoint
    from netaudit.watching.outbox import Outbox
    from netaudit.watching.problems import make_finder
    from netaudit.watching.teller import Teller
    from netaudit.watching.watcher import Watcher

    finder = make_finder(load_policy(wishes.policy) if wishes.policy else None)
    senders = list(_senders(wishes))
    _require_textfile(wishes.textfile)
    gc.enable()  # a command ends and needs no cycles collected; this one runs for months
    with writing(wishes.store) as history, WatchLock(Path(history.name)), ExitStack() as stack:
        teller = Teller(Alerts(history, finder), [Outbox(one, say) for one in senders], say, wishes.textfile)
        stack.callback(teller.close)
        if wishes.listen:
            stack.enter_context(Endpoint(wishes.listen, teller.measures.text))
        say(f"watching this host into {history.name}")
        _Ending(Watcher(history, where, wishes.every, lambda seen: _tell(seen, teller))).run(teller)


def print_unit(wishes: Wishes) -> None:
    """Print the unit of a service that watches with these options."""
    from netaudit.cli.output import write
    from netaudit.loopback import read_address
    from netaudit.watching.unit import service_unit

    words = list(_words(wishes))
    _ = [*_senders(wishes), wishes.listen and read_address(wishes.listen, "--metrics-listen")]  # refuses what cannot be
    written = [path for path in (wishes.store, wishes.textfile) if path is not None]
    write(service_unit(_program(), words, written, reaches_out=bool(wishes.webhooks)).encode(), None)


def _program() -> list[str]:
    """Say how netaudit is started, also where it was with `python -m`."""
    path = Path(sys.argv[0]).absolute()
    return [str(path)] if path.name != "__main__.py" else [sys.executable, "-m", "netaudit"]


def read_duration(text: str) -> float:
    """Read a duration such as 5m. Raises UsageError."""
    found = _DURATION.fullmatch(text)
    seconds = int(found[1]) * _SECONDS[found[2]] if found else 0
    if not seconds:
        raise UsageError(f"--every {text} is no duration", hint="such as 30s, 5m, 1h")
    return float(seconds)


def _tell(seen: "Seen", teller: "Teller") -> float:
    """Say on standard error what a look has found, and do what else it asks for."""
    from netaudit.report.text.history.log import describe_change, describe_time

    for change in seen.changes:
        say(f"{describe_time(change)}  {describe_change(change)}")
        for note in change.notes:
            say(f"note: {note}")
    if seen.failed:
        say(f"this look was not kept: {seen.failed}")
    return teller.tell(seen)


def _senders(wishes: Wishes) -> "Iterator[Sender]":
    from netaudit.watching.senders.journal import Journal
    from netaudit.watching.senders.program import Program
    from netaudit.watching.senders.spoken import Spoken
    from netaudit.watching.senders.webhook import Webhook

    journal = wishes.journal
    if journal or (journal is None and "JOURNAL_STREAM" in os.environ):
        yield Journal()
    else:
        yield Spoken(say)
    yield from (Program(one) for one in wishes.programs)
    key = read_secret(wishes.key, "--webhook-key") if wishes.key else b""
    yield from (Webhook(one, key) for one in wishes.webhooks)


def _require_textfile(path: Path | None) -> None:
    """Refuse a place that no file could be written to, before the watch begins."""
    from netaudit.store import Kind, Replace, require_free

    if path is not None:
        require_free(path, Replace.OURS, Kind.REPORT)


def _words(wishes: Wishes) -> Iterator[str]:
    """Give the options that a service is started with."""
    files = {
        "--store": wishes.store,
        "--policy": wishes.policy,
        "--webhook-key": wishes.key,
        "--metrics": wishes.textfile,
    }
    texts = {"--metrics-listen": wishes.listen, "--docker-host": wishes.docker_host}
    if wishes.timeout != _TIMEOUT:
        texts["--timeout"] = f"{wishes.timeout:g}"
    said = [(option, str(path.absolute())) for option, path in files.items() if path is not None]
    said += [("--every", f"{wishes.every:.0f}s"), *((option, text) for option, text in texts.items() if text)]
    said += [("--exec", one) for one in wishes.programs] + [("--webhook", one) for one in wishes.webhooks]
    yield from (word for pair in said for word in pair)
    if wishes.journal is not None:
        yield "--journal" if wishes.journal else "--no-journal"


class _EndedError(BaseException):
    """The watch is to end."""


class _Ending:
    """Ends a watch in good order at ^C and SIGTERM: the look under way is kept, and its alerts are sent."""

    def __init__(self, watcher: "Watcher") -> None:
        self._watcher = watcher
        self._asked = False

    def run(self, teller: "Teller") -> None:
        """Watch until asked to end."""
        heard = [one for one in (signal.SIGTERM, signal.SIGINT) if signal.getsignal(one) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._hear) for number in heard}
        try:
            self._watcher.run(lambda: self._beat(teller))
        except _EndedError:
            return
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _beat(self, teller: "Teller") -> bool:
        teller.notifier.alive()
        return not self._asked

    def _hear(self, *_: object) -> None:
        if self._watcher.idle and not self._asked:
            self._asked = True
            raise _EndedError
        self._asked = True
