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
