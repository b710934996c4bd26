"""Tables of bridges and of devices leave in doubt only what they can stop."""

import json

import msgspec
import pytest
from packets.test_answers import ALLOWED, INTERNET, OLD, changed, said
from packets.test_packets_agree import disagreements

from netaudit.model.facts import Facts, Source

ARP = {"match": {"op": "==", "left": {"meta": {"key": "protocol"}}, "right": "arp"}}
BASES = {
    "ip": {"type": "filter", "hook": "prerouting", "prio": -310},
    "netdev": {"type": "filter", "hook": "ingress", "prio": 0, "dev": "eth0"},
    "bridge": {"type": "filter", "hook": "forward", "prio": 0},
}


def host(family: str, *expressions: object, policy: str = "accept") -> Facts:
    place = {"family": family, "table": "own"}
    objects = [
        {"table": {"family": family, "name": "own", "handle": 9}},
        {"chain": {**place, "name": "base", **BASES[family], "policy": policy}},
        {"rule": {**place, "chain": "base", "expr": list(expressions)}},
    ]
    facts = changed(OLD)
    files = {str(Source.NFT_RULESET): json.dumps({"nftables": objects}).encode()}
    return msgspec.structs.replace(facts, files={**facts.files, **files})


@pytest.mark.parametrize(("kind", "outcome"), [("ether", "blocked"), ("ppp", "allowed"), ("loopback", "allowed")])
def test_the_kind_of_hardware_behind_an_interface_is_known(kind: str, outcome: str) -> None:
    asked = {"match": {"op": "==", "left": {"meta": {"key": "iiftype"}}, "right": kind}}
    facts = host("ip", asked, {"drop": None})
    assert said(facts)[INTERNET].startswith(outcome)
    assert disagreements(facts) == []


@pytest.mark.parametrize("family", ["netdev", "bridge"])
def test_a_table_that_counts_or_stops_other_frames_leaves_nothing_in_doubt(family: str) -> None:
    assert said(host(family, {"counter": {"packets": 0, "bytes": 0}}))[INTERNET] == ALLOWED
    assert said(host(family, ARP, {"drop": None}))[INTERNET] == ALLOWED


@pytest.mark.parametrize("family", ["netdev", "bridge"])
def test_a_table_that_may_stop_ip_is_a_doubt(family: str) -> None:
    for facts in (host(family, {"drop": None}), host(family, {"accept": None}, policy="drop")):
        assert f"{family} table own is not followed" in said(facts)[INTERNET]
