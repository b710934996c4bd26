"""Deliver alerts at the side: a place that answers slowly, or never, keeps nobody from watching.

Each place has a thread and a queue of its own. A queue has an end: what comes when it is full is counted, and the next
alert that is delivered says how many were lost.
"""

import queue
import threading
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Protocol

from netaudit.collect.asking.deadline import start_thread
from netaudit.model.history.alert import Alert

_ROOM = 1000  # alerts that wait
_PAUSES = (1.0, 4.0, 16.0, 60.0)  # seconds between attempts
_AT_THE_END = 5.0  # seconds for what still waits when the watch ends


class DeliveryError(Exception):
    """An alert could not be delivered; `final` where another attempt would not help."""

    def __init__(self, words: str, *, final: bool = False) -> None:
        super().__init__(words)
        self.final = final


class Sender(Protocol):
    """A place where alerts go; `place` names it without any secret."""

    place: str

    def send(self, alert: Alert, dropped: int) -> None:
        """Deliver one alert. Raises DeliveryError."""


class Outbox:
    """One place, with what waits for it."""

    def __init__(self, sender: Sender, complain: Callable[[str], None], pauses: Sequence[float] = _PAUSES) -> None:
        self._sender = sender
        self._complain = complain
        self._pauses = tuple(pauses)
        self._waiting: queue.Queue[Alert | None] = queue.Queue(_ROOM)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._dropped = 0
        self.lost = 0  # in all
        self._thread = start_thread(self._work)

    def put(self, alert: Alert) -> None:
        """Hand over an alert, and return at once."""
        try:
            self._waiting.put_nowait(alert)
        except queue.Full:
            self._lose()

    def close(self, seconds: float = _AT_THE_END) -> None:
        """Deliver what waits, for so many seconds at most."""
        end = monotonic() + seconds
        while not self._waiting.empty() and self._thread.is_alive() and monotonic() < end:
            self._over.wait(0.02)
        self._over.set()
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(max(end - monotonic(), 0.1))

    def _lose(self) -> None:
        with self._lock:
            self._dropped += 1
            self.lost += 1

    def _work(self) -> None:
        while (alert := self._waiting.get()) is not None:
            with self._lock:
                dropped, self._dropped = self._dropped, 0
            try:
                self._deliver(alert, dropped)
            except DeliveryError as error:
                with self._lock:
                    self._dropped += dropped
                self._lose()
                self._complain(f"{self._sender.place}: an alert was not delivered: {error}")

    def _deliver(self, alert: Alert, dropped: int) -> None:
        """Try several times. Raises DeliveryError."""
        for pause in self._pauses:
            try:
                return self._sender.send(alert, dropped)
            except DeliveryError as error:
                if error.final or self._over.wait(pause):
                    raise
        return self._sender.send(alert, dropped)
