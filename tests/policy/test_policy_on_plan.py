"""A policy held against the host that a plan leads to, from the plan's file alone."""

import json
from pathlib import Path

import pytest
from plan.client_requests import requests_of
from programs import RECORDINGS, run_inside
from sampling import sampled

from netaudit.plan.engine.plan import StandIn
from netaudit.policy import hold
from netaudit.store import load

VERDICTS = {
    "20.10.24-iptables-legacy": ["holds", "broken"],
    "28.5.2-iptables-nft": ["holds", "broken"],
    "29.0.0-nftables": ["undecided", "undecided"],  # switches of the kernel were not recorded
}
RUN = "docker run -d --name web -p 8080:80 busybox:local /bin/busybox sleep 100000"


def _plan(folder: Path, recording: Path, *subject: str | Path) -> Path:
    file = folder / "plan.json"
    done = run_inside("plan", "--on", recording, "--format", "json", "--force", "-o", file, *subject)
    assert done.returncode in (0, 1), done.stderr
    return file


def _requests(folder: Path, recording: Path) -> Path:
    """Write what the client of a recorded step sent."""
    host = StandIn(load(recording), lambda _: ()).host
    sent = [
        {"method": one.method, "path": one.path, "query": dict(one.query), "body": one.body}
        for one in requests_of(RUN, host)
    ]
    file = folder / "requests.json"
    file.write_text(json.dumps(sent))
    return file


def _policy(folder: Path, *sentences: str) -> Path:
    file = folder / "policy.yaml"
    file.write_text(f"policy: {json.dumps(sentences)}")
    return file


@pytest.mark.parametrize("engine", sampled(tuple(VERDICTS), ("28.5.2-iptables-nft",)))
def test_the_file_of_a_plan_is_held_as_the_host_that_came_of_it(tmp_path: Path, engine: str) -> None:
    before, after = (RECORDINGS / engine / "default-one-port" / step for step in ("00", "01"))
    plan = _plan(tmp_path, before, "--requests", _requests(tmp_path, before))
    policy = _policy(tmp_path, "internet can reach only web:80/tcp", "internet cannot reach web")
    found = [json.loads(run_inside("assert", host, "-p", policy, "-f", "json").stdout) for host in (plan, after)]
    verdicts = [[one["verdict"] for one in document["entries"]] for document in found]
    assert verdicts == [VERDICTS[engine]] * 2


def test_a_plan_of_a_restart_is_held_too(tmp_path: Path) -> None:
    host = RECORDINGS / "29.0.0-iptables-nft" / "default-one-port" / "01"
    plan = _plan(tmp_path, host, "--backend", "nftables")
    done = run_inside("assert", plan, "-p", _policy(tmp_path, "internet can reach web:80 over ipv4"), "-f", "json")
    (entry,) = json.loads(done.stdout)["entries"]
    assert entry["unmet"][0]["cell"]["rule"]["text"] == ":FORWARD DROP"  # of the old backend, which nobody removes


def test_a_plan_is_made_once_more_where_its_recording_lies_now(tmp_path: Path) -> None:
    before = RECORDINGS / "28.5.2-iptables-nft" / "default-one-port" / "00"
    plan = _plan(tmp_path, before, "--requests", _requests(tmp_path, before))
    document = json.loads(plan.read_text())
    plan.write_text(json.dumps({**document, "made_on": {"recording": "gone"}}, sort_keys=True))
    policy = _policy(tmp_path, "internet can reach only web:80/tcp")
    lost = run_inside("assert", plan, "-p", policy)
    assert (lost.returncode, "--on SNAPSHOT" in lost.stderr) == (3, True)
    found = run_inside("assert", plan, "-p", policy, "--on", before)
    assert (found.returncode, found.stderr) == (0, "")


def test_a_plan_on_a_host_that_changed_says_how_much(tmp_path: Path) -> None:
    before = RECORDINGS / "28.5.2-iptables-nft" / "default-one-port" / "00"
    other = RECORDINGS / "28.5.2-iptables-legacy" / "default-one-port" / "00"
    plan = _plan(tmp_path, before, "--requests", _requests(tmp_path, before))
    done = run_inside("assert", plan, "-p", _policy(tmp_path, "internet can reach only web:80/tcp"), "--on", other)
    assert "the plan was made on another recording" in done.stderr
    assert "of the rules differ" in done.stderr


def test_a_damaged_plan_is_named_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text('{"schema": "netaudit/plan/v1", "plan": 3}')
    done = run_inside("assert", file, "-p", _policy(tmp_path, "internet cannot reach web"))
    assert done.returncode == 2
    assert done.stderr.startswith(f"netaudit: cannot read the plan in {file}: ")


def test_on_is_refused_without_a_plan(tmp_path: Path) -> None:
    host = RECORDINGS / "28.5.2-iptables-nft" / "default-one-port" / "00"
    done = run_inside("assert", host, "-p", _policy(tmp_path, "internet cannot reach anything"), "--on", host)
    assert (done.returncode, "--on is for a plan" in done.stderr) == (2, True)


@pytest.mark.parametrize("command", [("assert",), ("audit", "--verbose")])
def test_rules_that_are_too_many_for_sets_leave_every_entry_undecided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(hold, "ExposureTable", no_room)
    host = RECORDINGS / "28.5.2-iptables-nft" / "default-one-port" / "01"
    policy = _policy(tmp_path, "internet cannot reach web:81/tcp")
    done = run_inside(*command, host, "--policy", policy, "--strict")
    assert (done.returncode, "more than can be held as sets" in " ".join(done.stdout.split())) == (4, True)
    assert "undecided" in done.stdout


def test_no_policy_is_suggested_for_rules_that_are_too_many_for_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(hold, "ExposureTable", no_room)
    done = run_inside("assert", RECORDINGS / "28.5.2-iptables-nft" / "default-one-port" / "01", "--suggest")
    assert (done.returncode, "more than can be held as sets" in done.stderr) == (2, True)


def test_what_a_planned_container_of_the_host_network_opens_is_not_known(tmp_path: Path) -> None:
    project = tmp_path / "compose.json"
    project.write_text(
        json.dumps({"name": "shop", "services": {"db": {"image": "mysql", "network_mode": "host", "command": []}}})
    )
    before = RECORDINGS / "28.5.2-iptables-nft" / "default-one-port" / "00"
    policy = _policy(
        tmp_path,
        "internet cannot reach service:db:3306/tcp",
        "lan can reach service:db:3306",
        "internet cannot reach host",
    )
    planned = run_inside("plan", "--on", before, "--compose-json", project, "--policy", policy)
    assert "?  internet, lan:eth0, host → shop-db-1, IPv4, every tcp" in planned.stdout
    assert "would not change." not in planned.stdout
    assert "3 entries: 3 undecided" in planned.stdout
    held = run_inside("assert", _plan(tmp_path, before, "--compose-json", project), "-p", policy, "--strict")
    assert held.returncode == 4
    assert "which ports of the host shop-db-1 opens is not known" in " ".join(held.stdout.split())
