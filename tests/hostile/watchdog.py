"""Stop a case that runs for too long: one timer of the processor's time for all cases, none for each."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

_MOST_BETWEEN = 0.5  # seconds between two looks
_EACH_BYTE = 2e-6  # seconds more: what is large takes longer, in step with its size


class SlowError(BaseException):
    """A case ran for too long; no code that catches exceptions may swallow it."""


class Watchdog:
    """Looks now and then whether the case that runs has run for too long."""

    def __init__(self, seconds: float) -> None:
        self._seconds = self._most = seconds
        self._begun: float | None = None

    @contextmanager
    def on_duty(self) -> Iterator["Watchdog"]:
        """Look now and then, as long as this context lasts."""
        between = min(_MOST_BETWEEN, self._seconds / 2)
        previous = signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, between, between)
        try:
            yield self
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, previous)

    def begin(self, size: int = 0) -> None:
        """Note that a case of so many bytes begins."""
        self._most = self._seconds + size * _EACH_BYTE
        self._begun = time.process_time()

    def end(self) -> float:
        """Note that the case has ended; gives the seconds of the processor that it took."""
        begun, self._begun = self._begun, None
        return time.process_time() - (begun or 0.0)

    def _look(self, _number: int, _frame: object) -> None:
        if self._begun is not None and time.process_time() - self._begun > self._most:
            self._late()

    def _late(self) -> NoReturn:
        raise SlowError(f"more than {self._most:.1f} s")
