"""`netaudit trace` as a program."""

import json

from programs import RECORDINGS, assert_fails, run

LOOPBACK_PORT = RECORDINGS / "28.5.2-iptables-nft/loopback-port/01"


def test_a_trace_says_what_becomes_of_a_packet_and_by_which_rule() -> None:
    done = run("trace", "--from", "lan", "--to", "127.0.0.1:5432/tcp", "--format", "json", LOOPBACK_PORT)
    assert (done.returncode, done.stderr) == (0, "")
    printed = json.loads(done.stdout)
    assert (printed["schema"], printed["outcome"]) == ("netaudit/trace/v1", "blocked")
    assert [end["rule"]["table"] for end in printed["ends"]] == ["raw"]


def test_what_cannot_be_asked_is_wrong_usage() -> None:
    done = run("trace", "--from", "container:nobody", "--to", "192.0.2.1:80/tcp", LOOPBACK_PORT)
    assert_fails(done, 2, "there is no container nobody here", "`netaudit show --by container` lists them")
