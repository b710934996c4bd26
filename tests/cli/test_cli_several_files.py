"""Several files of one host, on each side: rules from one program, containers from another."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from plan.client_requests import requests_of
from programs import ONE_PORT, assert_fails, run_inside

from netaudit.plan.engine.plan import StandIn
from netaudit.store import load

SAVE = """*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
{rule}COMMIT
*filter
:FORWARD ACCEPT [0:0]
COMMIT
"""
DNAT = "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80\n"
HEADING = "CONTAINER ID   IMAGE   COMMAND   CREATED   STATUS   PORTS   NAMES\n"
WEB = '4c01db0b339c   nginx   "nginx"    2 min ago   Up 2 minutes   0.0.0.0:8080->80/tcp   web\n'


@pytest.fixture
def files(tmp_path: Path) -> Callable[[str], tuple[str, str]]:
    def write(side: str) -> tuple[str, str]:
        there = side == "after"
        save, ps = tmp_path / f"{side}-save.txt", tmp_path / f"{side}-ps.txt"
        save.write_text(SAVE.format(rule=DNAT if there else ""))
        ps.write_text(HEADING + (WEB if there else ""))
        return str(save), str(ps)

    return write


def _options(option: str, names: tuple[str, str]) -> list[str]:
    return [word for name in names for word in (option, name)]


def test_a_diff_takes_several_files_of_each_side(files: Callable[[str], tuple[str, str]]) -> None:
    sides = [*_options("--before", files("before")), *_options("--after", files("after"))]
    done = run_inside("diff", *sides, "--format", "json")
    assert (done.returncode, done.stderr) == (0, "")
    (added,) = [one for one in json.loads(done.stdout)["changes"] if one["object"] == "rule"]
    assert (added["change"], added["text"]) == ("added", DNAT.strip())
    assert added["attribution"]["signature"] == "docker-iptables/port-dnat"


def test_a_report_takes_them_as_a_diff_does(files: Callable[[str], tuple[str, str]]) -> None:
    sides = [*_options("--before", files("before")), *_options("--after", files("after"))]
    done = run_inside("report", *sides, "--format", "markdown")
    assert (done.returncode, done.stderr) == (0, "")
    assert DNAT.strip().replace("-A DOCKER ", "") in done.stdout
    alone = run_inside("report", *_options("--before", files("after")), "--format", "markdown")
    assert (alone.returncode, "web" in alone.stdout) == (0, True)


def test_a_side_is_named_in_one_way(files: Callable[[str], tuple[str, str]]) -> None:
    first, second = files("before")
    hint = "name every file by an option: --before save.txt --before ps.txt --after save2.txt --after ps2.txt"
    for command in ("diff", "report"):
        done = run_inside(command, first, "--before", second)
        assert_fails(done, 2, "BEFORE and AFTER are named in two ways", hint)


def test_what_is_after_has_a_before(files: Callable[[str], tuple[str, str]]) -> None:
    for command in ("diff", "report"):
        done = run_inside(command, *_options("--after", files("after")))
        assert (done.returncode, "--after without --before" in done.stderr) == (2, True)


def test_a_plan_is_made_on_several_files_and_held_on_them_again(tmp_path: Path) -> None:
    host = ONE_PORT / "00"
    named = {"rules.txt": "iptables-save.txt", "nets.json": "docker-networks.json", "info.json": "docker-info.json"}
    for mine, recorded in named.items():
        (tmp_path / mine).write_bytes((host / recorded).read_bytes())
    (tmp_path / "ps.txt").write_text(HEADING)
    files = [str(tmp_path / name) for name in (*named, "ps.txt")]
    stand_in = StandIn(load(host), lambda _: ()).host
    sent = requests_of("docker run -d --name web -p 8080:80 busybox:local /bin/busybox sleep 100000", stand_in)
    requests = tmp_path / "requests.json"
    requests.write_text(
        json.dumps([{"method": o.method, "path": o.path, "query": dict(o.query), "body": o.body} for o in sent])
    )
    plan = tmp_path / "plan.json"
    on = [word for file in files for word in ("--on", file)]
    done = run_inside("plan", *on, "--requests", requests, "--no-exposure", "--fail-on", "none", "-o", plan)
    assert done.stderr == ""
    document = json.loads(plan.read_text())
    assert done.stderr == ""
    assert (done.returncode, document["made_on"]) == (0, {"recording": files[0], "other_files": files[1:]})
    assert any("--dport 8080" in one.get("text", "") for one in document["changes"])
    policy = tmp_path / "policy.yaml"
    policy.write_text('policy: ["internet cannot reach web:81/tcp"]')
    again = [run_inside("assert", plan, "-p", policy, *where) for where in ((), on)]
    assert again[0].stdout == again[1].stdout
    assert [one.stderr for one in again] == ["", ""]
