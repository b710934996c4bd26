"""The stand-in engine on a unix socket, for one client."""

import socketserver
import sys
import threading
from pathlib import Path
from time import monotonic

from netaudit.model.engine_request import EngineRequest
from netaudit.plan.engine.answer import Answer, Delivery
from netaudit.standin.connection import Connection, Engine

MOST_REQUESTS = 20_000


class EngineServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Answers on a socket; requests change the engine one after the other."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, socket: Path, engine: Engine) -> None:
        super().__init__(str(socket), Connection)
        self.engine = engine
        self.ended = threading.Event()
        self.failure: BaseException | None = None
        self._lock = threading.Lock()
        self._active = 0
        self._open = 0
        self._last = monotonic()

    def handle_error(self, request: object, client_address: object) -> None:
        """Pass over a client that went away; what else fails is a bug, and the plan fails with it."""
        del request, client_address
        error = sys.exception()
        if not isinstance(error, ConnectionError | TimeoutError):
            self.failure = error

    def answer(self, request: EngineRequest) -> Answer:
        """Answer one request."""
        with self._lock:
            self._last = monotonic()
            if len(self.engine.requests) >= MOST_REQUESTS:
                return Answer(503, {"message": f"more than {MOST_REQUESTS} requests are not planned"})
            found = self.engine.handle(request)
            self._open += found.delivery == Delivery.STAYS_OPEN
            return found

    def only_waits(self, seconds: float) -> bool:
        """Tell whether the client asked nothing for a while, and waits for events."""
        with self._lock:
            return self._open > 0 and monotonic() - self._last > seconds
