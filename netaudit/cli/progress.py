"""Say on standard error what takes long, while it does; nothing where nobody sits before a terminal."""

import os
import sys
import threading
import time
from collections.abc import Iterator
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
