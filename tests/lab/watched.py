"""`netaudit watch` at work on a lab host, and what its log says, step by step."""

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from time import monotonic, sleep
from typing import Self

from lab.host import REPOSITORY, LabHost
from lab.namespaces import LabError
from netaudit.errors import HistoryError
from netaudit.history import read_history
from netaudit.model.history.change import LoggedChange
from netaudit.timeline.log import entries

_PATIENCE = 120.0  # seconds for a look; a machine may be loaded
_MARK = "netaudit-mark"


class Watched:
    """A context manager: a watcher beside the host's programs, which sees their processes as the host's root does.

    Only the network is the lab host's: so /proc counts processes as the kernel does, which names who wrote. `rewound`
    is the number of the look up to which the log has been read.
    """

    def __init__(self, host: LabHost, store: Path, options: Sequence[str] = ()) -> None:
        self.host, self.store, self.options = host, store, tuple(options)
        self.said = store.with_name("watch.txt")
        self._process: subprocess.Popen[bytes] | None = None
        self._read = 1
        self._marks, self._own = 0, secrets.token_hex(4)  # a host may have been watched before, and keeps those marks

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.end(signal.SIGTERM)

    @property
    def pid(self) -> int:
        """Return the watcher's process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait for its first look."""
        before = self._looks()
        inside = f"/proc/{self.host.namespaces.pid}"
        watch = [sys.executable, "-m", "netaudit", "watch", "--store", str(self.store)]
        watch += ["--docker-host", f"unix://{inside}/root/run/docker.sock", *self.options]
        environment = self.host.environment({"PYTHONPATH": str(REPOSITORY)})
        with self.said.open("ab") as said:
            argv = ["nsenter", f"--net={inside}/ns/net", *watch]
            self._process = subprocess.Popen(argv, env=environment, stdout=said, stderr=said, start_new_session=True)
        self._until(lambda: self._looks() != before)

    def end(self, number: int = signal.SIGKILL) -> None:
        """End it."""
        assert self._process is not None
        os.kill(self._process.pid, number)
        self._process.wait(_PATIENCE)
        self._process = None

    def after(self, *commands: Sequence[str]) -> list[LoggedChange]:
        """Run commands on the host, and return the lines of the log that came of them."""
        for command in commands:
            self.host.run(list(command), timeout=_PATIENCE)
        return self.new()

    def new(self) -> list[LoggedChange]:
        """Return the lines of all that was done since this was last asked: a table of nft's is made to mark the end."""
        self._marks += 1
        mark = f"{_MARK}-{self._own}-{self._marks}"
        self.host.run(["nft", f"add table ip {mark}; add chain ip {mark} c"])
        self._until(lambda: any(_is_of(one, mark) for one in self._lines()))
        lines = self._lines(forget=True)
        return [one for one in lines if not _is_of(one, _MARK)]

    def wait_for(self, wanted: Callable[[LoggedChange], bool]) -> list[LoggedChange]:
        """Wait until the log has such a line; return all that are new."""
        self._until(lambda: any(wanted(one) for one in self._lines()))
        return [one for one in self._lines(forget=True) if not _is_of(one, _MARK)]

    def _lines(self, *, forget: bool = False) -> list[LoggedChange]:
        with closing(read_history(self.store)) as history:
            found = list(entries(history, self._read))
        if forget and found:
            self._read = found[-1].look.number + 1
        return [one.change for one in found]

    def _looks(self) -> tuple[int, str]:
        if not self.store.exists() or not self.store.stat().st_size:
            return 0, ""
        try:
            with closing(read_history(self.store)) as history:
                last = history.last()
        except HistoryError:  # it is being made
            last = None
        return (last.number, last.until) if last else (0, "")

    def _until(self, holds: Callable[[], bool]) -> None:
        end = monotonic() + _PATIENCE
        while not holds():
            assert self._process is not None
            if self._process.poll() is not None or monotonic() > end:
                raise LabError(f"the watcher has not seen it:\n{self.said.read_text()[-3000:]}")
            sleep(0.05)


def _is_of(one: LoggedChange, mark: str) -> bool:
    return any(rule.table == mark or (mark == _MARK and rule.table.startswith(mark)) for rule in one.rules)
