"""Web servers that only this host can ask: addresses of loopback, few requests at once."""

import ipaddress
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from netaudit.errors import UsageError

Place = tuple[str, int] | Path  # an address of loopback and a port, or a socket of the file system


class LocalServer(ThreadingHTTPServer):
    """Answers until `shutdown`; of more requests at once than `at_once` the connection is closed. Raises OSError."""

    daemon_threads = True

    def __init__(self, place: Place, handler: type[BaseHTTPRequestHandler], at_once: int) -> None:
        self._slots = threading.BoundedSemaphore(at_once)
        if isinstance(place, Path):
            self.address_family = socket.AF_UNIX
        elif ":" in place[0]:
            self.address_family = socket.AF_INET6
        super().__init__(str(place) if isinstance(place, Path) else place, handler)  # type: ignore[arg-type]

    @property
    def port(self) -> int:
        """Return the port, also where 0 was asked for."""
        return int(self.server_address[1])

    def server_bind(self) -> None:
        """Bind; the name of this host is not looked up, and a socket of the file system is its owner's alone."""
        if self.address_family != socket.AF_UNIX:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        if self.address_family == socket.AF_UNIX:
            Path(str(self.server_address)).chmod(0o600)
        self.server_address = self.socket.getsockname()

    def process_request(self, request: object, client_address: object) -> None:
        """Refuse more at once than there is room for."""
        if not self._slots.acquire(blocking=False):
            self.shutdown_request(request)  # type: ignore[arg-type]
            return
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Answer, and make room."""
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            self._slots.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a client that closes its connection early is no error."""


class Quiet:
    """For a handler of requests, before its base: it tells nobody which Python answers, and writes no line."""

    server_version, sys_version = "netaudit", ""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write no line for a request: addresses hold what was asked for."""


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
