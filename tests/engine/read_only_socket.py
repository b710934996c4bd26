"""A socket before Docker's that lets only GET through, and writes down each request; run as a program.

python read_only_socket.py SOCKET DOCKER_SOCKET LOG
"""

import os
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingUnixStreamServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lab.host import LabHost

SOCKET = "unix:///run/lab/read-only.sock"
_REFUSED = (
    b'HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 21\r\n\r\n{"message":"GET only"}'
)


class Proxy(StreamRequestHandler):
    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as engine:
            engine.connect(sys.argv[2])
            back = threading.Thread(target=self._answer, args=(engine,), daemon=True)
            back.start()
            while head := self._head():
                method, path = head.split(b" ", 2)[:2]
                with Path(sys.argv[3]).open("a") as log:
                    print(method.decode(), path.decode(), file=log)
                if method != b"GET":
                    self.wfile.write(_REFUSED)
                    break
                engine.sendall(head)
            engine.shutdown(socket.SHUT_WR)
            back.join(5)

    def _head(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) and line != b"\r\n":
            lines.append(line)
        return b"".join([*lines, b"\r\n"]) if lines else b""

    def _answer(self, engine: socket.socket) -> None:
        shutil.copyfileobj(engine.makefile("rb", 0), self.wfile)


@contextmanager
def read_only_socket(host: "LabHost", log: Path) -> Iterator[None]:
    """Put SOCKET before the engine's on this host."""
    path = SOCKET.removeprefix("unix://")
    host.run(["chmod", "755", "/run/lab"])
    proxy = host.popen([sys.executable, __file__, path, "/run/docker.sock", str(log)])
    try:
        host.run(["sh", "-c", f"until [ -e {path} ]; do sleep 0.05; done"])
        yield
    finally:
        os.killpg(proxy.pid, signal.SIGKILL)
        proxy.wait()


if __name__ == "__main__":
    place = Path(sys.argv[1])
    with ThreadingUnixStreamServer(f"{place}.new", Proxy) as server:
        server.daemon_threads = True
        Path(f"{place}.new").chmod(0o666)
        Path(f"{place}.new").rename(place)  # whoever waits for it finds somebody who listens
        server.serve_forever()
