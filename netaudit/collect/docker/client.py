"""Ask Docker's API over HTTP; docker's own package finds the way there (sockets, TLS, ssh).

Its client is not used: it reads answers, error pages and the user's configuration without any limit.
"""

import os
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Self, TypeVar

from netaudit.bounded import UnfitError, decode_json
from netaudit.collect.asking.audit_log import announce
from netaudit.collect.asking.deadline import within
from netaudit.collect.asking.options import Where
from netaudit.release import RELEASE

if TYPE_CHECKING:
    from requests import Response, Session

T = TypeVar("T")
LARGEST_LIST = 64 << 20  # bytes; 30,000 containers are 50 MB
LARGEST_OBJECT = 8 << 20  # bytes; a container is 10 KB, a network with 10,000 containers 3 MB
_LARGEST_PAGE = 1 << 16  # bytes of an error page that are looked at
_LONGEST = 500  # characters of it that are shown
_WHOLE = 10  # times the time limit of one request: a question is many requests
_MARGIN = 1.0  # seconds; where nothing comes at all, requests' own limit is first, and closes its connection
_CHUNK = 1 << 16
_VERSION = re.compile(r"\d{1,3}\.\d{1,3}")
_GONE = 404


class EngineRefusalError(Exception):
    """The engine answered with an error; `explanation` is its own words."""

    def __init__(self, status: int, explanation: str) -> None:
        super().__init__(f"status {status}: {explanation}")
        self.is_gone = status == _GONE
        self.explanation = explanation


class EngineClient:
    """A context manager that asks in the engine's own version of the API.

    Each request has the time limit of `where`, from its first byte to the last of its answer.
    """

    def __init__(self, where: Where) -> None:
        self._timeout = where.timeout
        self._end = monotonic() + _WHOLE * where.timeout
        _knock(where)
        self._session, self._base = within(where.timeout, partial(_open_session, where))
        try:
            self._version = self._own_version()
        except BaseException:
            self._session.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def is_late(self) -> bool:
        """Tell whether the time for a whole question is over."""
        return monotonic() > self._end

    def ask(self, path: str, kind: type[T], *, most: int = LARGEST_OBJECT) -> T:
        """Ask in the engine's version. Raises what `engine_failures` names."""
        return self.get(self._version + path, kind, most=most)

    def get(self, path: str, kind: type[T], *, most: int = LARGEST_OBJECT) -> T:
        """Ask for JSON of a type."""
        announce("GET", path)
        return decode_json(within(self._timeout + _MARGIN, partial(self._fetch, path, most)), kind)

    def listen(self, path: str) -> "Response":
        """Ask for what the engine tells from now on."""
        announce("GET", self._version + path)
        return self._request(self._version + path, None)

    def _own_version(self) -> str:
        version = self.get("/version", dict[str, object])["ApiVersion"]
        if not isinstance(version, str) or not _VERSION.fullmatch(version):
            raise UnfitError("names no version of the API")
        return f"/v{version}"

    def _fetch(self, path: str, most: int) -> bytes:
        with closing(self._request(path, self._timeout)) as response:
            return b"".join(_parts(response, most))

    def _request(self, path: str, patience: float | None) -> "Response":
        """Send a request. A redirection is not followed: it would lead to somebody else's server."""
        response = self._session.get(
            self._base + path, stream=True, allow_redirects=False, timeout=(self._timeout, patience)
        )
        try:
            _require_answer(response)
        except BaseException:
            response.close()
            raise
        return response


def _require_answer(response: "Response") -> None:
    if response.status_code >= 400:
        raise EngineRefusalError(response.status_code, _explanation(response))
    if not 200 <= response.status_code < 300:
        raise UnfitError(f"has status {response.status_code}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise UnfitError("is packed, which was not asked for")


def _parts(response: "Response", most: int) -> Iterator[bytes]:
    """Return the body bit by bit. Not by `iter_content`: that reads a chunk's length, however long it is."""
    left = most
    while part := response.raw.read(_CHUNK, decode_content=False):
        left -= len(part)
        if left < 0:
            raise UnfitError(f"holds more than {most >> 20} MiB")
        yield part


def _explanation(response: "Response") -> str:
    """Return what an error page says, as far as it is read."""
    page: bytes = response.raw.read(_LARGEST_PAGE, decode_content=False)
    try:
        said = decode_json(page, dict[str, object]).get("message")
    except UnfitError:
        said = None
    words = said if isinstance(said, str) else page.decode(errors="replace")
    return " ".join(words.split())[:_LONGEST] or f"status {response.status_code}"


def _knock(where: Where) -> None:
    """Connect once, and say at first hand why it fails."""
    path = where.docker_socket()
    if path:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(where.timeout)
            announce("connect", path)
            connection.connect(path)


def _open_session(where: Where) -> "tuple[Session, str]":
    """Return a session that reaches the engine, and what its URLs begin with; as docker's own client makes it."""
    # Late: importing docker takes longer than all else that is done on a small host.
    from docker.utils import kwargs_from_env, parse_host  # noqa: PLC0415
    from requests import Session  # noqa: PLC0415

    address = kwargs_from_env({**os.environ, "DOCKER_HOST": where.docker_url()})
    tls = address.get("tls")
    base = str(parse_host(address["base_url"], False, bool(tls)))  # noqa: FBT003 (not on Windows)
    session = Session()
    session.headers.update({"User-Agent": f"netaudit/{RELEASE}", "Accept-Encoding": "identity"})
    if base.startswith("http+unix://"):
        return _over_socket(session, base, where.timeout)
    if base.startswith("ssh://"):
        return _over_ssh(session, base, where.timeout)
    if tls:
        tls.configure_client(session)  # type: ignore[arg-type]  # it sets what every session has
    return session, base


def _over_socket(session: "Session", base: str, timeout: float) -> "tuple[Session, str]":
    from docker.transport import UnixHTTPAdapter  # noqa: PLC0415

    session.mount("http+docker://", UnixHTTPAdapter(base, ceil(timeout)))
    return session, "http+docker://localhost"


def _over_ssh(session: "Session", base: str, timeout: float) -> "tuple[Session, str]":
    from docker.errors import DockerException  # noqa: PLC0415

    try:
        from docker.transport import SSHHTTPAdapter  # noqa: PLC0415
    except ImportError as error:
        raise DockerException("Install paramiko package to enable ssh:// support") from error
    session.mount("http+docker://", SSHHTTPAdapter(base, ceil(timeout)))
    return session, "http+docker://ssh"
