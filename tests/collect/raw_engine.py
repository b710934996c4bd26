"""An engine that answers with raw bytes, as many as it likes; a thread of the test."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import repeat
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer

VERSION = '{"ApiVersion": "1.41", "Version": "20.10.24"}'
Raw = Iterable[bytes]


def answer(body: str, *, status: str = "200 OK", length: int | None = None) -> list[bytes]:
    """Write an answer; `length` is what it claims, if that is not true."""
    data = body.encode()
    claimed = len(data) if length is None else length
    return [f"HTTP/1.1 {status}\r\nContent-Length: {claimed}\r\n\r\n".encode(), data]


def without_end(begin: str, part: bytes) -> Iterable[bytes]:
    """Write an answer that goes on."""
    yield f"HTTP/1.1 {begin}".encode()
    yield from repeat(part)


@contextmanager
def raw_engine(socket: Path, answers: Mapping[str, Raw]) -> Iterator[list[str]]:
    """Serve answers by the end of a request's path, and give the paths that were asked for."""
    asked: list[str] = []

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                while line := self.rfile.readline().decode():
                    path = line.split()[1]
                    asked.append(path)
                    while self.rfile.readline() not in (b"\r\n", b""):
                        continue
                    bare = path.partition("?")[0]
                    found = next((raw for end, raw in answers.items() if bare.endswith(end)), None)
                    for part in answer("{}", status="404 Not Found") if found is None else found:
                        self.wfile.write(part)

    class Server(ThreadingUnixStreamServer):
        daemon_threads = True
        block_on_close = False

    with Server(str(socket), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()
