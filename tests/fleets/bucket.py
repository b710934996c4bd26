"""A small S3: a bucket that lists and gives objects over HTTP, and that quotes who asks when it refuses."""

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

NAME = "recordings"
KEY, SECRET, TOKEN = "AKIAPLANTEDKEY00001", "planted/secret/0123456789abcdefghijklmno", "planted-session-token"


class _Handler(BaseHTTPRequestHandler):
    objects: ClassVar[Mapping[str, bytes]] = {}
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        key = unquote(asked.path).removeprefix(f"/{NAME}").lstrip("/")
        if f"Credential={KEY}/" not in self.headers.get("Authorization", ""):
            told = " ".join(f"{name}: {value}" for name, value in self.headers.items())
            self._answer(403, f"<Error><Code>AccessDenied</Code><Message>{told}</Message></Error>".encode())
        elif not key:
            self._answer(200, self._listing(parse_qs(asked.query).get("prefix", [""])[0]))
        elif self.objects.get(key):
            self._answer(200, self.objects[key])
        else:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def _listing(self, prefix: str) -> bytes:
        listed = "".join(
            f"<Contents><Key>{key}</Key><LastModified>2026-11-28T06:00:00.000Z</LastModified>"
            f"<ETag>&quot;{_tag(data)}&quot;</ETag><Size>{len(data)}</Size></Contents>"
            for key, data in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        head = f"<Name>{NAME}</Name><Prefix>{prefix}</Prefix><IsTruncated>false</IsTruncated>"
        return f'<?xml version="1.0"?><ListBucketResult>{head}{listed}</ListBucketResult>'.encode()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", f'"{_tag(body)}"')
        self.send_header("Last-Modified", "Sat, 28 Nov 2026 06:00:00 GMT")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _tag(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


@contextmanager
def bucket(objects: Mapping[str, bytes]) -> Iterator[dict[str, str]]:
    """Serve objects, an empty one listed but gone when it is asked for; give the environment that leads there."""
    handler = type("Handler", (_Handler,), {"objects": objects})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield {
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
                "AWS_ACCESS_KEY_ID": KEY,
                "AWS_SECRET_ACCESS_KEY": SECRET,
                "AWS_SESSION_TOKEN": TOKEN,
                "AWS_REGION": "eu-central-1",
            }
        finally:
            server.shutdown()
