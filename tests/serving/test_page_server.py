"""The server of pages: who has no token sees nothing, nothing can be changed, and pages are what they say."""

import http.client
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace
from programs import ONE_PORT, run_inside

from netaudit.errors import UsageError
from netaudit.history import make_history
from netaudit.model.history.look import Origin
from netaudit.model.observation import DockerEvent, Observation
from netaudit.serving.pages import Pages
from netaudit.serving.server import PageServer
from netaudit.store import load
from netaudit.timeline.between import changes_between

TOKEN = "0123456789abcdef"  # noqa: S105 (of this test alone)
Ask = Callable[..., tuple[int, dict[str, str], str]]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the history of a host on which `web` was started."""
    path = tmp_path_factory.mktemp("served") / "history.sqlite"
    before, after = (replace(load(ONE_PORT / step), host="lab<b>") for step in ("00", "01"))
    before = replace(before, taken_at="2026-11-27T12:00:00Z")
    after = replace(after, taken_at="2026-11-27T13:00:00Z")
    event = DockerEvent("container", "start", "x", "web", "2026-11-27T12:59:58Z")
    with closing(make_history(path)) as history:
        history.add(before, Origin.WATCH)
        history.add(after, Origin.WATCH, changes_between(before, after, before.taken_at, Observation(events=(event,))))
    return path


@contextmanager
def serving(place: tuple[str, int] | Path, store: Path) -> Iterator[PageServer]:
    with PageServer(place, Pages(store), TOKEN) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def ask(store: Path) -> Iterator[Ask]:
    with serving(("127.0.0.1", 0), store) as server:

        def get(path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], str]:
            known = {"Authorization": f"Bearer {TOKEN}", **headers}
            with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
                connection.request(method, path, headers={name: value for name, value in known.items() if value})
                answer = connection.getresponse()
                return answer.status, dict(answer.getheaders()), answer.read().decode()

        yield get


@pytest.mark.parametrize("path", ["/", "/timeline", "/host", "/compare", "/nowhere", "/?token=0123456789abcdeg"])
def test_without_the_token_nothing_is_shown(ask: Ask, path: str) -> None:
    status, _, text = ask(path, Authorization="")
    assert status == 401
    assert "lab" not in text
    assert TOKEN not in text


def test_the_token_goes_from_the_address_into_a_cookie_that_scripts_and_other_sites_do_not_get(ask: Ask) -> None:
    status, headers, _ = ask(f"/timeline?since=1d&token={TOKEN}", Authorization="")
    assert (status, headers["Location"]) == (303, "/timeline?since=1d")
    cookie, *properties = headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict"} <= set(properties)
    assert ask("/", Authorization="", Cookie=cookie)[0] == 200
    status, headers, _ = ask(f"//evil.example/?token={TOKEN}", Authorization="")
    assert headers["Location"].startswith("/evil.example") or status == 421


@pytest.mark.parametrize("name", ["evil.example", "evil.example:80", "127.0.0.1", "127.0.0.1:1"])
def test_a_browser_that_was_led_here_by_another_name_sees_nothing(ask: Ask, name: str) -> None:
    status, _, text = ask(f"/?token={TOKEN}", Host=name)
    assert status == 421
    assert "lab" not in text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT"])
def test_there_is_no_verb_but_get(ask: Ask, method: str) -> None:
    assert ask("/", method)[0] == 501


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/", "container web (start)"),
        ("/timeline", "2 ports opened to the outside"),
        ("/host?at=1", "lab"),
        ("/compare?from=1&to=2", "web"),
    ],
)
def test_each_page_forbids_all_but_itself(ask: Ask, path: str, wanted: str) -> None:
    status, headers, text = ask(path)
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert policy.endswith("; frame-ancestors 'none'")
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert wanted in text
    assert "lab<b>" not in text


def test_two_looks_compared_have_the_findings_that_came_and_those_that_went(ask: Ask) -> None:
    opened, closed = (ask(f"/compare?from={one}&to={other}")[2] for one, other in ((1, 2), (2, 1)))
    assert "New findings by severity" in opened
    assert "Newly open" in opened
    assert "No longer found: container web: Open at its own address" in closed


@pytest.mark.parametrize("path", ["/host?at=99", "/host?at=%1b[31m", "/compare?from=nonsense", "/timeline?since=never"])
def test_what_cannot_be_answered_is_one_line_that_says_why(ask: Ask, path: str) -> None:
    status, headers, text = ask(path)
    assert (status, headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
    assert text.startswith("netaudit: ")
    assert "\x1b" not in text


def test_a_socket_of_the_file_system_is_its_owners_alone(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "serve.sock"
    with serving(path, store), socket.socket(socket.AF_UNIX) as connection:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        connection.connect(str(path))
        connection.sendall(f"GET / HTTP/1.0\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode())
        connection.settimeout(60)
        assert connection.recv(100).startswith(b"HTTP/1.0 200")
    with pytest.raises(UsageError):
        PageServer(tmp_path / "no" / "folder", Pages(store), TOKEN)


@pytest.mark.parametrize("place", ["0.0.0.0:80", "192.0.2.1:80", "[::]:1", "localhost:1", "8642"])
def test_only_loopback_is_served(place: str, store: Path) -> None:
    done = run_inside("serve", "--listen", place, "--store", store)
    assert done.returncode == 2
    assert "only loopback" in done.stderr


@pytest.mark.parametrize("text", ["short", "0123456789abcdef; Path=/", "0123456789abcd\u00e9f"])
def test_a_token_that_is_none_is_refused(text: str, store: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(text)
    (tmp_path / "token").chmod(0o600)
    assert run_inside("serve", "--token-file", tmp_path / "token", "--store", store).returncode == 2
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "token").chmod(0o644)
    assert "others may read" in run_inside("serve", "--token-file", tmp_path / "token", "--store", store).stderr
