"""The main job, end to end: a real engine, a command, and a diff in which every rule names its cause."""

import json
from pathlib import Path
from typing import Any

import pytest
from engine_words import Netaudit, brief, causes_of
from lab.engine import Engine
from lab.image import IDLE

pytestmark = pytest.mark.engine
_VIRBR0 = """
*mangle
-A POSTROUTING -o virbr0 -p udp -m udp --dport 68 -j CHECKSUM --checksum-fill
COMMIT
*nat
-A POSTROUTING -s 192.168.122.0/24 -d 224.0.0.0/24 -j RETURN
-A POSTROUTING -s 192.168.122.0/24 -d 255.255.255.255/32 -j RETURN
-A POSTROUTING -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p tcp -j MASQUERADE --to-ports 1024-65535
-A POSTROUTING -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p udp -j MASQUERADE --to-ports 1024-65535
-A POSTROUTING -s 192.168.122.0/24 ! -d 192.168.122.0/24 -j MASQUERADE
COMMIT
*filter
-A INPUT -i virbr0 -p udp -m udp --dport 53 -j ACCEPT
-A INPUT -i virbr0 -p tcp -m tcp --dport 53 -j ACCEPT
-A INPUT -i virbr0 -p udp -m udp --dport 67 -j ACCEPT
-A INPUT -i virbr0 -p tcp -m tcp --dport 67 -j ACCEPT
-A FORWARD -d 192.168.122.0/24 -o virbr0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -s 192.168.122.0/24 -i virbr0 -j ACCEPT
-A FORWARD -i virbr0 -o virbr0 -j ACCEPT
-A FORWARD -o virbr0 -j REJECT --reject-with icmp-port-unreachable
-A FORWARD -i virbr0 -j REJECT --reject-with icmp-port-unreachable
-A OUTPUT -o virbr0 -p udp -m udp --dport 68 -j ACCEPT
COMMIT
"""
_ONE_PORT = [
    "filter -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT",
    "nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
    "nat -A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
]
_WEB = {
    "kind": "port-binding",
    "container": "web",
    "network": "bridge",
    "binding": {"protocol": "tcp", "host_ip": "0.0.0.0", "host_port": 8080, "container_port": 80},
}


def _run(name: str, *options: str) -> list[str]:
    return ["docker", "run", "-d", "--name", name, *options, *IDLE]


