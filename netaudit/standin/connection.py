"""One connection of a client: HTTP/1.1 requests, bounded, and the answers to them."""

import select
from http.server import BaseHTTPRequestHandler
from socket import MSG_DONTWAIT, MSG_PEEK
from threading import Event
from typing import Protocol, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec

from netaudit.bounded import UnfitError, decode_json
from netaudit.model.engine_request import EngineRequest, Json
from netaudit.plan.engine.answer import Answer, Delivery

LARGEST_BODY = 8 << 20  # bytes; the largest that Compose sends is a service with its environment
_PATIENCE = 30.0  # seconds for the rest of a request
_LOOK = 0.05  # seconds between looks at a connection that only waits


class Engine(Protocol):
    """What answers: Docker's stand-in, or Podman's."""

    @property
    def requests(self) -> tuple[EngineRequest, ...]:
        """Return the requests so far."""

    def headers(self) -> dict[str, str]:
        """Return how the engine names itself in each answer."""

    def handle(self, request: EngineRequest) -> Answer:
        """Answer a request, and change the inventory."""


class Answering(Protocol):
    """The server of a connection: an engine, and whether the plan is made."""

    @property
    def engine(self) -> Engine:
        """Return the engine."""

    ended: Event

    def answer(self, request: EngineRequest) -> Answer:
        """Answer one request."""


class Connection(BaseHTTPRequestHandler):
    """Read requests and send what the engine answers."""

    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE
    server: Answering  # type: ignore[assignment]  # the base says any server

    def do_any(self) -> None:
        """Answer one request of whatever method."""
        body = self._body()
        if body is None:
            self.close_connection = True
            return
        target = urlsplit(self.path)
        query = tuple(parse_qsl(target.query, keep_blank_values=True))
        answer = self.server.answer(EngineRequest(self.command, target.path, query, _json(body)))
        match answer.delivery:
            case Delivery.WHOLE | Delivery.LINES:
                self._send_whole(answer)
            case Delivery.STAYS_OPEN:
                self._stay_open()
            case Delivery.HIJACKED:
                self._hijack()

    do_GET = do_HEAD = do_POST = do_DELETE = do_PUT = do_PATCH = do_OPTIONS = do_any  # noqa: N815 (http.server's names)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's name)
        """Say nothing: what was asked is in the plan."""

    def version_string(self) -> str:
        """Name the engine as it names itself."""
        return self.server.engine.headers()["Server"]

    def _body(self) -> bytes | None:
        """Read a body; None where it is larger than any client's, or not of a length that is told."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return None
        return self.rfile.read(int(length))

    def _chunks(self) -> bytes | None:
        found = b""
        while True:
            line = self.rfile.readline(64).partition(b";")[0].strip()
            size = int(line, 16) if line and all(byte in b"0123456789abcdefABCDEF" for byte in line) else -1
            if size < 0 or len(found) + size > LARGEST_BODY:
                return None
            found += self.rfile.read(size)
            self.rfile.readline(64)
            if not size:
                return found

    def _send_whole(self, answer: Answer) -> None:
        if answer.delivery == Delivery.LINES:
            data = b"".join(msgspec.json.encode(line) + b"\n" for line in cast("list[Json]", answer.body))
        elif isinstance(answer.body, str):
            data = answer.body.encode()
        else:
            data = b"" if answer.body is None else msgspec.json.encode(answer.body) + b"\n"
        self._begin(answer.status, "text/plain" if isinstance(answer.body, str) else "application/json")
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD" and answer.status not in (204, 304):
            self.wfile.write(data)

    def _begin(self, status: int, kind: str) -> None:
        self.send_response(status)
        for name, value in self.server.engine.headers().items():
            if name != "Server":
                self.send_header(name, value)
        self.send_header("Content-Type", kind)

    def _stay_open(self) -> None:
        """Send nothing, until the client goes or the plan is made."""
        self._begin(200, "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        while not self.server.ended.wait(_LOOK):
            readable, _, _ = select.select([self.connection], [], [], 0)
            if readable and not self.connection.recv(1, MSG_PEEK | MSG_DONTWAIT):
                break

    def _hijack(self) -> None:
        """Make the connection the container's input and output, and end both."""
        self.close_connection = True
        if self.headers.get("Upgrade", "").lower() == "tcp":
            self.send_response(101, "UPGRADED")
            self.send_header("Connection", "Upgrade")
            self.send_header("Upgrade", "tcp")
        else:
            self.send_response(200)
        self.send_header("Content-Type", "application/vnd.docker.raw-stream")
        self.end_headers()


def _json(body: bytes) -> Json:
    try:
        return decode_json(body, object) if body else None
    except UnfitError:
        return None
