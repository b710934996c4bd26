"""Listen to Docker's events of containers and networks; labels and images in it are not kept."""

import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

import msgspec

from netaudit.bounded import SMALL, UnfitError, decode_json
from netaudit.collect.asking.deadline import NoThreadError, start_thread
from netaudit.collect.asking.options import Where
from netaudit.collect.docker.client import EngineClient
from netaudit.collect.docker.engine import engine_failures
from netaudit.collect.docker.locality import why_not_local
from netaudit.model.observation import DockerEvent

if TYPE_CHECKING:
    from requests import Response

_QUESTION = "/events?" + urlencode({"filters": '{"type": ["container", "network"]}'})
_MOST = 100_000  # events; then no more is listened to
_CHUNK = 1 << 16
_LINGER = 0.2  # seconds for what is on its way
# fmt: off
_ACTIONS = frozenset({
    "create", "start", "restart", "stop", "kill", "die", "oom", "pause", "unpause", "rename", "update", "destroy",
    "connect", "disconnect", "remove",
})
# fmt: on


class _Actor(msgspec.Struct):
    id: str = msgspec.field(name="ID", default="None")
    attributes: dict[str, str] = msgspec.field(name="Attributes", default_factory=dict)


class _Event(msgspec.Struct):
    type: str = msgspec.field(name="Type", default="None")
    action: str = msgspec.field(name="Action", default="")
    actor: _Actor = msgspec.field(name="Actor", default_factory=_Actor)
    time: int = 0


class DockerListener:
    """A context manager: a thread that listens; `events` is to be read when it has ended."""

    def __init__(self, where: Where) -> None:
        self.events: list[DockerEvent] = []
        self._where = where
        self._stream: Any = None
        self._listening = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if why_not_local(self._where):  # its events are not about this host
            return self
        with suppress(NoThreadError):  # then nobody listens; the questions to the engine report it
            self._thread = start_thread(self.listen)
            self._listening.wait(self._where.timeout)
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is None:
            return
        self._thread.join(_LINGER)
        if self._stream is not None:
            with suppress(*engine_failures(), AttributeError):  # it has ended by itself
                self._stream.close()
        self._thread.join(_LINGER)

    def listen(self) -> None:
        """Listen once."""
        self.listen_once()

    def reached(self) -> None:
        """Do what is to be done when the engine has answered."""

    def keep(self, event: DockerEvent) -> None:
        """Keep an event."""
        self.events.append(event)

    def listen_once(self) -> None:
        """Listen until the stream is closed; an engine that cannot be asked tells nothing."""
        from docker.types import CancellableStream  # noqa: PLC0415 (late: it is slow to import)

        try:
            with (
                suppress(*engine_failures(), AttributeError),
                EngineClient(self._where) as client,
                closing(client.listen(_QUESTION)) as response,
            ):
                self._stream = CancellableStream(_lines(response), response)
                self._listening.set()
                self.reached()
                self._take(self._stream)
        finally:
            self._listening.set()

    def _take(self, lines: Iterator[bytes]) -> None:
        """Keep the events that matter; a line that is not an event is skipped."""
        for line in lines:
            with suppress(ValueError, OverflowError, OSError):  # the last two: a time that no calendar has
                event = decode_json(line, _Event)
                if event.action in _ACTIONS:
                    self.keep(_kept(event))
            if len(self.events) >= _MOST:
                return


def _lines(response: "Response") -> Iterator[bytes]:
    """Return the lines as they come. Raises UnfitError for one without an end."""
    pending = b""
    while part := _some(response.raw):
        *lines, pending = (pending + part).split(b"\n")
        yield from filter(None, lines)
        if len(pending) > SMALL:
            raise UnfitError("is a line without an end")


def _some(raw: Any) -> bytes:  # noqa: ANN401 (urllib3's, of several versions)
    """Wait for some bytes; urllib3 before 2 has no way to say so but one by one."""
    if hasattr(raw, "read1"):
        return bytes(raw.read1(_CHUNK, decode_content=False))
    return bytes(raw.read(1, decode_content=False))


def _kept(event: _Event) -> DockerEvent:
    attributes = event.actor.attributes
    return DockerEvent(
        type=event.type,
        action=event.action,
        id=event.actor.id,
        name=attributes.get("name", ""),
        at=datetime.fromtimestamp(event.time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        container=attributes.get("container", ""),
    )
