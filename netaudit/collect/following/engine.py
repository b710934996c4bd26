"""The engine's events, for as long as the host runs: an engine that stops and starts again is an event too."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from netaudit.collect.asking.options import Where
from netaudit.collect.docker.events import DockerListener
from netaudit.model.observation import DAEMON, DockerEvent

_SOON, _LATE = 0.5, 10.0  # seconds between two attempts to reach the engine
_MOST = 100_000  # events between two looks


class EngineFollower(DockerListener):
    """A listener that comes back to an engine that was away."""

    def __init__(self, where: Where, wake: Callable[[], None]) -> None:
        super().__init__(where)
        self._wake = wake
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._answers = False
        self._was_there = False

    def __exit__(self, *_: object) -> None:
        self._over.set()
        super().__exit__(*_)

    @property
    def is_away(self) -> bool:
        """Tell whether an engine that was there does not answer now."""
        return self._was_there and not self._answers

    def keep(self, event: DockerEvent) -> None:
        """Keep an event, and wake the watcher."""
        with self._lock:
            self.events.append(event)
            del self.events[:-_MOST]
        self._wake()

    def take(self) -> tuple[DockerEvent, ...]:
        """Hand over the events so far."""
        with self._lock:
            taken = tuple(self.events)
            self.events.clear()
        return taken

    def listen(self) -> None:
        """Listen again and again; the first time that an engine answers is no event."""
        wait = _SOON
        while not self._over.is_set():
            self._answers = False
            self.listen_once()
            if self._answers and not self._over.is_set():
                self.turn("stop")
            wait = _SOON if self._answers else min(wait * 2, _LATE)
            self._over.wait(wait)

    def reached(self) -> None:
        """Say that the engine is back, where it was away before."""
        self._answers = True
        if self._was_there:
            self.turn("start")
        self._was_there = True

    def turn(self, action: str) -> None:
        """Keep it that the engine went away, or came back."""
        self.keep(_of_daemon(action))


class PodmanFollower(EngineFollower):
    """Podman's events, by its own socket: its service ends when nobody asks, which is no event."""

    @property
    def is_away(self) -> bool:
        """Tell that it never is."""
        return False

    def turn(self, action: str) -> None:
        """Do nothing: containers go on without it."""


def _of_daemon(action: str) -> DockerEvent:
    return DockerEvent(DAEMON, action, "", "", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
