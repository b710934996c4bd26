"""Many hosts over ssh: real sshd's, and hosts that are slow, dead, lying or strangers; each failure is a row."""

import shutil
import socket
import threading
import time
from pathlib import Path

import pytest

import netaudit
from fleets.generate import RECORDINGS
from fleets.servers import fleet_command, free_port, servers
from fleets.small import OPEN, TODAY, audit_here
from netaudit.collect.remote.ssh import Remote
from netaudit.errors import CollectError, ConfigError
from netaudit.fleet.hosts.inventory import read_inventory
from netaudit.fleet.hosts.recording import Effort, collect_fleet
from netaudit.fleet.query.asking import ask
from netaudit.fleet.sources.failures import write_failures

pytestmark = pytest.mark.matrix  # starts servers


def test_an_inventory_has_names_and_urls_and_comments(tmp_path: Path) -> None:
    (tmp_path / "hosts").write_text("# ours\nweb-1.example\n\nssh://ops@web-2.example:2222 # behind\n")
    assert read_inventory(tmp_path / "hosts") == (Remote("web-1.example"), Remote("web-2.example", "ops", "2222"))


@pytest.mark.parametrize(
    ("text", "line"), [("a\na\n", ":2: "), ("a\n-oProxyCommand=x\n", ":2: "), ("# none\n", "names no host")]
)
def test_an_inventory_that_cannot_be_names_the_line(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "hosts").write_text(text)
    with pytest.raises(ConfigError, match=line):
        read_inventory(tmp_path / "hosts")


def test_hosts_are_recorded_so_many_at_once_and_one_that_fails_is_tried_again(tmp_path: Path) -> None:
    netaudit.save(netaudit.load(RECORDINGS / OPEN), tmp_path / "one.tar.gz")
    good, running, most, tried = (tmp_path / "one.tar.gz").read_bytes(), 0, 0, 0
    lock = threading.Lock()

    def record(remote: Remote, _effort: Effort) -> bytes:
        nonlocal running, most, tried
        with lock:
            running += 1
            most = max(most, running)
            tried += remote.host == "flaky"
            first = tried == 1
        time.sleep(0.02)
        with lock:
            running -= 1
        if remote.host == "flaky" and first:
            raise CollectError("flaky: connection reset")
        return {"lying": b"not a tar", "cut": good[:200]}.get(remote.host, good)

    hosts = [Remote(name) for name in ("flaky", "lying", "cut", *(f"web-{number}" for number in range(17)))]
    done = {one.remote.host: one for one in collect_fleet(hosts, tmp_path / "kept", Effort(4, retries=1), record)}
    assert most == 4
    assert sorted(name for name, one in done.items() if one.failure) == ["cut", "lying"]
    assert (tried, done["flaky"].failure) == (2, None)
    assert all((one.place is None) is (one.failure is not None) for one in done.values())


@pytest.mark.engine
def test_the_hosts_of_a_file_are_recorded_and_audited_by_one_command(tmp_path: Path) -> None:
    with servers(tmp_path, 2) as ports:
        dead = free_port()
        (tmp_path / "hosts").write_text("".join(f"ssh://root@127.0.0.1:{port}\n" for port in (*ports, dead)))
        options = ["--out", str(tmp_path / "results"), "--at-once", "2", "--workers", "1", "--today", f"{TODAY}"]
        done = fleet_command(tmp_path, "audit", str(tmp_path / "hosts"), *options)
        strict = fleet_command(tmp_path, "audit", str(tmp_path / "hosts"), *options, "--strict")
    assert done.returncode == 0, done.stderr
    assert "3 hosts: 2 recorded, 1 failed" in done.stderr
    assert "2 recordings: 1 audited now" in done.stderr  # both servers answer with one recording, which is one host's
    assert strict.returncode == 4
    rows = ask(tmp_path / "results", "SELECT DISTINCT host, stage FROM errors", TODAY).rows
    assert rows == ((f"127.0.0.1-{dead}", "collect"),)
    assert len(ask(tmp_path / "results", "FROM latest", TODAY).rows) == 1


@pytest.mark.engine
def test_real_servers_are_recorded_and_dead_slow_and_strange_ones_are_rows(tmp_path: Path) -> None:
    assert shutil.which("sshd", path="/usr/sbin"), "openssh-server is not installed"
    slow = socket.create_server(("127.0.0.1", 0))
    with slow, servers(tmp_path, 9) as (*ports, stranger):
        known = tmp_path / "known_hosts"
        known.write_text(
            "".join(line for line in known.read_text().splitlines(keepends=True) if f":{stranger} " not in line)
        )
        dead, mute = free_port(), slow.getsockname()[1]
        hosts = [f"ssh://root@127.0.0.1:{port}" for port in (*ports, stranger, dead, mute)]
        (tmp_path / "hosts").write_text("\n".join(hosts))
        options = ["-o", str(tmp_path / "kept"), "--host-timeout", "10", "--retries", "0", "--at-once", "4"]
        done = fleet_command(tmp_path, "collect", str(tmp_path / "hosts"), *options)
    assert done.returncode == 3, done.stderr
    assert "11 hosts: 8 recorded, 3 failed" in done.stderr
    assert audit_here(tmp_path / "kept", tmp_path / "results").failed == 3
    rows = ask(tmp_path / "results", "SELECT host, stage, message FROM errors", TODAY).rows
    messages = {host: message for host, stage, message in rows if stage == "collect"}
    assert "Host key verification failed" in messages[f"127.0.0.1-{stranger}"]
    assert "Connection refused" in messages[f"127.0.0.1-{dead}"]
    assert "did not answer within 10 s" in messages[f"127.0.0.1-{mute}"]


def test_failures_of_a_collection_are_rows_once(tmp_path: Path) -> None:
    def record(_remote: Remote, _effort: Effort) -> bytes:
        raise CollectError("web-1: no route", hint="look")

    (one,) = collect_fleet([Remote("web-1")], tmp_path / "kept", Effort(retries=0), record)
    assert one.failure
    (tmp_path / "kept").mkdir()
    write_failures(tmp_path / "kept", [one.failure])
    assert [audit_here(tmp_path / "kept", tmp_path / "results").failed for _ in range(2)] == [1, 0]
    rows = ask(tmp_path / "results", "SELECT host, location, message, hint FROM errors", TODAY).rows
    assert rows == (("web-1", "ssh://web-1", "web-1: no route", "look"),)
