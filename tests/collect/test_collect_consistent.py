"""Rules, inventory and host of one instant; where that cannot be had, what moved is named."""

import json
import subprocess
import sys

import pytest
from collect_hosts import Engine, Host

from netaudit.model.facts import Facts, GapReason, Source

pytestmark = pytest.mark.kernel
CONTAINER = {"Id": "aa", "Name": "/web", "Created": "2026-01-01T00:00:00Z", "State": {"Running": True}}
MARKS = """
from netaudit.collect.netlink.generation import ask_generation
from netaudit.collect.kernel.iptables import legacy_marks
print(ask_generation(), legacy_marks())
"""


def test_each_change_makes_a_new_generation_and_asking_makes_none(host: Host) -> None:
    host.run("iptables-nft", "-A", "OUTPUT", "-j", "ACCEPT")
    first, again = _marks(host), _marks(host)
    host.run("iptables-nft", "-A", "OUTPUT", "-j", "ACCEPT")
    assert first == again != _marks(host)


@pytest.mark.parametrize("program", ["iptables-legacy", "ip6tables-legacy"])
def test_legacy_tables_are_the_same_until_a_rule_differs_whatever_they_count(host: Host, program: str) -> None:
    host.run("ip", "link", "set", "lo", "up")
    host.run(program, "-A", "OUTPUT", "-m", "comment", "--comment", "one", "-j", "ACCEPT")
    before = _marks(host)
    target = "127.0.0.1" if program == "iptables-legacy" else "::1"
    send = f"import socket; socket.socket({_af(target)}, 2).sendto(b'x', ('{target}', 9))"
    host.run(sys.executable, "-c", send)
    assert "[0:0] -A OUTPUT" not in host.run(f"{program}-save", "-c")
    assert _marks(host) == before
    host.run(program, "-A", "OUTPUT", "-p", "tcp")
    assert _marks(host) != before


def test_nobody_in_particular_learns_neither(host: Host) -> None:
    host.run("iptables-legacy", "-A", "OUTPUT", "-j", "ACCEPT")
    enter = ["nsenter", f"--net=/run/netns/{host.name}", "setpriv", "--reuid=65534", "--clear-groups"]
    said = subprocess.run(
        [*enter, sys.executable, "-c", MARKS], check=True, capture_output=True, text=True, env=host.environment()
    ).stdout
    assert said.startswith("None ")


def test_a_quiet_host_is_of_one_instant(host: Host) -> None:
    host.run("iptables-nft", "-A", "OUTPUT", "-j", "ACCEPT")
    host.run("iptables-legacy", "-A", "OUTPUT", "-j", "ACCEPT")
    assert _moved(host.collect()) == {}


def test_rules_that_never_rest_are_marked_with_what_moved(host: Host) -> None:
    for program in ("iptables-nft", "iptables-legacy"):
        host.start("sh", "-c", f"while {program} -A OUTPUT -j ACCEPT; do :; done")
    host.run("sh", "-c", "until grep -q filter /proc/net/ip_tables_names && nft list tables | grep -q .; do :; done")
    moved = _moved(host.collect())
    assert "nft's generation went from " in moved[Source.IPTABLES_NFT]
    assert moved[Source.IPTABLES_LEGACY].startswith("legacy tables were replaced while the host was read")
    assert Source.DOCKER_CONTAINERS not in moved


def test_containers_that_change_with_each_look_are_marked(host: Host, engine: Engine) -> None:
    host.run("iptables-nft", "-A", "OUTPUT", "-j", "ACCEPT")
    engine.start(
        {
            "/version": {"ApiVersion": "1.41"},
            "/containers/json": [{"Id": "aa"}],
            "/containers/aa/json": {**CONTAINER, "State": {"Running": True, "Pid": "NEXT"}},
            "/networks": [],
        },
        host=host,
    )
    moved = _moved(host.collect(docker_host=engine.url))
    assert list(moved) == [Source.DOCKER_CONTAINERS]
    assert moved[Source.DOCKER_CONTAINERS].startswith("it changed while the host was read, at each of ")


def test_the_engine_counts_its_containers_when_they_have_been_listed(host: Host, engine: Engine) -> None:
    """It numbers its answers from 0: in both of two recordings with as many answers, this one is the last."""
    running = {**CONTAINER, "State": {"Running": True, "Pid": 7}}
    engine.start(
        {
            "/version": {"ApiVersion": "1.41"},
            "/info": {"Containers": "NEXT"},
            "/containers/json": [{"Id": "aa"}],
            "/containers/aa/json": running,
            "/networks": [],
        },
        host=host,
    )
    recordings = [host.collect(docker_host=engine.url) for _ in range(2)]
    first, second = (json.loads(one.files[Source.DOCKER_INFO])["Containers"] for one in recordings)
    answers = second - first
    assert (first + 1, second + 1) == (answers, 2 * answers)


def test_interfaces_that_come_without_end_are_marked(host: Host) -> None:
    host.run("iptables-nft", "-A", "OUTPUT", "-j", "ACCEPT")
    host.start("sh", "-c", "n=0; while ip link add d$n type veth peer e$n; do n=$((n + 1)); done")
    host.run("sh", "-c", "until ip link show d0; do :; done")
    assert Source.IP_ADDR in _moved(host.collect())


def _marks(host: Host) -> str:
    return host.python(MARKS)


def _af(address: str) -> int:
    return 10 if ":" in address else 2


def _moved(facts: Facts) -> dict[str, str]:
    return {gap.source: gap.detail for gap in facts.gaps if gap.reason is GapReason.INCONSISTENT}
