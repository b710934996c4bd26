"""Waiting until nothing changes any more."""

import sys

import pytest
from collect_hosts import Host

COLLECT_WHEN_QUIET = """
import sys
from netaudit.collect.asking.options import Where
from netaudit.collect.settle import collect_when_quiet
facts = collect_when_quiet(Where(docker_host="unix:///nowhere"), wait=float(sys.argv[1]))
saved, native = facts.files["iptables-save.txt"], facts.files["nft-ruleset.json"]
print(not facts.partial, saved.count(b" -A "), native.count(b"counter"))
"""
RULE = "iptables-nft -A OUTPUT -j ACCEPT"


@pytest.mark.kernel
def test_a_quiet_host_is_quiet_at_once_even_without_patience(host: Host) -> None:
    host.run(*RULE.split())
    assert host.python(COLLECT_WHEN_QUIET, "0").startswith("True 1")


@pytest.mark.kernel
def test_changes_are_waited_for(host: Host) -> None:
    host.start("sh", "-c", f"for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do {RULE}; sleep 0.1; done")
    assert host.python(COLLECT_WHEN_QUIET, "30").startswith("True 15")


@pytest.mark.kernel
def test_a_host_that_never_rests_is_collected_and_said_to_be_restless(host: Host) -> None:
    host.start("sh", "-c", f"while {RULE}; do sleep 0.05; done")
    host.run("sh", "-c", "until iptables-nft-save | grep -q ACCEPT; do sleep 0.05; done")
    assert host.python(COLLECT_WHEN_QUIET, "1").startswith("False")


@pytest.mark.kernel
def test_counters_that_move_are_no_change(host: Host) -> None:
    host.run("ip", "link", "set", "lo", "up")
    host.run(*RULE.split())
    host.run("nft", "add table inet own; add chain inet own out { type filter hook output priority 0; }")
    host.run("nft", "add rule inet own out counter")
    send = "import socket\nwhile 1: socket.socket(2, 2).sendto(b'x', ('127.0.0.1', 9))"
    host.start(sys.executable, "-c", send)
    assert host.python(COLLECT_WHEN_QUIET, "0").startswith("True 1")
