"""Numbers on a page that only this host can ask: `http://127.0.0.1:PORT/metrics`."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Self

from netaudit.collect.asking.deadline import start_thread
from netaudit.errors import UsageError
from netaudit.loopback import LocalServer, Quiet, read_address

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
        return self._server.port

    def __enter__(self) -> Self:
        start_thread(lambda: self._server.serve_forever(0.5))
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(LocalServer):
    request_queue_size = 16

    def __init__(self, address: tuple[str, int], text: Callable[[], bytes]) -> None:
        self.text = text
        super().__init__(address, _Page, _AT_ONCE)


class _Page(Quiet, BaseHTTPRequestHandler):
    server: _Server
    timeout = _PATIENCE

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
