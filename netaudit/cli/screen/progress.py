"""Say on standard error what takes long, while it does; nothing where nobody sits before a terminal."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PATIENCE = 1.0  # seconds that need no word
_EVERY = 0.5


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Show what is being done and for how long; the line is gone when it is done."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    done = threading.Event()
    teller = threading.Thread(target=_print_waiting, args=(what, done), daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def _print_waiting(what: str, done: threading.Event) -> None:
    start = time.monotonic()
    wait = _PATIENCE
    printed = False
    while not done.wait(wait):
        sys.stderr.write(f"\r\x1b[Knetaudit: {what}, {time.monotonic() - start:.0f} s")
        sys.stderr.flush()
        wait, printed = _EVERY, True
    if printed:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


@contextmanager
def meter(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show how many of how many are done, how quickly, and what time is left; give what is to be told each number."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda done, total: None  # noqa: ARG005 (nobody looks)
        return
    shown = _Meter(what)
    try:
        yield shown.tell
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


class _Meter:
    """A line that says how far it is, at most twice a second."""

    def __init__(self, what: str) -> None:
        self._what, self._start, self._last = what, time.monotonic(), 0.0

    def tell(self, done: int, total: int) -> None:
        """Say that so many of so many are done."""
        now = time.monotonic()
        if now - self._last < _EVERY or now <= self._start:
            return
        self._last = now
        rate = done / (now - self._start)
        left = _time((total - done) / rate)
        sys.stderr.write(f"\r\x1b[Knetaudit: {self._what}, {done} of {total}, {rate:.1f}/s, {left} left")
        sys.stderr.flush()


def _time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
