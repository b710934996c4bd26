"""Delivery of alerts: nothing that a place does, or does not do, holds the watch up."""

import hashlib
import hmac
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from netaudit.errors import UsageError
from netaudit.model.facts import Facts, Gap, GapReason
from netaudit.model.history.alert import Alert, AlertKind, AlertState, Problem
from netaudit.model.history.change import CauseOf, LoggedCause, LoggedChange, LoggedRule
from netaudit.watching.metrics.endpoint import Endpoint
from netaudit.watching.metrics.measures import Measures
from netaudit.watching.notify import Notifier
from netaudit.watching.outbox import DeliveryError, Outbox
from netaudit.watching.senders.journal import Journal
from netaudit.watching.senders.program import Program
from netaudit.watching.senders.webhook import Webhook

HOSTILE = 'web\nPRIORITY=0\x1b[31m::error ::x\u202e"}\0'
CHANGE = LoggedChange("", "", rules=(LoggedRule("added", "b", "ip", "nat", "C", HOSTILE),), containers=(HOSTILE,))


def alert(words: str = "no rule", number: int = 1) -> Alert:
    problem = Problem(AlertKind.MISSING, f"key {words}", words, "2026-11-27T12:00:00Z")
    return Alert(AlertState.RAISED, problem, "2026-11-27T12:00:05Z", "lab", number, (CHANGE,))


class Slow:
    """A place that holds everything until it is let go."""

    place = "slow"

    def __init__(self) -> None:
        self.let_go, self.entered = threading.Event(), threading.Event()
        self.got: list[tuple[int, int]] = []

    def send(self, one: Alert, dropped: int) -> None:
        self.entered.set()
        self.let_go.wait(60)
        self.got.append((one.look, dropped))


def test_a_place_that_hangs_holds_nobody_up_and_the_next_alert_says_what_was_lost() -> None:
    slow, said = Slow(), []
    box = Outbox(slow, said.append, ())
    box.put(alert(number=0))
    slow.entered.wait(60)
    for number in range(1, 1500):
        box.put(alert(number=number))
    assert box.lost == 499
    slow.let_go.set()
    box.close(60)
    assert [number for number, _ in slow.got] == list(range(1001))
    assert [dropped for _, dropped in slow.got if dropped] == [499]


def test_what_failed_is_tried_again_and_then_said_once() -> None:
    class Failing:
        place = "failing"
        attempts = 0

        def send(self, one: Alert, dropped: int) -> None:
            del one, dropped
            self.attempts += 1
            raise DeliveryError("no")

    failing, said = Failing(), []
    box = Outbox(failing, said.append, (0.0, 0.0))
    box.put(alert())
    while not said:  # who closes it does not wait for further attempts
        time.sleep(0.01)
    box.close(60)
    assert (failing.attempts, said, box.lost) == (3, ["failing: an alert was not delivered: no"], 1)


def test_a_program_gets_json_and_a_hostile_text_steers_nothing(tmp_path: Path) -> None:
    script = tmp_path / "receive"
    told = tmp_path / "told"
    code = f"import os, sys; open({str(told)!r}, 'w').write(sys.stdin.read() + '|' + os.environ['NETAUDIT_MESSAGE'])"
    script.write_text(f"#!{sys.executable} -I\n{code}\n")
    script.chmod(0o755)
    Program(str(script)).send(alert(HOSTILE), 7)
    document, _, message = told.read_text().rpartition("|")
    said = json.loads(document)
    assert (said["schema"], said["alert"], said["dropped"]) == ("netaudit/alert/v1", "docker-rule-missing", 7)
    for text in (message, document):
        assert not {"\n", "\x1b", "\u202e", "\0"} & set(text)
    assert "::error" not in message


@pytest.mark.parametrize(("command", "final"), [("/nowhere/at/all", True), (f"{sys.executable} -c exit(3)", False)])
def test_a_program_that_fails_says_how(command: str, *, final: bool) -> None:
    with pytest.raises(DeliveryError) as failed:
        Program(command).send(alert(), 0)
    assert failed.value.final is final


def test_a_program_that_hangs_is_ended_with_all_that_it_started() -> None:
    with pytest.raises(DeliveryError, match="not done"):
        Program("sh -c 'sleep 600 & sleep 600'", patience=0.1).send(alert(), 0)


def test_the_journal_gets_fields_and_no_field_can_be_forged(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(tmp_path / "journal"))
        journal.settimeout(60)
        Journal(tmp_path / "journal").send(alert(HOSTILE), 0)
        fields = [line.partition("=") for line in journal.recv(1 << 20).decode().splitlines()]
    names = [name for name, _, _ in fields]
    said = {name: value for name, _, value in fields}
    assert len(names) == len(set(names))
    assert (said["PRIORITY"], said["NETAUDIT_ALERT"], said["NETAUDIT_HOST"]) == ("4", "docker-rule-missing", "lab")
    with pytest.raises(DeliveryError):
        Journal(tmp_path / "nowhere").send(alert(), 0)


