"""What to collect from, and how long to wait for it."""

import os

import msgspec

from netaudit.collect.asking.docker_context import context_url

_DEFAULT_SOCKET = "/var/run/docker.sock"
DEFAULT_DOCKER_HOST = f"unix://{_DEFAULT_SOCKET}"


class Where(msgspec.Struct, frozen=True):
    """This host, its Docker engine, and the patience for each of its programs.

    `docker_host` is a URL as in DOCKER_HOST; None means what the docker command would use: that variable, else the
    current context, else the local socket.
    `timeout` is in seconds, for each program and each request. `inside`: read the containers' own
    rules too.
    """

    docker_host: str | None = None
    timeout: float = 60.0
    inside: bool = False

    def docker_url(self) -> str:
        """Return the URL of the engine's API."""
        return self.docker_host or os.environ.get("DOCKER_HOST") or context_url() or DEFAULT_DOCKER_HOST

    def docker_socket(self) -> str | None:
        """Return the path of the engine's Unix socket; None where the API is reached over a network."""
        scheme, _, rest = self.docker_url().partition("://")
        return (rest or _DEFAULT_SOCKET) if scheme in ("unix", "http+unix") else None
