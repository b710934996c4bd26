"""An engine that says odd things, or too much: a gap, and what else it says is kept."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from collect_hosts import REPOSITORY
from raw_engine import VERSION, Raw, answer, raw_engine, without_end
from sampling import every

from netaudit.collect.asking.answer import Answer, Answered
from netaudit.collect.asking.options import DEFAULT_DOCKER_HOST, Where
from netaudit.collect.asking.url import shown_url, without_credentials
from netaudit.collect.docker.config import ask_daemon
from netaudit.collect.docker.engine import ask_engine, ask_objects
from netaudit.collect.docker.events import DockerListener
from netaudit.model.facts import Gap, GapReason, Source

CONTAINERS, NETWORKS = Source.DOCKER_CONTAINERS, Source.DOCKER_NETWORKS
GOOD = '{"Id": "good", "Created": "2026-01-01T00:00:00Z"}'
DEEP = "[" * 200_000 + "]" * 200_000


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DOCKER_TLS_VERIFY", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def socket() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="nac-") as folder:
        yield Path(folder) / "docker.sock"


def _ask(socket: Path, answers: dict[str, Raw], timeout: float = 5) -> list[Answer]:
    begin = {"/version": answer(VERSION), "/info": answer("{}"), "/networks": answer("[]")}
    with raw_engine(socket, {**begin, "/containers/json": answer("[]"), **answers}):
        where = Where(docker_host=f"unix://{socket}", timeout=timeout)
        return [*ask_engine(where), *ask_objects(where)]


def _gaps(answers: list[Answer]) -> dict[str, tuple[GapReason, str]]:
    return {one.source: (one.reason, one.detail.partition(": ")[2]) for one in answers if isinstance(one, Gap)}


LISTS = {
    "null": "null",
    "a number": "5",
    "an object": "{}",
    "a text": '"aa"',
    "nothing": "",
    "deep": DEEP,
    "a huge number": "9" * 10_000,
    "no UTF-8": "\udcff",
    "two values": "[] []",
}


@pytest.mark.parametrize("what", LISTS)
def test_a_list_that_is_none_is_one_gap_and_the_rest_is_kept(socket: Path, what: str) -> None:
    body = LISTS[what].encode(errors="surrogateescape").decode("latin-1")
    answers = _ask(socket, {"/containers/json": answer(body)})
    assert list(_gaps(answers)) == [CONTAINERS]
    assert _gaps(answers)[CONTAINERS][0] is GapReason.INVALID
    assert [one.source for one in answers if isinstance(one, Answered)][-1] == NETWORKS


ODD = {
    "Created is a number": '{"Id": "odd", "Created": 1}',
    "Created is missing": '{"Id": "odd"}',
    "Id is a list": '{"Id": ["odd"], "Created": "2026-01-01T00:00:00Z"}',
    "null": "null",
    "a list": "[]",
    "deep": f'{{"Id": "odd", "Created": "", "State": {DEEP}}}',
    "cut": '{"Id": "od',
    "large": '{"Id": "odd", "Created": "' + "x" * (9 << 20) + '"}',
}


@pytest.mark.parametrize("what", ODD)
def test_one_odd_container_is_told_and_the_others_are_kept(socket: Path, what: str) -> None:
    odd, good = answer(ODD[what]), answer(GOOD)
    listed = answer('[{"Id": "odd"}, {"Id": "good"}]')
    answers = _ask(socket, {"/containers/json": listed, "/odd/json": odd, "/good/json": good})
    said = next(one for one in answers if isinstance(one, Answered) and one.source is CONTAINERS)
    assert [one["Id"] for one in json.loads(said.data)] == ["good"]
    reason, detail = _gaps(answers)[CONTAINERS]
    assert reason is GapReason.PARTIAL
    assert detail.startswith("1 of 2 could not be read: the answer is not what an engine says: ")


@pytest.mark.parametrize("item", ["null", "5", "[]", "{}", '{"Id": 5}', '{"Id": null}'])
def test_one_odd_item_of_a_list_is_told_and_the_others_are_kept(socket: Path, item: str) -> None:
    answers = _ask(socket, {"/containers/json": answer(f'[{item}, {{"Id": "good"}}]'), "/good/json": answer(GOOD)})
    assert _gaps(answers)[CONTAINERS][0] is GapReason.PARTIAL
    assert any(isinstance(one, Answered) and one.source is CONTAINERS for one in answers)


def test_an_id_is_one_part_of_a_path_whatever_it_holds(socket: Path) -> None:
    with raw_engine(
        socket, {"/version": answer(VERSION), "/containers/json": answer('[{"Id": "../../../x?y#z"}]')}
    ) as asked:
        list(ask_objects(Where(docker_host=f"unix://{socket}", timeout=5)))
    assert "/v1.41/containers/..%2F..%2F..%2Fx%3Fy%23z/json" in asked


@pytest.mark.parametrize("version", ['"1.41/../../x"', "5", "null", '"' + "9" * 100 + '"', '"1.41\\n"'])
def test_an_odd_version_of_the_api_is_not_asked_for(socket: Path, version: str) -> None:
    answers = _ask(socket, {"/version": answer(f'{{"ApiVersion": {version}}}')})
    assert {reason for reason, _ in _gaps(answers).values()} == {GapReason.INVALID}
    assert len(_gaps(answers)) == 4


BROKEN: dict[str, Callable[[], Raw]] = {
    "a longer body is announced": lambda: answer("[]", length=100),
    "a shorter body is announced": lambda: answer('[{"Id": "good"}]', length=3),
    "no HTTP": lambda: [b"hello\r\n\r\n"],
    "an odd status": lambda: [b"HTTP/1.1 abc OK\r\n\r\n"],
    "a bad chunk": lambda: [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
    "a redirection": lambda: [b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"],
    "packed": lambda: [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\n\x1f"],
    "many heads": lambda: [b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\n"],
    "an error page of an odd kind": lambda: answer("[5]", status="500 Oops"),
    "an error page that is deep": lambda: answer(DEEP, status="500 Oops"),
    "an error whose words are none": lambda: answer('{"message": [1]}', status="500 Oops"),
    "an empty error": lambda: answer("", status="500 Oops"),
    "a long line as a chunk's length": lambda: without_end(
        "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 65536
    ),
    "a long line as a head": lambda: without_end("200 OK\r\n", b"A" * 65536),
    "chunks without end": lambda: without_end(
        "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n"
    ),
    "a body without end": lambda: without_end("200 OK\r\n\r\n", b" " * 65536),
    "an error without end": lambda: without_end("500 Oops\r\n\r\n", b"x" * 65536),
    "trailers without end": lambda: without_end(
        "200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n", b"A: b\r\n" * 1000
    ),
    "one answer after the other": lambda: without_end("100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
}


@pytest.mark.parametrize("what", every(5, BROKEN))
def test_broken_or_endless_http_is_a_gap_and_the_rest_is_kept(socket: Path, what: str) -> None:
    began = time.monotonic()
    answers = _ask(socket, {"/containers/json": BROKEN[what]()}, timeout=2)
    assert time.monotonic() - began < 30
    assert CONTAINERS in _gaps(answers)
    assert len(_gaps(answers)[CONTAINERS][1]) < 1000
    assert NETWORKS not in _gaps(answers)


PEAK = """
import sys
from netaudit.collect.docker.engine import ask_objects
from netaudit.collect.asking.options import Where
for answer in ask_objects(Where(docker_host=sys.argv[1], timeout=20)):
    print(answer.source, getattr(answer, "detail", "")[-60:])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.parametrize(
    "what",
    every(4, ["chunks without end", "a body without end", "an error without end", "a long line as a chunk's length"]),
)
def test_an_endless_answer_costs_bounded_memory(socket: Path, what: str) -> None:
    answers = {"/version": answer(VERSION), "/networks": answer("[]"), "/containers/json": BROKEN[what]()}
    with raw_engine(socket, answers):
        done = subprocess.run(
            [sys.executable, "-c", PEAK, f"unix://{socket}"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )
    assert int(done.stdout.splitlines()[-1]) < 300 << 10  # KiB


def test_an_engine_that_hangs_on_every_container_is_not_asked_for_each(socket: Path) -> None:
    listed = ", ".join(f'{{"Id": "hangs{number}"}}' for number in range(100))
    begin = {"/containers/json": answer(f'[{{"Id": "good"}}, {listed}]'), "/good/json": answer(GOOD)}
    hanging = {f"/hangs{number}/json": [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"] for number in range(100)}
    answers = _ask(socket, {**begin, **hanging}, timeout=2)
    assert _gaps(answers)[CONTAINERS] == (
        GapReason.PARTIAL,
        "100 of 101 could not be read: the engine did not answer in time",
    )


# ---- events ---------------------------------------------------------------------------------------------------------


def test_odd_events_are_passed_over(socket: Path) -> None:
    good = '{"Type": "container", "Action": "start", "Actor": {"ID": "aa", "Attributes": {"name": "web"}}, "time": 1}'
    odd = ["5", "[]", "null", "{", DEEP, '{"Action": "start", "time": "x"}', '{"Action": "start", "Actor": 5}']
    odd += ['{"Action": "start", "time": 1e300}', f'{{"Action": "start", "time": {2**60}}}', '{"Action": ["start"]}']
    lines = [b"HTTP/1.1 200 OK\r\n\r\n", *(f"{line}\n".encode() for line in (*odd, good, *odd))]
    answers = {"/version": answer(VERSION), "/events": lines}
    with raw_engine(socket, answers), DockerListener(Where(docker_host=f"unix://{socket}", timeout=5)) as listener:
        end = time.monotonic() + 60
        while not listener.events and time.monotonic() < end:
            time.sleep(0.01)
    assert [(event.action, event.name) for event in listener.events] == [("start", "web")]


@pytest.mark.parametrize("part", [b"x" * 65536, b'{"Action": "start"}\n' * 1000])
def test_events_without_end_are_left_when_nobody_listens_any_more(socket: Path, part: bytes) -> None:
    answers = {"/version": answer(VERSION), "/events": without_end("200 OK\r\n\r\n", part)}
    with raw_engine(socket, answers), DockerListener(Where(docker_host=f"unix://{socket}", timeout=5)) as listener:
        time.sleep(0.5)
    assert len(listener.events) <= 100_000


# ---- where the engine is --------------------------------------------------------------------------------------------

URLS = [
    "http://[",
    "tcp://",
    "tcp://:",
    "tcp://127.0.0.1:99999999",
    "tcp://127.0.0.1:x",
    "unix://",
    "unix:///" + "x" * 200,
    "unix:///a\0b",
    "http://a..b:1",
    "http://" + "a" * 300 + ":1",
    "nonsense",
    "://",
    "gopher://127.0.0.1:1",
    "tcp://127.0.0.1:1?x#y",
    "http://127.0.0.1:1/\r\nX: y",
    "http+unix://%",
    "fd://",
]


@pytest.mark.parametrize("url", URLS)
def test_an_address_that_leads_nowhere_is_a_gap(url: str) -> None:
    where = Where(docker_host=url, timeout=2)
    answers = [*ask_engine(where), *ask_objects(where)]
    assert [one.source for one in answers if isinstance(one, Gap)] == [
        Source.DOCKER_VERSION,
        Source.DOCKER_INFO,
        CONTAINERS,
        NETWORKS,
    ]
    list(ask_daemon(where))


@pytest.mark.parametrize(
    "url",
    [
        "tcp://me:hunter2@127.0.0.1:1",
        "http://me:hunter2@[",
        "http://me:hunter2@127.0.0.1:x",
        "tcp://me:hunter2@127.0.0.1",
        "me:hunter2@127.0.0.1:1",
        "tcp://me:hu/nter2@127.0.0.1:1",
        "tcp://hunter2@127.0.0.1:1",
        "https://me:hunter2@192.0.2.1:1",
        "ssh://me:hunter2@192.0.2.1",
        "tcp://me:%68unter2@127.0.0.1:1",
        "gopher://me:hunter2@127.0.0.1:1",
        "tcp://me:hunter2@127.0.0.1:1?x",
    ],
)
def test_credentials_in_an_address_are_never_said(url: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    where = Where(docker_host=url, timeout=2)
    said = repr([*ask_engine(where), *ask_objects(where), *ask_daemon(where)]) + caplog.text
    assert "unter2" not in said
    assert "hu/nter2" not in said


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("tcp://me:p@ss@host:1", "tcp://…@host:1"),
        ("ssh://me@host", "ssh://me@host"),
        ("ssh://me:secret@host", "ssh://me:…@host"),
        ("unix:///run/a@b", "unix:///run/a@b"),
        ("tcp://host:1", "tcp://host:1"),
        ("a:b@host", "…@host"),
    ],
)
def test_an_address_is_shown_without_what_is_secret(url: str, shown: str) -> None:
    assert shown_url(url) == shown
    assert "secret" not in without_credentials(f"no route to {url}", url)


# ---- the user's configuration of docker -----------------------------------------------------------------------------


def _zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _deep(path: Path) -> None:
    path.write_text(f'{{"currentContext": {DEEP}}}')


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


HOSTILE_FILES = [_zero, os.mkfifo, _deep, _huge, Path.mkdir]


@pytest.mark.parametrize("make", HOSTILE_FILES)
def test_a_configuration_of_docker_that_is_hostile_changes_nothing(
    socket: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object]
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    make(tmp_path / "config.json")
    assert Where().docker_url() == DEFAULT_DOCKER_HOST
    assert _gaps(_ask(socket, {})) == {}


@pytest.mark.parametrize("make", HOSTILE_FILES)
def test_a_context_that_is_hostile_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], object]
) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("DOCKER_CONTEXT", "far\udcff")
    folder = tmp_path / "contexts" / "meta" / hashlib.sha256(b"far\xff").hexdigest()
    folder.mkdir(parents=True)
    make(folder / "meta.json")
    assert Where().docker_url() == DEFAULT_DOCKER_HOST
