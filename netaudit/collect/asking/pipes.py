"""Talk with a program that was started: what it prints is bounded in bytes and in time, and nothing of it stays.

A program that goes past a limit is ended with its whole process group.
"""

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import IO, Self

from netaudit.bounded import SMALL, UnfitError

# Bytes of standard output. 400,000 rules as nft's JSON are 190 MB.
MOST = 192 << 20
_CHUNK = 1 << 16
_GRACE = 5.0  # seconds for the kernel to end what was killed


def exchange(
    process: subprocess.Popen[bytes], seconds: float, *, most: int = MOST, feed: bytes = b""
) -> tuple[bytes, bytes]:
    """Feed a program, and return what it printed on standard output and on standard error, when it has ended.

    It has to lead its own process group. Raises TimeoutError, and UnfitError for more than `most` bytes of output or
    more than SMALL of complaints.
    """
    end = monotonic() + seconds
    try:
        with _Pipes(process, most, feed) as pipes:
            while pipes.are_open():
                pipes.wait(end)
            _wait(process, end)
            return pipes.output(), pipes.complaint()
    finally:
        end_group(process)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a program and all that it started. Until it is waited for here, its number cannot be another's."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE)
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()


class _Kept:
    """What came out of one pipe so far."""

    def __init__(self, name: str, most: int) -> None:
        self.name = name
        self.parts: list[bytes] = []
        self._most = self._left = most

    def add(self, part: bytes) -> None:
        self._left -= len(part)
        if self._left < 0:
            raise UnfitError(f"printed more than {self._most >> 20} MiB{self.name}")
        self.parts.append(part)


class _Pipes:
    """The pipes of a program, as a context manager."""

    def __init__(self, process: subprocess.Popen[bytes], most: int, feed: bytes) -> None:
        self._selector = selectors.DefaultSelector()
        self._output, self._complaint = _Kept("", most), _Kept(" of complaints", SMALL)
        self._feed = memoryview(feed)
        for pipe, kept in ((process.stdout, self._output), (process.stderr, self._complaint)):
            if pipe is not None:
                self._register(pipe, selectors.EVENT_READ, kept)
        if process.stdin is not None:
            self._register(process.stdin, selectors.EVENT_WRITE, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._selector.close()

    def are_open(self) -> bool:
        return bool(self._selector.get_map())

    def wait(self, end: float) -> None:
        """Take what comes, and give what is wanted. Raises TimeoutError, UnfitError."""
        left = end - monotonic()
        ready = self._selector.select(left) if left > 0 else []
        if not ready:
            raise TimeoutError
        for key, _ in ready:
            pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]
            if not (self._write(pipe) if key.data is None else self._read(pipe, key.data)):
                self._selector.unregister(pipe)
                with suppress(OSError):
                    pipe.close()

    def output(self) -> bytes:
        return b"".join(self._output.parts)

    def complaint(self) -> bytes:
        return b"".join(self._complaint.parts)

    def _register(self, pipe: IO[bytes], event: int, kept: _Kept | None) -> None:
        os.set_blocking(pipe.fileno(), False)
        self._selector.register(pipe, event, kept)

    def _read(self, pipe: IO[bytes], kept: _Kept) -> bool:
        """Tell whether there may be more."""
        part = os.read(pipe.fileno(), _CHUNK)
        kept.add(part)
        return bool(part)

    def _write(self, pipe: IO[bytes]) -> bool:
        """Tell whether there is more to write to somebody who reads."""
        try:
            self._feed = self._feed[os.write(pipe.fileno(), self._feed[:_CHUNK]) :]
        except BrokenPipeError:
            return False
        return bool(self._feed)


def _wait(process: subprocess.Popen[bytes], end: float) -> None:
    """Wait until a program has ended, and leave it to be collected: then its group can still be ended safely."""
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if monotonic() > end:
            raise TimeoutError
        time.sleep(0.001)
