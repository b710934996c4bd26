"""Tables of devices are asked before IP's own; those of bridges leave in doubt only what they can stop."""

import json
from collections.abc import Mapping
from types import MappingProxyType

import msgspec
import pytest
from packets.test_answers import ALLOWED, INTERNET, OLD, Edit, changed, said
from packets.test_packets_agree import disagreements
from sampling import every

from netaudit.model.facts import Facts, Source
from netaudit.packets.query.query import TraceQuery, answer_query
from netaudit.parse import parse_snapshot

ARP = {"match": {"op": "==", "left": {"meta": {"key": "protocol"}}, "right": "arp"}}
TCP = {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "protocol"}}, "right": "tcp"}}
TCP_80, TCP_8080 = (
    {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": port}}
    for port in (80, 8080)
)
NO_PROXY = "26.1.5-iptables-nft/no-proxy-one-port/01"
BASES: dict[str, dict[str, object]] = {
    "ip": {"type": "filter", "hook": "prerouting", "prio": -310},
    "netdev": {"type": "filter", "hook": "ingress", "prio": 0, "dev": "eth0"},
    "inet": {"type": "filter", "prio": 0},
    "bridge": {"type": "filter", "hook": "forward", "prio": 0},
}


def host(
    family: str,
    *expressions: object,
    policy: str = "accept",
    of: str = OLD,
    edits: Mapping[str, Edit] = MappingProxyType({}),
    **base: object,
) -> Facts:
    place = {"family": family, "table": "own"}
    chain = {key: value for key, value in {**BASES[family], **base}.items() if value is not None}
    objects = [
        {"table": {"family": family, "name": "own", "handle": 9}},
        {"chain": {**place, "name": "base", **chain, "policy": policy}},
        {"rule": {**place, "chain": "base", "expr": list(expressions)}},
    ]
    facts = changed(of, **edits)
    files = {str(Source.NFT_RULESET): json.dumps({"nftables": objects}).encode()}
    return msgspec.structs.replace(facts, files={**facts.files, **files})


@pytest.mark.parametrize(("kind", "outcome"), [("ether", "blocked"), ("ppp", "allowed"), ("loopback", "allowed")])
def test_the_kind_of_hardware_behind_an_interface_is_known(kind: str, outcome: str) -> None:
    asked = {"match": {"op": "==", "left": {"meta": {"key": "iiftype"}}, "right": kind}}
    facts = host("ip", asked, {"drop": None})
    assert said(facts)[INTERNET].startswith(outcome)
    assert disagreements(facts) == []


@pytest.mark.parametrize(("protocol", "outcome"), [("ip", "blocked"), ("ip6", "allowed")])
def test_the_protocol_behind_the_hardwares_addresses_is_the_familys(protocol: str, outcome: str) -> None:
    asked = {"match": {"op": "==", "left": {"meta": {"key": "protocol"}}, "right": protocol}}
    facts = host("ip", asked, {"drop": None})
    assert said(facts)[INTERNET].startswith(outcome)
    assert disagreements(facts) == []


def test_nobody_chooses_the_hardware_address_that_packets_are_sent_to() -> None:
    asked = {
        "match": {
            "op": "!=",
            "left": {"payload": {"protocol": "ether", "field": "daddr"}},
            "right": "02:00:00:00:00:01",
        }
    }
    facts = host("ip", asked, {"drop": None})
    assert said(facts)[INTERNET].startswith("may")
    assert disagreements(facts) == []


@pytest.mark.parametrize("family", ["netdev", "bridge"])
def test_a_table_that_counts_leaves_nothing_in_doubt(family: str) -> None:
    assert said(host(family, {"counter": {"packets": 0, "bytes": 0}}))[INTERNET] == ALLOWED


def test_a_bridge_that_stops_other_frames_leaves_nothing_in_doubt() -> None:
    assert said(host("bridge", ARP, {"drop": None}))[INTERNET] == ALLOWED


_MEMBERS = "network:bridge → 172.17.0.2:1"
_UDP = {"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "protocol"}}, "right": "udp"}}
_UDP_OF_IPV6 = {"match": {"op": "==", "left": {"payload": {"protocol": "ip6", "field": "nexthdr"}}, "right": "udp"}}
_NEW = {"match": {"op": "==", "left": {"ct": {"key": "state"}}, "right": "new"}}


def _asks(protocol: str, name: str, right: object) -> dict[str, object]:
    return {"match": {"op": "==", "left": {"payload": {"protocol": protocol, "field": name}}, "right": right}}


def _named(key: str, name: str) -> dict[str, object]:
    return {"match": {"op": "==", "left": {"meta": {"key": key}}, "right": name}}


# What real packets did with such tables on engine 28.5.2, br_netfilter on and off: docs/agreement.md.
@pytest.mark.parametrize(
    ("hook", "rule", "policy", "said_of_members"),
    every(
        2,
        [
            ("forward", (_UDP, {"drop": None}), "accept", "allowed"),
            ("forward", (TCP, {"drop": None}), "accept", "blocked, bridge:own/base#1"),
            ("forward", (_UDP_OF_IPV6, {"drop": None}), "accept", "allowed"),
            ("forward", (_asks("ip", "daddr", "172.17.0.2"), {"drop": None}), "accept", "blocked, bridge:own/base#1"),
            ("forward", (_asks("ip", "saddr", "172.17.0.9"), {"drop": None}), "accept", "allowed"),
            ("forward", (_asks("tcp", "sport", 40000), {"drop": None}), "accept", "allowed"),
            ("forward", (_asks("vlan", "id", 5), {"drop": None}), "accept", "allowed"),
            ("forward", (_named("ibrname", "docker0"), {"drop": None}), "accept", "blocked, bridge:own/base#1"),
            ("forward", (_named("obrname", "br-other"), {"drop": None}), "accept", "may"),  # of its ARP
            (
                "forward",
                (_named("iifname", "docker0"), {"drop": None}),
                "accept",
                "may",
            ),  # a port, none of which is recorded
            ("prerouting", (TCP, {"drop": None}), "accept", "blocked, bridge:own/base#1"),
            ("postrouting", (TCP, {"drop": None}), "accept", "blocked, bridge:own/base#1"),
            ("input", ({"drop": None},), "accept", "allowed"),
            ("output", ({"drop": None},), "accept", "allowed"),
            ("forward", (TCP, {"accept": None}), "drop", "may"),  # ARP is dropped
            ("forward", (ARP, {"drop": None}), "accept", "may"),
            ("forward", (_asks("arp", "htype", 1), {"drop": None}), "accept", "may"),
            ("forward", (TCP, _NEW, {"drop": None}), "accept", "may"),
        ],
    ),
)
def test_tables_of_bridges_are_asked_about_what_passes_between_their_ports(
    hook: str, rule: tuple[object, ...], policy: str, said_of_members: str
) -> None:
    facts = host("bridge", *rule, policy=policy, hook=hook)
    assert said(facts)[_MEMBERS].startswith(said_of_members)
    assert disagreements(facts) == []


@pytest.mark.parametrize(
    ("hook", "rule", "outcome"),
    every(
        2,
        [
            ("forward", ({"drop": None},), ALLOWED),
            ("prerouting", (TCP, {"drop": None}), "blocked, bridge:own/base#1, the answer is stopped"),
            ("input", (TCP, {"drop": None}), "blocked, bridge:own/base#1, the answer is stopped"),
            ("output", (TCP_8080, {"drop": None}), ALLOWED),  # translation comes before
            ("output", (TCP_80, {"drop": None}), "blocked, bridge:own/base#1"),
            ("postrouting", (TCP_80, {"drop": None}), "blocked, bridge:own/base#1"),
            ("prerouting", ({"drop": None},), "bridge table own stops ARP"),
        ],
    ),
)
def test_tables_of_bridges_are_asked_about_what_comes_and_goes_by_bridges(
    hook: str, rule: tuple[object, ...], outcome: str
) -> None:
    facts = host("bridge", *rule, hook=hook)
    assert outcome in said(facts)[INTERNET] or said(facts)[INTERNET].startswith("blocked")
    assert disagreements(facts) == []


_OFF = {"sysctl": lambda text: text.replace("bridge-nf-call-iptables = 1", "bridge-nf-call-iptables = 0")}


@pytest.mark.parametrize("edits", [{}, _OFF])
@pytest.mark.parametrize(
    ("hook", "key", "name", "zone", "outcome"),
    [
        ("forward", "iifname", "*", _MEMBERS, "blocked, bridge:own/base#1"),
        ("forward", "oifname", "*", _MEMBERS, "blocked, bridge:own/base#1"),
        ("postrouting", "iifname", "*", _MEMBERS, "allowed"),  # at the last hook no table of a bridge sees that
        ("postrouting", "oifname", "*", _MEMBERS, "blocked, bridge:own/base#1"),
        ("prerouting", "iifname", "*", INTERNET, "blocked, bridge:own/base#1, the answer is stopped"),
        ("output", "oifname", "*", INTERNET, "blocked, bridge:own/base#1"),
        ("output", "iifname", "*", INTERNET, "allowed"),
    ],
)
def test_a_table_of_bridges_sees_a_port_where_the_kernel_has_one(
    hook: str, key: str, name: str, zone: str, outcome: str, edits: dict[str, Edit]
) -> None:
    facts = host("bridge", _named(key, name), TCP, {"drop": None}, hook=hook, edits=edits)
    assert said(facts)[zone].startswith(outcome)
    assert disagreements(facts) == []


@pytest.mark.parametrize(
    ("hook", "outcome"),
    [("forward", "blocked"), ("postrouting", "blocked"), ("output", "allowed")],
)
def test_what_nat_leads_back_to_its_bridge_passes_between_two_ports_of_it(hook: str, outcome: str) -> None:
    facts = host("bridge", TCP_80, {"drop": None}, hook=hook, of=NO_PROXY)
    assert said(facts)["network:bridge → 0.0.0.0:8080"].partition(",")[0] == outcome
    snapshot = parse_snapshot(facts)
    found = answer_query(TraceQuery("172.17.0.3", "192.0.2.10:8080"), snapshot, snapshot.program)
    assert found.trace.outcome == outcome


def test_nothing_passes_between_the_ports_of_a_bridge_that_is_shut() -> None:
    facts = changed(OLD)
    interfaces = json.loads(facts.files[Source.IP_ADDR])
    bridge = next(one for one in interfaces if one["ifname"] == "docker0")
    bridge["flags"], bridge["operstate"] = ["BROADCAST", "MULTICAST"], "DOWN"
    files = {**facts.files, str(Source.IP_ADDR): json.dumps(interfaces).encode()}
    shut = msgspec.structs.replace(facts, files=files)
    assert said(facts)[_MEMBERS].startswith("allowed")
    assert said(shut)[_MEMBERS] == "blocked, bridge docker0 is shut down"
    assert disagreements(shut) == []


@pytest.mark.parametrize(
    ("family", "base", "expressions", "policy", "outcome"),
    every(
        2,
        [
            ("netdev", {}, ({"drop": None},), "accept", "blocked, netdev:own/base#1"),
            ("netdev", {}, (TCP_8080, {"drop": None}), "accept", "blocked, netdev:own/base#1"),
            ("netdev", {}, ({"accept": None},), "drop", ALLOWED),
            ("netdev", {}, (TCP_80, {"accept": None}), "drop", "blocked, netdev:own/base (ingress of eth0)#2"),
            ("netdev", {}, (TCP_80, {"drop": None}), "accept", ALLOWED),  # translation comes later
            ("netdev", {"dev": "lo"}, ({"drop": None},), "accept", ALLOWED),
            ("netdev", {"dev": ["lo", "eth0"]}, ({"drop": None},), "accept", "blocked, netdev:own/base#1"),
            ("netdev", {"dev": None}, (TCP_8080, {"drop": None}), "accept", "which device it is was not recorded"),
            ("netdev", {"dev": None}, (TCP_80, {"drop": None}), "accept", ALLOWED),
            ("netdev", {"dev": None}, ({"accept": None},), "drop", "which device it is was not recorded"),
            ("netdev", {"dev": "docker0"}, ({"drop": None},), "accept", "netdev table own is not followed"),
            ("netdev", {}, (ARP, {"drop": None}), "accept", "netdev table own is not followed"),
            ("inet", {"hook": "ingress", "dev": "eth0"}, ({"drop": None},), "accept", "blocked, inet:own/base#1"),
            (
                "inet",
                {"hook": "ingress", "dev": "docker0"},
                ({"drop": None},),
                "accept",
                "inet table own is not followed",
            ),
            (
                "netdev",
                {"hook": "egress"},
                ({"drop": None},),
                "accept",
                "blocked, netdev:own/base#1, the answer is stopped",
            ),
        ],
    ),
)
def test_chains_of_devices_are_asked_before_prerouting_and_behind_postrouting(
    family: str, base: dict[str, object], expressions: tuple[object, ...], policy: str, outcome: str
) -> None:
    facts = host(family, *expressions, policy=policy, **base)
    assert outcome in said(facts)[INTERNET]
    assert disagreements(facts) == []
