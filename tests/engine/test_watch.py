"""`netaudit watch` beside a real engine: each change is in the log once, with its cause and its writer."""

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from lab.clients import client_of
from lab.engine import LEGACY, Engine
from lab.host import LabHost
from lab.image import IDLE
from lab.watch_changes import play
from lab.watched import Watched

from netaudit.model.history.change import CauseOf, LoggedChange
from netaudit.store import parse_time

pytestmark = pytest.mark.engine
_RAW = ("iptables", "-t", "raw", "-I", "PREROUTING", "-s", "192.0.2.9/32", "-j", "DROP")
_USUAL = {CauseOf.OPERATOR: "root"}  # the lab's only user
_UFW = "sed -i 's,^IPT_SYSCTL=.*,IPT_SYSCTL=,' /etc/default/ufw; ufw --force enable"
_CRASHING = ("busybox:local", "/bin/sh", "-c", "exit 1")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Watched]]:
    store = tmp_path_factory.mktemp("watch") / "history.sqlite"
    with LabHost(uplink=True) as host, Engine(host) as engine, Watched(host, store) as watching:
        yield engine, watching


def only(lines: Sequence[LoggedChange]) -> LoggedChange:
    (line,) = lines
    return line


def causes(lines: Sequence[LoggedChange]) -> set[tuple[CauseOf, str]]:
    """Return what brought lines about; on a loaded machine a process may have ended before it could be asked."""
    return {(one.cause.kind, one.cause.name or _USUAL.get(one.cause.kind, "")) for one in lines}


def is_bounded(line: LoggedChange) -> bool:
    """Tell whether a line says between which two instants it was."""
    since, until = parse_time(line.since), parse_time(line.at)
    return since is not None and until is not None and since <= until


def counts(line: LoggedChange) -> tuple[int, int]:
    return line.count("added"), line.count("removed")


def test_a_container_that_starts_stops_and_is_restarted_with_its_engine(watched: tuple[Engine, Watched]) -> None:
    engine, log = watched
    line = only(log.after(("docker", "run", "-d", "--restart", "always", "--name", "web", "-p", "8080:80", *IDLE)))
    assert (causes([line]), counts(line), line.exact) == ({(CauseOf.CONTAINER, "web")}, (3, 0), True)
    assert line.writer is not None
    assert line.writer.name == "iptables"
    assert any(cell.outside and cell.after == "ALLOWED" for cell in line.exposure)
    line = only(log.after(("docker", "stop", "web")))
    assert (causes([line]), counts(line)[0]) == ({(CauseOf.CONTAINER, "web")}, 0)
    assert counts(line)[1] >= 2
    log.after(("docker", "start", "web"))
    engine.restart()
    lines = log.new()
    assert causes(lines) <= {(CauseOf.ENGINE, ""), (CauseOf.CONTAINER, "web")}
    events = {name for line in lines for name, _ in line.cause.events if line.cause.kind is CauseOf.ENGINE}
    assert events == {"start", "stop"}


def test_a_person_who_deletes_a_drop_or_a_rule_of_dockers_is_named(watched: tuple[Engine, Watched]) -> None:
    log = watched[1]
    for command, count in ((_RAW, (1, 0)), ([*_RAW[:3], "-D", *_RAW[4:]], (0, 1))):
        line = only(log.after(command))
        assert (causes([line]), counts(line)) == ({(CauseOf.OPERATOR, "root")}, count)
        assert (line.writer.name, line.writer.user or "root") == ("iptables", "root") if line.writer else False
    line = only(log.after(("iptables", "-t", "nat", "-D", "DOCKER", "1")))
    assert (causes([line]), counts(line)) == ({(CauseOf.OPERATOR, "root")}, (0, 1))


