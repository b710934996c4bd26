"""Who changed it: the kernel tells of nftables and of iptables-nft, Docker of its containers."""

import json
from typing import Any

import pytest
from engine_words import Netaudit, brief
from lab.engine import LEGACY, Engine
from lab.host import LabHost
from lab.image import IDLE

pytestmark = pytest.mark.engine
RUN = ("docker", "run", "-d", "--name", "web", "-p", "8080:80", *IDLE)


def test_each_rule_of_docker_run_names_its_own_process_and_the_start_of_its_container(netaudit: Netaudit) -> None:
    changes = netaudit.run(*RUN)["changes"]
    assert {change["writer"]["name"] for change in changes} == {"iptables"}
    assert len({change["writer"]["pid"] for change in changes}) == len(changes) == 3
    for change in changes:
        told = [(event["type"], event["action"], event["name"]) for event in change["events"]]
        assert ("container", "start", "web") in told
        assert ("network", "connect", "bridge") in told


def test_removed_rules_name_who_removed_them(netaudit: Netaudit, engine: Engine) -> None:
    engine.docker("run", "-d", "--name", "web", "-p", "8080:80", *IDLE)
    changes = netaudit.run("docker", "rm", "-f", "web")["changes"]
    assert {change["writer"]["name"] for change in changes} == {"iptables"}
    assert len({change["writer"]["pid"] for change in changes}) == len(changes) == 3
    assert all("die" in {event["action"] for event in change["events"]} for change in changes)


def test_two_programs_in_one_chain_are_told_apart(netaudit: Netaudit, engine: Engine) -> None:
    ours = "add chain ip filter OWN; add rule ip filter OWN ip saddr 192.0.2.8 drop"
    script = f"iptables -N OWN; iptables -A OWN -s 192.0.2.7/32 -j DROP; nft '{ours}'"
    try:
        changes = netaudit.run("sh", "-c", script)["changes"]
    finally:
        engine.host.run(["sh", "-c", "iptables -F OWN; iptables -X OWN"], check=False)
    writers = {brief(change): change["writer"]["name"] for change in changes if change["object"] == "rule"}
    assert writers == {
        "filter -A OWN -s 192.0.2.7/32 -j DROP": "iptables",
        "filter -A OWN -s 192.0.2.8/32 -j DROP": "nft",
    }


def test_a_native_table_names_its_writer_in_every_report(netaudit: Netaudit, engine: Engine) -> None:
    table = "table inet own { set s { type ipv4_addr; }; chain c { type filter hook input priority 5; accept; }; }"
    try:
        done = netaudit("run", "--", "nft", table)
        engine.host.run(["nft", "delete table inet own"])
        markdown = netaudit("run", "--format", "markdown", "--", "nft", table)
    finally:
        engine.host.run(["nft", "delete table inet own"], check=False)
    assert done.stdout.count("# written by nft (process ") == 3  # chain, rule, set
    assert markdown.stdout.count("written by nft (process ") == 3


def test_of_legacy_tables_the_kernel_tells_nothing_and_the_report_says_so() -> None:
    with LabHost() as host, Engine(host, backend=LEGACY):
        report = host.python("-m", "netaudit", "run", "--format", "json", "--", *RUN).stdout
    changes: list[dict[str, Any]] = json.loads(report)["changes"]
    reason = "the kernel does not tell who changes iptables-legacy tables"
    assert [change["writer"] for change in changes] == [{"pid": None, "name": None, "reason": reason}] * 3
    assert all("start" in {event["action"] for event in change["events"]} for change in changes)