Answer = Callable[[int], int]


@contextmanager
def receiving(answer: Answer) -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """Serve a web hook that answers as it is told."""
    got: list[tuple[str, dict[str, str], bytes]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.path, dict(self.headers), body))
            self.send_response(answer(len(got)))
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook/s3cret?x=1", got
        finally:
            server.shutdown()
            thread.join()


def test_a_webhook_is_signed_tried_again_and_its_secret_is_shown_nowhere() -> None:
    said: list[str] = []
    with receiving(lambda number: 503 if number < 3 else 204) as (url, got):
        hook = Webhook(url, b"0123456789abcdef")
        box = Outbox(hook, said.append, (0.0, 0.0, 0.0))
        box.put(alert(HOSTILE))
        while len(got) < 3 and not said:  # who closes it does not wait for further attempts
            time.sleep(0.01)
        box.close(60)
    assert (len(got), said) == (3, [])
    path, headers, body = got[-1]
    assert (path, headers["Content-Type"]) == ("/hook/s3cret?x=1", "application/json")
    at, digits = (part.partition("=")[2] for part in headers["Netaudit-Signature"].split(","))
    wanted = hmac.new(b"0123456789abcdef", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert digits == wanted
    assert "s3cret" not in hook.place + body.decode()
    assert json.loads(body)["changes"][0]["containers"] == [CHANGE.containers[0]]


@pytest.mark.parametrize(("status", "final"), [(302, True), (404, True), (429, False), (500, False)])
def test_a_webhook_that_refuses_is_not_asked_in_vain_and_no_redirect_is_followed(status: int, *, final: bool) -> None:
    with receiving(lambda _: status) as (url, got), pytest.raises(DeliveryError) as failed:
        Webhook(url).send(alert(), 0)
    assert (failed.value.final, len(got)) == (final, 1)
    assert "s3cret" not in str(failed.value)


@pytest.mark.parametrize("url", ["ftp://a/b", "https://", "https://u:p@example.net/", "http://a:port/"])
def test_an_address_that_is_none_or_holds_a_password_is_refused(url: str) -> None:
    with pytest.raises(UsageError) as refused:
        Webhook(url)
    assert "u:p" not in refused.value.message


def test_numbers_are_counted_and_only_loopback_can_ask() -> None:
    measures = Measures()
    change = LoggedChange("", "2026-11-27T12:00:00Z", cause=LoggedCause(CauseOf.OPERATOR, HOSTILE), rules=CHANGE.rules)
    facts = Facts({}, gaps=(Gap("sysctl.txt", GapReason.DENIED),), taken_at="2026-11-27T12:00:05Z")
    measures.seen(facts, (change, change), "")
    measures.alerted((alert(),), (alert().problem,), 4)
    with Endpoint("127.0.0.1:0", measures.text) as endpoint:
        text = urlopen(f"http://127.0.0.1:{endpoint.port}/metrics").read().decode()
        with pytest.raises(HTTPError):
            urlopen(f"http://127.0.0.1:{endpoint.port}/else")
    lines = text.splitlines()
    for line in (
        "netaudit_looks_total 1",
        'netaudit_changes_total{cause="operator"} 2',
        "netaudit_rules_added_total 2",
        'netaudit_alerts_total{kind="docker-rule-missing"} 1',
        'netaudit_alerts_total{kind="policy-broken"} 0',
        'netaudit_problems{kind="docker-rule-missing"} 1',
        "netaudit_alerts_lost_total 4",
        "netaudit_gaps 1",
        "netaudit_last_change_timestamp_seconds 1795780800",
    ):
        assert line in lines
    read = {family.name for family in text_string_to_metric_families(text)}
    assert {"netaudit_looks", "netaudit_problems", "netaudit_last_look_timestamp_seconds"} <= read
    assert lines[-1] == "# EOF"
    assert "web" not in text
    for address in ("0.0.0.0:1", "192.0.2.1:80", "localhost:80", "127.0.0.1", "[::]:80", "127.0.0.1:99999"):
        with pytest.raises(UsageError):
            Endpoint(address, measures.text)


def test_the_service_manager_hears_that_the_watch_is_ready_and_alive(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"})
        notifier.ready()
        notifier.alive()
        notifier.alive()  # it was said a moment ago
        notifier.stopping()
        assert [manager.recv(100) for _ in range(3)] == [b"READY=1", b"WATCHDOG=1", b"STOPPING=1"]
    Notifier({}).ready()  # nobody listens