def test_iptables_restore_by_hand_is_a_line_with_and_without_a_difference(watched: tuple[Engine, Watched]) -> None:
    log = watched[1]
    line = only(log.after(("sh", "-c", "iptables-save > /run/rules; iptables-restore < /run/rules")))
    assert (causes([line]), counts(line), line.rewritten > 10) == ({(CauseOf.OPERATOR, "root")}, (0, 0), True)
    more = "-A INPUT -p tcp --dport 2222 -j ACCEPT"
    edit = f"sed '/^:INPUT/,/^COMMIT/ {{/^\\*/!{{s/^COMMIT/{more}\\n&/}}}}' /run/rules"
    only_filter = "awk '/^[*]filter/ {on=1} on {print} /^COMMIT/ {on=0}'"
    line = only(log.after(("sh", "-c", f"{edit} | {only_filter} | iptables-restore")))
    assert (causes([line]), counts(line)) == ({(CauseOf.OPERATOR, "root")}, (1, 0))
    assert line.writer is not None
    assert line.writer.name == "iptables-restor"


def test_ufw_is_the_cause_of_all_that_its_many_commands_write(watched: tuple[Engine, Watched]) -> None:
    log = watched[1]
    lines = log.after(("sh", "-c", _UFW))
    assert causes(lines) - {(CauseOf.OPERATOR, "root")} == {(CauseOf.PROGRAM, "ufw")}
    assert sum(one.count("added") for one in lines if one.cause.name == "ufw") > 50
    lines = log.after(("ufw", "--force", "disable"))
    assert causes(lines) - {(CauseOf.OPERATOR, "root")} == {(CauseOf.PROGRAM, "ufw")}


def test_a_container_that_crashes_in_a_loop_fills_no_log(watched: tuple[Engine, Watched]) -> None:
    log = watched[1]
    log.host.run(["docker", "run", "-d", "--restart", "always", "--name", "bad", "-p", "9090:80", *_CRASHING])
    lines = log.after(("sh", "-c", "sleep 4; docker rm -f bad"))
    assert causes(lines) == {(CauseOf.CONTAINER, "bad")}
    assert sum(dict(one.cause.events).get("die", 0) for one in lines) >= 3
    assert len(lines) <= 5


def compose(folder: Path) -> list[str]:
    """Return the beginning of Compose's commands for a project: two services on a network, one with a port."""
    docker, home = client_of("26.1.5")
    inner = {"image": IDLE[0], "command": list(IDLE[1:]), "networks": ["inner"], "init": False}
    project = {"services": {"api": {**inner, "ports": ["8081:80"]}, "db": inner}, "networks": {"inner": {}}}
    (folder / "compose.yaml").write_text(json.dumps(project))
    return ["env", f"HOME={home}", str(docker), "compose", "-p", "shop", "-f", str(folder / "compose.yaml")]


_SHOP = {(CauseOf.CONTAINER, "shop-api-1"), (CauseOf.CONTAINER, "shop-db-1"), (CauseOf.NETWORK, "shop_inner")}


def test_compose_up_and_down_name_their_containers_and_networks(
    watched: tuple[Engine, Watched], tmp_path: Path
) -> None:
    log = watched[1]
    lines = log.after([*compose(tmp_path), "up", "-d"])
    assert causes(lines) - {(CauseOf.ENGINE, "")} == _SHOP  # the engine moves rules of its own to the top again
    assert all(one.count("added") == 0 for one in lines if one.cause.kind is CauseOf.ENGINE)
    assert sum(one.count("added") for one in lines) > 5
    lines = log.after([*compose(tmp_path), "down", "-t", "0"])
    assert causes(lines) - {(CauseOf.ENGINE, "")} == _SHOP
    assert sum(one.count("removed") for one in lines) > 5


@pytest.mark.parametrize("version", ["20.10.24", "26.1.5"])
def test_compose_on_legacy_tables_names_them_too_and_says_that_no_writer_is_known(version: str, tmp_path: Path) -> None:
    with (
        LabHost() as host,
        Engine(host, version, LEGACY),
        Watched(host, tmp_path / "history.sqlite") as log,
    ):
        for words, change in ((("up", "-d"), "added"), (("down", "-t", "0"), "removed")):
            lines = log.after([*compose(tmp_path), *words])
            assert causes(lines) - {(CauseOf.ENGINE, "")} == _SHOP
            assert sum(one.count(change) for one in lines) > 5
            assert all(one.writer is None for one in lines if one.rules)
            assert all("legacy" in one.unknown for one in lines if one.rules)
            assert all(is_bounded(one) for one in lines)


