"""The web server: loopback or a socket of the file system, GET alone, one page at a time."""

import html
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from netaudit.errors import NetauditError, UsageError
from netaudit.loopback import LocalServer, Place, Quiet
from netaudit.report.text.sanitize import visible
from netaudit.serving.access import Access, names_of, split_token
from netaudit.serving.pages import Pages

_PATIENCE = 10.0  # seconds for a request to come
_AT_ONCE = 16  # connections
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
_NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'"


class PageServer(LocalServer):
    """Serves pages until `shutdown`."""

    def __init__(self, place: Place, pages: Pages, token: str) -> None:
        self.pages = pages
        self.working = threading.Lock()  # pages cost processor time: one at a time
        try:
            super().__init__(place, _Handler, _AT_ONCE)
        except OSError as error:
            raise UsageError(f"cannot listen there: {error.strerror}", hint="give --listen another place") from error
        self.access = Access(token, frozenset() if isinstance(place, Path) else names_of(self.port))


class _Handler(Quiet, BaseHTTPRequestHandler):
    server: PageServer
    timeout = _PATIENCE
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        """Answer: first who asks, then what."""
        access, parts = self.server.access, urlsplit(self.path)
        headers = dict(self.headers.items())
        if not access.knows_host(headers):
            self._refuse(421, "this server is called 127.0.0.1 or localhost")
            return
        token, rest = split_token(parts.query)
        if access.is_token(token):  # the token goes from the address into a cookie: addresses are kept and shown
            self._redirect(parts.path + (f"?{rest}" if rest else ""))
        elif not access.knows_token(headers):
            self._refuse(401, "this page needs the token: open the address that `netaudit serve` printed")
        elif made := self.server.pages.find(parts.path):
            self._show(lambda: made(dict(parse_qsl(parts.query))))
        else:
            self._refuse(404, "there is no such page")

    def _show(self, made: Callable[[], str]) -> None:
        try:
            with self.server.working:
                page = made()
        except NetauditError as error:
            self._refuse(400, f"{error.message} ({error.hint})" if error.hint else error.message)
            return
        policy = _POLICY.search(page)  # by the hashes of its own style and script
        self._answer(
            200,
            page.encode(errors="replace"),
            "text/html; charset=utf-8",
            html.unescape(policy[1]) if policy else _NOTHING,
        )

    def _redirect(self, path: str) -> None:
        self.send_response(303)
        self.send_header("Location", f"/{path.lstrip('/')}")
        self.send_header("Set-Cookie", self.server.access.cookie())
        self._finish(b"")

    def _refuse(self, status: int, words: str) -> None:
        self._answer(status, f"netaudit: {visible(words)}\n".encode(errors="replace"), "text/plain; charset=utf-8")

    def _answer(self, status: int, data: bytes, kind: str, policy: str = _NOTHING) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self._finish(data, policy)

    def _finish(self, data: bytes, policy: str = _NOTHING) -> None:
        self.send_header("Content-Security-Policy", f"{policy}; frame-ancestors 'none'")
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(data)
