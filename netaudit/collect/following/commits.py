"""The commits to nf_tables, for as long as the host runs: each with its process, handed over look by look."""

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import IO, Self

import msgspec

from netaudit.collect.asking.deadline import start_thread
from netaudit.collect.following import witness
from netaudit.model.observation import Commit

_MOST = 100_000  # commits between two looks; then the rest of them is not told apart any more
_PIPE = 1 << 20  # bytes that wait for this process
_PATIENCE = 30.0  # seconds until the witness listens
_LATE = 5.0  # seconds for a commit that is in a recording already, and not yet here
_LOST = "nf_tables is not listened to any more: the process that does has ended"


class CommitFollower:
    """A context manager: a process that listens, and a thread that takes what it says."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._heard = threading.Condition()
        self._commits: list[Commit] = []
        self._blind = ""
        self._listens = False
        self._ended = False
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        paths = os.pathsep.join(filter(None, sys.path))
        process = subprocess.Popen(
            [sys.executable, "-m", witness.__name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": paths},
        )
        self._stack.callback(process.wait)
        stdin, stdout = process.stdin, process.stdout
        assert stdin  # noqa: S101 (they are pipes)
        assert stdout  # noqa: S101
        with suppress(OSError):  # then it may have to wait for this process, which is busy with a look
            fcntl.fcntl(stdout, fcntl.F_SETPIPE_SZ, _PIPE)
        self._stack.callback(stdout.close)
        thread = start_thread(lambda: self._listen(stdout))
        self._stack.callback(thread.join)
        self._stack.callback(stdin.close)
        with self._heard:
            self._heard.wait_for(lambda: self._listens or self._ended, _PATIENCE)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def take(self, generation: int | None) -> tuple[tuple[Commit, ...], str]:
        """Hand over the commits up to a generation, and why some may be missing; later ones stay for the next look."""
        with self._heard:
            if generation is not None and self._commits:
                self._heard.wait_for(lambda: self._ended or self._commits[-1].generation >= generation, _LATE)
            taken = tuple(one for one in self._commits if generation is None or one.generation <= generation)
            del self._commits[: len(taken)]
            blind = self._blind
            if not self._ended:
                self._blind = ""
        return taken, blind

    def _listen(self, stdout: IO[bytes]) -> None:
        """Take frames until there are no more."""
        decoder = msgspec.msgpack.Decoder(witness.Heard)
        while len(length := stdout.read(witness.LENGTH)) == witness.LENGTH:
            self._take(decoder.decode(stdout.read(int.from_bytes(length, "big"))))
        with self._heard:
            self._ended = True
            self._blind = self._blind or _LOST
            self._heard.notify_all()
        self._wake()

    def _take(self, heard: witness.Heard) -> None:
        with self._heard:
            self._listens = True
            self._blind = heard.blind or self._blind
            if heard.commit is not None:
                self._commits.append(heard.commit)
            if len(self._commits) > _MOST:
                del self._commits[0]
                self._blind = "more was written between two looks than is kept"
            self._heard.notify_all()
        if heard.commit is not None:
            self._wake()
