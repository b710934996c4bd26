"""Alerts to a web server: the alert as JSON, signed where there is a key.

`Netaudit-Signature: t=SECONDS,v1=DIGITS`: HMAC-SHA256 over `SECONDS.BODY`, so that neither can be changed, and an old
message can be told from a new one. No redirect is followed, and of the address only the host is ever shown: its path is
often a secret.
"""

import hmac
import http.client
import ssl
import time
from contextlib import closing
from urllib.parse import urlsplit

from netaudit.errors import UsageError
from netaudit.model.history.alert import Alert
from netaudit.release import RELEASE
from netaudit.report.json.alert import render_alert
from netaudit.watching.outbox import DeliveryError

_PATIENCE = 10.0  # seconds without a byte
_AGAIN = frozenset({408, 425, 429})  # refusals that another attempt may not meet
_MOST = 1 << 16  # bytes of an answer


class Webhook:
    """A web server, and the key that signs."""

    def __init__(self, url: str, key: bytes = b"") -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError("--webhook is no address of a web server", hint="such as https://alerts.example.net/hook")
        if parts.username or parts.password:
            raise UsageError("--webhook holds a password", hint="leave it out: --webhook-key signs what is sent")
        self._parts, self._port, self._key = parts, _port(url), key
        self.place = f"--webhook {parts.hostname}"

    def send(self, alert: Alert, dropped: int) -> None:
        """Deliver one alert. Raises DeliveryError."""
        body = render_alert(alert, dropped=dropped)
        path = (self._parts.path or "/") + (f"?{self._parts.query}" if self._parts.query else "")
        try:
            with closing(self._connect()) as connection:
                connection.request("POST", path, body, _headers(body, self._key))
                answer = connection.getresponse()
                answer.read(_MOST)
        except (OSError, http.client.HTTPException) as error:
            raise DeliveryError(str(error) or type(error).__name__) from error
        if not 200 <= answer.status < 300:
            final = answer.status < 500 and answer.status not in _AGAIN
            raise DeliveryError(f"it answered {answer.status}", final=final)

    def _connect(self) -> http.client.HTTPConnection:
        name = str(self._parts.hostname)
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(name, self._port, timeout=_PATIENCE)
        return http.client.HTTPSConnection(name, self._port, timeout=_PATIENCE, context=ssl.create_default_context())


def sign(body: bytes, key: bytes, at: int) -> str:
    """Return the value of the header that signs a message."""
    return f"t={at},v1={hmac.new(key, b'%d.' % at + body, 'sha256').hexdigest()}"


def _headers(body: bytes, key: bytes) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "User-Agent": f"netaudit/{RELEASE}"}
    return {**headers, "Netaudit-Signature": sign(body, key, int(time.time()))} if key else headers


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError as error:
        raise UsageError("--webhook has no such port", hint="such as https://alerts.example.net:8443/hook") from error
