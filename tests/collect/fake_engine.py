"""An engine that answers as it is told, and a dockerd in the eyes of the process table; run as a program.

    dockerd fake_engine.py SOCKET ANSWERS [arguments of dockerd]

ANSWERS is a JSON file: the end of a request's path -> [status, body, seconds to wait], or minus the
seconds between two bytes. In a body, "NEXT" is a number
that is another each time.
"""

import itertools
import json
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer

ANSWERS: dict[str, tuple[int, str, float]] = json.loads(Path(sys.argv[2]).read_text())
NUMBERS = itertools.count()
NOT_FOUND = (404, '{"message": "no such thing"}', 0.0)


class Engine(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        status, body, pause = next((a for end, a in ANSWERS.items() if path.endswith(end)), NOT_FOUND)
        body = body.replace('"NEXT"', str(next(NUMBERS)))
        time.sleep(max(pause, 0))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        for byte in body.encode() if pause < 0 else ():  # one by one, forever in time for the next
            self.wfile.write(bytes([byte]))
            time.sleep(-pause)
        if pause >= 0:
            self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass

    def address_string(self) -> str:
        return "a unix socket"


class Server(ThreadingUnixStreamServer):
    daemon_threads = True


if __name__ == "__main__":
    listening = Server(f"{sys.argv[1]}.new", Engine)
    Path(f"{sys.argv[1]}.new").rename(sys.argv[1])  # whoever waits for the socket finds somebody who listens
    listening.serve_forever()
