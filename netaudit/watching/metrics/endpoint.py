"""Numbers on a page that only this host can ask: `http://127.0.0.1:PORT/metrics`."""

import ipaddress
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from netaudit.collect.asking.deadline import start_thread
from netaudit.errors import UsageError

_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_PATIENCE = 5.0  # seconds for one request
_AT_ONCE = 8  # requests


class Endpoint:
    """A context manager: the page is there as long as it lasts. Raises UsageError for an address beyond loopback."""

    def __init__(self, address: str, text: Callable[[], bytes]) -> None:
        host, port = read_address(address, "--metrics-listen")
        try:
            self._server = _Server((host, port), text)
        except OSError as error:
            raise UsageError(f"--metrics-listen {address}: {error.strerror}", hint="give another port") from error

    @property
    def port(self) -> int:
        """Return the port, also where 0 was asked for."""
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        start_thread(lambda: self._server.serve_forever(0.5))
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def read_address(text: str, option: str) -> tuple[str, int]:
    """Read an address of loopback and a port, such as 127.0.0.1:9477. Raises UsageError."""
    host, _, port = text.rpartition(":")
    try:
        loopback = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = False
    if not loopback or not port.isdecimal() or int(port) > 65535:
        raise UsageError(f"{option} {text}: only loopback is served", hint="such as 127.0.0.1:9477")
    return host.strip("[]"), int(port)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 16

    def __init__(self, address: tuple[str, int], text: Callable[[], bytes]) -> None:
        if ":" in address[0]:
            self.address_family = 10  # AF_INET6
        self.text = text
        self.slots = threading.BoundedSemaphore(_AT_ONCE)
        super().__init__(address, _Page)

    def process_request(self, request: object, client_address: object) -> None:
        """Refuse more at once than a scraper needs."""
        if not self.slots.acquire(blocking=False):
            self.shutdown_request(request)  # type: ignore[arg-type]
            return
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Answer, and make room."""
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            self.slots.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a connection that is closed early is no error of the watch."""


class _Page(BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE
    server_version, sys_version = "netaudit", ""

    def do_GET(self) -> None:
        """Answer."""
        if self.path != "/metrics":
            self.send_error(404)
            return
        data = self.server.text()
        self.send_response(200)
        self.send_header("Content-Type", _TYPE)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write no line for a request."""