def test_of_legacy_tables_the_time_is_bounded_and_the_doubt_is_said(tmp_path: Path) -> None:
    with (
        LabHost() as host,
        Engine(host, backend=LEGACY) as engine,
        Watched(host, tmp_path / "history.sqlite") as log,
    ):
        run = ("docker", "run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
        line = only(log.after(run))
        assert (causes([line]), counts(line), line.exact) == ({(CauseOf.CONTAINER, "web")}, (3, 0), True)
        host.run(list(_RAW))
        (line,) = log.wait_for(lambda one: any(rule.table == "raw" for rule in one.rules))
        assert (line.cause.kind, line.writer, line.exact) == (CauseOf.UNKNOWN, None, False)
        assert "legacy" in line.unknown
        assert is_bounded(line)
        lines = log.after(("sh", "-c", "iptables-save > /run/rules; iptables-restore < /run/rules"))
        assert lines == []  # what is as it was cannot be seen where the kernel does not tell
        host.run(["sh", "-c", _UFW])
        lines = log.wait_for(lambda one: one.cause.name == "ufw")
        assert causes(lines) <= {(CauseOf.PROGRAM, "ufw"), (CauseOf.UNKNOWN, "")}
        assert all((one.writer, one.exact) == (None, False) and "legacy" in one.unknown for one in lines)
        host.run(["docker", "run", "-d", "--restart", "always", "--name", "bad", "-p", "9090:80", *_CRASHING])
        lines = log.after(("sh", "-c", "sleep 4; docker rm -f bad"))
        assert causes(lines) == {(CauseOf.CONTAINER, "bad")}
        engine.restart()
        lines = log.new()
        assert {(CauseOf.ENGINE, ""), (CauseOf.CONTAINER, "web")} >= causes(lines)
        events = {name for one in lines for name, _ in one.cause.events if one.cause.kind is CauseOf.ENGINE}
        assert events == {"start", "stop"}


def test_random_changes_are_each_there_once_with_their_own_cause(watched: tuple[Engine, Watched]) -> None:
    assert play(watched[1], 12, seed=1).faults == ()  # `python -m lab.watch_changes 500` for more


def test_a_firewall_that_is_loaded_without_dockers_rules_is_an_alert_until_they_are_back(
    watched: tuple[Engine, Watched], tmp_path: Path
) -> None:
    engine, told = watched[0], tmp_path / "told.jsonl"
    receive = tmp_path / "receive"
    receive.write_text(f"#!/bin/sh\ncat >>{told}; echo >>{told}\n")
    receive.chmod(0o755)
    engine.restart()  # rules that the tests before took away are back
    engine.docker("run", "-d", "--name", "guarded", "-p", "8300:80", *IDLE)
    options = ("--exec", str(receive), "--metrics", str(tmp_path / "netaudit.prom"))

    def alerts(count: int) -> list[dict[str, Any]]:
        while not told.exists() or len(lines := [line for line in told.read_text().split("\n") if line]) < count:
            time.sleep(0.1)
        return [json.loads(line) for line in lines]

    with Watched(engine.host, tmp_path / "history.sqlite", options) as log:
        log.new()
        empty = "*nat\\n:PREROUTING ACCEPT\\n:INPUT ACCEPT\\n:OUTPUT ACCEPT\\n:POSTROUTING ACCEPT\\nCOMMIT\\n"
        lines = log.after(("sh", "-c", f"printf '{empty}' | iptables-restore"))
        assert any(line.count("removed") for line in lines)
        raised = [one for one in alerts(1) if one["state"] == "raised"]
        assert {one["alert"] for one in raised} == {"firewall-not-restored"}
        assert {one["schema"] for one in raised} == {"netaudit/alert/v1"}
        engine.restart()
        engine.docker("start", "guarded")
        log.new()
        begun = len([one for one in alerts(2) if one["state"] == "raised"])
        assert {one["alert"] for one in alerts(2 * begun)} == {"firewall-not-restored"}
    assert 'netaudit_problems{kind="firewall-not-restored"} 0' in (tmp_path / "netaudit.prom").read_text()