def _changes(diff: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [change for change in diff["changes"] if change["change"] == kind]


def test_docker_run_adds_exactly_three_rules_each_caused_by_its_port_binding(netaudit: Netaudit) -> None:
    diff = netaudit.run(*_run("web", "-p", "8080:80"))
    assert sorted(brief(change) for change in diff["changes"]) == _ONE_PORT
    assert [change["change"] for change in diff["changes"]] == ["added"] * 3
    assert [change["attribution"]["confidence"] for change in diff["changes"]] == ["proved"] * 3
    assert [causes_of(change) for change in diff["changes"]] == [[_WEB]] * 3
    assert diff["missing"] == diff["defects"] == []


def test_docker_rm_removes_the_same_three(netaudit: Netaudit, engine: Engine) -> None:
    engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
    diff = netaudit.run("docker", "rm", "-f", "web")
    assert sorted(brief(change) for change in diff["changes"]) == _ONE_PORT
    assert [change["change"] for change in diff["changes"]] == ["removed"] * 3
    assert [causes_of(change) for change in diff["changes"]] == [[_WEB]] * 3


def test_a_network_causes_its_own_rules(netaudit: Netaudit) -> None:
    diff = netaudit.run("docker", "network", "create", "shop")
    causes = [causes_of(change) for change in diff["changes"]]
    assert causes == [[{"kind": "network", "network": "shop"}]] * len(_changes(diff, "added"))
    assert len(causes) == 8


def test_a_rule_added_by_hand_is_the_operators(netaudit: Netaudit, engine: Engine) -> None:
    rule = ["DOCKER-USER", "-s", "192.0.2.7/32", "-j", "DROP"]
    try:
        (change,) = netaudit.run("iptables", "-I", *rule)["changes"]
    finally:
        engine.host.run(["iptables", "-D", *rule], check=False)
    assert brief(change) == "filter -A DOCKER-USER -s 192.0.2.7/32 -j DROP"
    assert (change["attribution"]["maker"], change["attribution"]["confidence"]) == ("operator", "likely")


def test_a_rule_like_dockers_but_one_more_is_a_duplicate_with_both_candidates(
    netaudit: Netaudit, engine: Engine
) -> None:
    rule = ["POSTROUTING", "-s", "172.17.0.0/16", "!", "-o", "docker0", "-j", "MASQUERADE"]
    try:
        (change,) = netaudit.run("iptables", "-t", "nat", "-A", *rule)["changes"]
    finally:
        engine.host.run(["iptables", "-t", "nat", "-D", *rule], check=False)
    assert (change["attribution"]["confidence"], change["attribution"]["standing"]) == ("ambiguous", "duplicate")
    assert [cause["kind"] for cause in change["attribution"]["causes"]] == ["network", "other"]


def test_nothing_of_libvirts_is_given_to_docker(netaudit: Netaudit, engine: Engine) -> None:
    engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
    saved = engine.host.run(["iptables-save"]).stdout
    engine.host.run(["iptables-restore", "--noflush"], stdin=_VIRBR0.encode())
    try:
        rules = [rule for rule in netaudit.show()["rules"] if rule["object"] == "rule"]
    finally:
        engine.host.run(["iptables-restore"], stdin=saved.encode())
        engine.host.run(["iptables", "-t", "mangle", "-F"])  # a table that was not saved, for it was not there
    of_libvirt = {brief(rule) for rule in rules if rule["attribution"]["maker"] == "libvirt"}
    table = ""
    expected = set()
    for line in _VIRBR0.split("\n"):
        table = line[1:] if line.startswith("*") else table
        expected |= {f"{table} {line}"} if line.startswith("-A") else set()
    assert of_libvirt == expected
    dockers = [rule for rule in rules if brief(rule) not in expected]
    assert {rule["attribution"]["confidence"] for rule in dockers} == {"proved"}


def test_two_host_ports_of_one_container_port_share_their_accept(netaudit: Netaudit) -> None:
    diff = netaudit.run(*_run("web", "-p", "8080:80", "-p", "8081:80"))
    (accept,) = [change for change in diff["changes"] if change["text"].endswith("-j ACCEPT")]
    ports = [cause["binding"]["host_port"] for cause in accept["attribution"]["causes"]]
    assert (sorted(ports), accept["attribution"]["confidence"]) == ([8080, 8081], "proved")


def test_a_rule_deleted_by_hand_is_removed_and_missing(netaudit: Netaudit, engine: Engine) -> None:
    engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
    rule = _ONE_PORT[0].removeprefix("filter -A ").split()
    diff = netaudit.run("iptables", "-D", *rule)
    assert [brief(change) for change in diff["changes"]] == [brief(one) for one in diff["missing"]] == [_ONE_PORT[0]]
    assert causes_of(diff["missing"][0]) == [_WEB]


def test_a_flushed_chain_leaves_its_rules_missing(netaudit: Netaudit, engine: Engine) -> None:
    saved = engine.host.run(["iptables-save"]).stdout
    try:
        diff = netaudit.run("iptables", "-F", "FORWARD")
    finally:
        engine.host.run(["iptables-restore"], stdin=saved.encode())
    gone = sorted(brief(change) for change in _changes(diff, "removed"))
    assert gone == sorted(brief(one) for one in diff["missing"])
    assert len(gone) == 6


def test_an_address_taken_over_by_another_container_leaves_nothing_stale(netaudit: Netaudit, engine: Engine) -> None:
    engine.docker("run", "-d", "--name", "one", "-p", "8080:80", *IDLE)
    engine.docker("stop", "one")
    engine.docker("run", "-d", "--name", "two", "-p", "8081:80", *IDLE)
    diff = netaudit.run("docker", "start", "one")
    names = {cause["container"] for change in diff["changes"] for cause in causes_of(change)}
    assert (names, diff["defects"], diff["missing"]) == ({"one"}, [], [])


def test_a_rule_kept_for_a_container_that_is_gone_is_stale_and_says_whose_it_was(
    netaudit: Netaudit, engine: Engine
) -> None:
    engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
    before = netaudit.folder / "before"
    netaudit("record", "-o", str(before))
    engine.docker("rm", "-f", "web")
    rule = _ONE_PORT[1].removeprefix("nat ").split()
    engine.host.run(["iptables", "-t", "nat", *rule])
    try:
        diff = json.loads(netaudit("diff", str(before), "--format", "json").stdout)
    finally:
        engine.host.run(["iptables", "-t", "nat", "-D", *rule[1:]])
    (stale,) = diff["defects"]
    assert stale["attribution"]["standing"] == "stale"
    assert causes_of(stale) == [_WEB]


def test_a_steady_engine_misses_nothing_and_has_nothing_unattributed(netaudit: Netaudit) -> None:
    shown = netaudit.show()
    assert (shown["missing"], shown["defects"]) == ([], [])
    assert shown["coverage"]["proved"] == shown["coverage"]["rules"] == 15


def test_run_passes_output_and_exit_code_through(netaudit: Netaudit) -> None:
    done = netaudit("run", "--", "sh", "-c", "echo out; echo err >&2; exit 7")
    assert done.stdout.startswith("out\n")
    assert "0 added, 0 removed" in done.stdout
    assert (done.stderr, done.returncode) == ("err\n", 7)


def test_run_keeps_standard_output_for_the_report_in_other_formats(netaudit: Netaudit) -> None:
    done = netaudit("run", "--format", "json", "--", "sh", "-c", "echo out")
    assert (json.loads(done.stdout)["changes"], done.stderr) == ([], "out\n")


def test_run_says_when_it_gave_up_waiting(netaudit: Netaudit, engine: Engine, tmp_path: Path) -> None:
    rule = "DOCKER-USER -s 192.0.2.$n -j DROP"
    change = f"n=$(((n + 1) % 250)); iptables -I {rule}; sleep 0.2; iptables -D {rule}"
    loop = f"while [ ! -e {tmp_path}/enough ]; do {change}; done"
    end = f"touch {tmp_path}/enough; until [ -e {tmp_path}/ended ]; do sleep 0.05; done"
    try:
        done = netaudit(
            "run",
            "--wait",
            "0.5",
            "--strict",
            "--",
            "sh",
            "-c",
            f"(n=0; {loop}; touch {tmp_path}/ended) >/dev/null 2>&1 &",
        )
    finally:
        engine.host.run(["sh", "-c", end])
    assert "still changed after 0.5 s; gave up waiting" in done.stderr
    assert "while rules still changed" in " ".join(done.stdout.split("\n\n")[0].split())
    assert done.returncode == 4


def test_a_recording_of_an_engine_holds_no_secret(netaudit: Netaudit, engine: Engine) -> None:
    engine.docker("run", "-d", "--name", "web", "-e", "TOKEN=hunter2", "--label", "key=hunter2", *IDLE)
    folder = netaudit.folder / "recording"
    netaudit("record", "-o", str(folder))
    assert all(b"hunter2" not in file.read_bytes() for file in folder.iterdir())
