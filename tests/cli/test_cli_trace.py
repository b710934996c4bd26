"""`netaudit trace` by its command line."""

import json

import pytest
from programs import RECORDINGS, assert_fails, run_inside

LOOPBACK_PORT = RECORDINGS / "28.5.2-iptables-nft/loopback-port/01"


def test_a_trace_says_what_becomes_of_a_packet_and_by_which_rule() -> None:
    done = run_inside("trace", "--from", "lan", "--to", "127.0.0.1:5432/tcp", "--format", "json", LOOPBACK_PORT)
    assert (done.returncode, done.stderr) == (0, "")
    printed = json.loads(done.stdout)
    assert (printed["schema"], printed["outcome"]) == ("netaudit/trace/v1", "blocked")
    assert [end["rule"]["table"] for end in printed["ends"]] == ["raw"]


def test_what_cannot_be_asked_is_wrong_usage() -> None:
    done = run_inside("trace", "--from", "container:nobody", "--to", "192.0.2.1:80/tcp", LOOPBACK_PORT)
    assert_fails(done, 2, "there is no container nobody here", "`netaudit show --by container` lists them")


def test_an_interface_that_the_host_does_not_have_is_wrong_usage() -> None:
    done = run_inside("trace", "--from", "192.0.2.7", "--in", "eth7", "--to", "192.0.2.10:80/tcp", LOOPBACK_PORT)
    assert_fails(done, 2, "this host has no interface eth7", "`ip link` lists them")


@pytest.mark.parametrize(
    ("sender", "outcome", "end"),
    [
        ("container:db", "allowed", "inside the container; what listens there is not recorded"),
        ("network:bridge", "blocked", "loopback is the sender's own"),
    ],
)
def test_a_container_s_own_loopback_is_never_left(sender: str, outcome: str, end: str) -> None:
    done = run_inside("trace", "--from", sender, "--to", "127.0.0.1:5432/tcp", "--format", "json", LOOPBACK_PORT)
    printed = json.loads(done.stdout)
    assert (printed["outcome"], [one["text"] for one in printed["ends"]]) == (outcome, [end])


def test_a_port_of_an_ipv6_address_is_told_apart_from_it() -> None:
    done = run_inside("trace", "--from", "lan", "--to", "[2001:db8::10]:5432/tcp", LOOPBACK_PORT)
    assert "→ [2001:db8::10]:5432/tcp, new" in done.stdout


def test_an_uplink_that_the_host_does_not_have_is_wrong_usage() -> None:
    message = "no packet comes in by an interface eth7 of this host"
    hint = "`ip link` lists them; what a bridge's port receives comes in by the bridge"
    assert_fails(run_inside("exposure", "--uplink", "eth7", LOOPBACK_PORT), 2, message, hint)
