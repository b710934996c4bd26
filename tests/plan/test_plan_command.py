"""`netaudit plan -- docker …`: from the user's own client to a report and an exit code."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from programs import ONE_PORT as README_HOST
from programs import REPOSITORY, environment, run

import netaudit

pytestmark = pytest.mark.kernel
RECORDINGS = Path(__file__).parents[1] / "recordings" / "28.5.2-iptables-nft"
ONE_PORT = RECORDINGS / "default-one-port"
COMMAND = ("docker", "run", "-d", "--name", "web", "-p", "8080:80", "busybox:local", "httpd")


def plan(*words: str | Path, on: Path = ONE_PORT / "00") -> subprocess.CompletedProcess[str]:
    return run("plan", "--on", on, *words)


def document(*words: str | Path, on: Path = ONE_PORT / "00") -> dict[str, Any]:
    done = plan("--format", "json", *words, on=on)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def rules(changes: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted(
        (one["change"], one["family"], one["table"], one["chain"], one["position"], one["text"]) for one in changes
    )


def test_the_plan_of_a_container_is_the_diff_that_was_recorded_when_it_ran() -> None:
    planned = document("--", *COMMAND)
    ran = netaudit.compare(netaudit.load(ONE_PORT / "00"), netaudit.load(ONE_PORT / "01"))
    real = json.loads(netaudit.render(ran, netaudit.Format.JSON))
    assert rules(planned["changes"]) == rules(real["changes"])
    assert {one["certainty"] for one in planned["changes"] if one["table"] != "raw"} == {"exact"}

    def cells(found: dict[str, Any]) -> set[tuple[str, str, str, str]]:
        after = [one["after"] for one in found["exposure"] if one["after"]]
        return {
            (str(one["zone"]), one["destination"]["kind"], one["destination"]["address"], one["outcome"])
            for one in after
        }

    assert cells(planned) == cells(real)


def test_the_values_of_environment_variables_are_printed_nowhere() -> None:
    planned = document("--", *COMMAND[:2], "-e", "PASSWORD=hunter2", *COMMAND[2:])
    assert "hunter2" not in json.dumps(planned)
    bodies = [one["body"] for one in planned["requests"] if one["body"]]
    assert planned["command"][3] == "PASSWORD=…"
    assert "PASSWORD=…" in [name for body in bodies for name in body.get("Env") or ()]


def test_a_gate_refuses_what_opens_a_port_to_the_internet() -> None:
    assert plan("--", *COMMAND).returncode == 1
    assert plan("--fail-on", "none", "--", *COMMAND).returncode == 0
    on_loopback = [word.replace("8080:80", "127.0.0.1:8080:80") for word in COMMAND]
    assert plan("--", *on_loopback).returncode == 0


def test_a_gate_that_did_not_see_who_could_reach_what_is_not_passed() -> None:
    done = plan("--no-exposure", "--", *COMMAND)
    assert (done.returncode, "leave out --no-exposure" in done.stderr) == (4, True)
    assert plan("--no-exposure", "--fail-on", "none", "--", *COMMAND).returncode == 0


def test_requests_that_were_recorded_elsewhere_give_the_same_plan(tmp_path: Path) -> None:
    planned = document("--", *COMMAND)
    (tmp_path / "plan.json").write_text(json.dumps(planned))
    (tmp_path / "requests.json").write_text(json.dumps(planned["requests"]))
    for name in ("plan.json", "requests.json"):
        again = document("--requests", tmp_path / name)
        assert rules(again["changes"]) == rules(planned["changes"])


def test_a_project_that_compose_printed_elsewhere_is_brought_up_without_a_client(tmp_path: Path) -> None:
    port = {"target": 80, "published": "8080", "protocol": "tcp", "mode": "ingress"}
    service = {"image": "busybox:local", "ports": [port], "networks": {"default": None}}
    project = {"name": "shop", "services": {"web": service}, "networks": {"default": {"name": "shop_default"}}}
    (tmp_path / "project.json").write_text(json.dumps(project))
    words = ("plan", "--on", ONE_PORT / "00", "--format", "json", "--compose-json", tmp_path / "project.json")
    done = run(*words, env={"PATH": "/nowhere"})
    assert done.stderr.startswith("netaudit: refused: 1 finding at or above --fail-on high: ")
    found = json.loads(done.stdout)
    made = [one["path"].partition("/containers")[2] for one in found["requests"]]
    assert (done.returncode, made) == (1, ["", "/create", f"/{_identity(found)}/start"])
    texts = [one["text"] for one in found["changes"] if one["chain"] == "DOCKER" and one["table"] == "nat"]
    assert "-A DOCKER ! -i {bridge of shop_default} -p tcp -m tcp --dport 8080 -j DNAT" in "".join(texts)


@pytest.mark.parametrize("also", [[], ["open"]], ids=["internal alone", "an open one too"])
def test_ports_of_a_container_on_internal_networks_alone_are_said_to_reach_nobody(
    tmp_path: Path, also: list[str]
) -> None:
    port = {"target": 5432, "published": "5432", "protocol": "tcp", "mode": "ingress"}
    service = {"image": "postgres", "ports": [port], "networks": {"inner": None, **dict.fromkeys(also)}}
    networks = {"inner": {"name": "x_inner", "internal": True}, **{name: {"name": f"x_{name}"} for name in also}}
    (tmp_path / "project.json").write_text(json.dumps({"name": "x", "services": {"db": service}, "networks": networks}))
    done = run("plan", "--on", ONE_PORT / "00", "--compose-json", tmp_path / "project.json")
    assert ("x-db-1 publishes 5432/tcp, and is on internal networks alone (x_inner)" in done.stdout) is (not also)


def _identity(plan: dict[str, Any]) -> str:
    return str(plan["requests"][-1]["path"].split("/")[-2])


def test_what_the_engine_would_refuse_is_no_plan() -> None:
    done = plan("--", *COMMAND, on=ONE_PORT / "01")
    assert done.returncode == 3
    assert 'The container name "/web" is already in use' in done.stderr
    assert "nothing was run on the host" in done.stderr


def test_an_interface_that_docker_names_at_random_is_a_symbol_everywhere() -> None:
    planned = document("--", "docker", "network", "create", "front", on=RECORDINGS / "fresh" / "00")
    (symbol,) = [one for one in planned["symbols"] if one["kind"] == "bridge"]
    spelled = [one["text"] for one in planned["changes"] if "{" + symbol["name"] + "}" in one["text"]]
    assert spelled
    assert {one["certainty"] for one in planned["changes"] if one["text"] in spelled} <= {"symbolic", "likely"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "there is nothing to plan"),
        (("--requests", "x", "--", "docker", "ps"), "a command and --requests cannot be planned at once"),
        (("--requests", "/nowhere"), "there is no file /nowhere"),
        (("--compose-json", "/nowhere"), "there is no file /nowhere"),
    ],
)
def test_a_wrong_command_line_is_told_what_to_write(words: tuple[str, ...], message: str) -> None:
    done = plan(*words)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_client_that_is_not_there_is_named() -> None:
    argv = [sys.executable, "-m", "netaudit", "plan", "--on", str(ONE_PORT / "00"), "--", "docker-compose", "up", "-d"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment(PATH="/nowhere"))
    assert done.returncode != 0
    assert "docker-compose" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_of_options_is_as_good_as_its_keys_and_a_command_comes_after_the_restart(tmp_path: Path) -> None:
    (tmp_path / "daemon.json").write_text('{"bip": "10.77.0.1/24"}')
    planned = document("--daemon", tmp_path / "daemon.json", "--", *COMMAND)
    assert planned["plan"] == " ".join(COMMAND)
    assert any("--to-destination 10.77.0.2:80" in one["text"] for one in planned["changes"])
    refused = plan("--daemon", "icc=false", "--", "iptables", "-S")
    assert (refused.returncode, "Docker's own commands alone" in refused.stderr) == (2, True)


def test_another_option_of_the_daemon_is_a_plan_without_a_command() -> None:
    planned = document("--daemon", "userland-proxy=false", on=ONE_PORT / "01")
    assert planned["plan"] == "restart of dockerd with userland-proxy=false"
    assert [one["text"] for one in planned["changes"] if one["change"] == "added"]
    assert planned["requests"] == []


def test_a_backend_that_the_engine_does_not_have_is_refused() -> None:
    done = plan("--backend", "nftables", on=ONE_PORT / "01")
    assert (done.returncode, "has no nftables backend" in done.stderr) == (2, True)


def test_a_host_that_a_file_describes_is_planned_on(tmp_path: Path) -> None:
    profile = tmp_path / "host.toml"
    profile.write_text(
        'engine = "28.5.2"\nbackend = "iptables-nft"\nname = "web-1"\n[interfaces.eth0]\n'
        'addresses = ["192.0.2.10/24"]\ngateways = ["192.0.2.1"]\n'
    )
    done = run("plan", "--host-profile", profile, "--format", "json", "--", *COMMAND)
    planned = json.loads(done.stdout)
    assert planned["before"]["host"] == "web-1"
    added = [one["text"] for one in planned["changes"] if one["change"] == "added"]
    assert "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT" in added


@pytest.mark.parametrize("loopback", ["", '[interfaces.lo]\naddresses = ["127.0.0.1/8"]\n'])
def test_a_loopback_port_is_open_to_neighbours_of_a_host_that_a_file_describes(tmp_path: Path, loopback: str) -> None:
    profile = tmp_path / "host.toml"
    profile.write_text(f'engine = "26.1.5"\nlistens = []\n[interfaces.eth0]\naddresses = ["192.0.2.10/24"]\n{loopback}')
    done = run("plan", "--host-profile", profile, "--", *COMMAND[:5], "-p", "127.0.0.1:8000:80", "busybox:local")
    assert "lan:eth0 → web:80/tcp by 127.0.0.1:8000: blocked → would be ALLOWED" in " ".join(done.stdout.split())
    assert "critical  lan " in done.stdout
    assert "Loopback port open to" in done.stdout


def test_the_plan_in_the_readme_is_what_the_command_prints() -> None:
    readme = (REPOSITORY / "README.md").read_text()
    shown = readme.partition("a gate refuses it\n")[2].partition("\n\n")[0]
    lines = [line.removeprefix("    ") for line in shown.splitlines()]
    printed = plan("--", *COMMAND, on=README_HOST / "00")
    assert printed.returncode == 1
    assert "\n".join(lines) in printed.stdout


def test_the_first_screen_of_a_plan_for_one_container_is_enough() -> None:
    printed = plan("--", *COMMAND, on=README_HOST / "00").stdout.splitlines()
    assert len(printed) <= 40
    assert printed.index("who could reach what") < printed.index("findings that it would bring") < 20


def test_in_a_comment_on_a_pull_request_the_inside_of_the_host_is_folded() -> None:
    comment = plan("--format", "markdown", "--", *COMMAND, on=README_HOST / "00").stdout
    at_once, _, folded = comment.partition("inside the host would change too</summary>")
    assert "internet, lan:eth0 → web:80/tcp by 0.0.0.0:8080 and [::]:8080" in at_once
    assert "host → " in folded
    assert "host, " not in at_once
