"""Listen to what Docker tells of containers and networks; labels and images in it are not kept."""

import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Self

from netaudit.collect import threads
from netaudit.collect.docker import connect_engine, engine_failures
from netaudit.collect.elsewhere import why_elsewhere
from netaudit.collect.where import Where
from netaudit.model.witness import DockerEvent

_LINGER = 0.2  # seconds for what is on its way
# fmt: off
_ACTIONS = frozenset({
    "create", "start", "restart", "stop", "kill", "die", "oom", "pause", "unpause", "rename", "update", "destroy",
    "connect", "disconnect", "remove",
})
# fmt: on


class DockerListener:
    """A context manager: a thread that listens; `events` is to be read when it has ended."""

    def __init__(self, where: Where) -> None:
        self.events: list[DockerEvent] = []
        self._where = where
        self._stream: Any = None
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        if why_elsewhere(self._where):  # its events are not about this host
            self._listening.set()
            return self
        threads.start(self._thread)
        self._listening.wait(self._where.timeout)
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.ident is None:
            return
        self._thread.join(_LINGER)
        if self._stream is not None:
            with suppress(*engine_failures(), AttributeError):  # it has ended by itself
                self._stream.close()
        self._thread.join(_LINGER)

    def _listen(self) -> None:
        """Listen until the stream is closed; an engine that cannot be asked tells nothing."""
        try:
            with suppress(*engine_failures(), AttributeError), connect_engine(self._where) as client:
                self._stream = client.events(decode=True, filters={"type": ["container", "network"]})
                self._listening.set()
                self._take(self._stream)
        finally:
            self._listening.set()

    def _take(self, told: Iterable[Mapping[str, Any]]) -> None:
        for event in told:
            if event.get("Action") in _ACTIONS:
                self.events.append(_kept(event))


def _kept(event: Mapping[str, Any]) -> DockerEvent:
    actor = event.get("Actor") or {}
    attributes = actor.get("Attributes") or {}
    return DockerEvent(
        type=str(event.get("Type")),
        action=str(event.get("Action")),
        id=str(actor.get("ID")),
        name=str(attributes.get("name", "")),
        at=datetime.fromtimestamp(int(event.get("time", 0)), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        container=str(attributes.get("container", "")),
    )
