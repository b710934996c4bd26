"""Policy rules decide who is reached: with `ip rule` recorded, another routing table leaves nothing in doubt."""

import json
from collections.abc import Callable
from ipaddress import ip_address

import msgspec
import pytest
from packets.test_answers import ALLOWED, INTERNET, OLD, changed, said, with_rules
from packets.test_packets_agree import disagreements

from netaudit.model.facts import Facts, Source
from netaudit.packets.trace.tracer import trace
from netaudit.packets.values.probe import Probe
from netaudit.parse import parse_snapshot

Json = dict[str, object]
USUAL: list[Json] = [
    {"priority": 0, "src": "all", "table": "local"},
    {"priority": 32766, "src": "all", "table": "main"},
    {"priority": 32767, "src": "all", "table": "default"},
]
UPLINK2 = {"dst": "default", "dev": "eth1", "gateway": "198.51.100.254", "table": "200", "flags": []}
TUNNEL = {"dst": "default", "dev": "wg0", "table": "51820", "scope": "link", "flags": []}
TAILNET = [
    {"dst": "100.100.100.100", "dev": "tailscale0", "table": "52", "flags": []},
    {"type": "throw", "dst": "127.0.0.0/8", "table": "52", "flags": []},
]
TAILSCALE: list[Json] = [
    {"priority": 5210, "src": "all", "fwmark": "0x80000", "fwmask": "0xff0000", "table": "main"},
    {"priority": 5230, "src": "all", "fwmark": "0x80000", "fwmask": "0xff0000", "table": "default"},
    {"priority": 5250, "src": "all", "fwmark": "0x80000", "fwmask": "0xff0000", "action": "unreachable"},
    {"priority": 5270, "src": "all", "table": "52"},
]
WG_QUICK: list[Json] = [
    {"priority": 32764, "src": "all", "table": "main", "suppress_prefixlen": 0},
    {"priority": 32765, "not": None, "src": "all", "fwmark": "0xca6c", "table": "51820"},
]


def routed(rules: list[Json], *routes: Json, more: Callable[[str], str] = str) -> Facts:
    """Load a recording of one published port, with policy rules, routes and links beside its own."""

    def with_routes(text: str) -> str:
        return json.dumps([*json.loads(text), *routes])

    def with_links(text: str) -> str:
        known = json.loads(text)
        names = {str(route["dev"]) for route in routes if "dev" in route} - {one["ifname"] for one in known}
        links = [{"ifname": name, "ifindex": 90 + at, "flags": ["UP"]} for at, name in enumerate(sorted(names))]
        return json.dumps([*known, *links])

    facts = changed(OLD, ip_route=with_routes, ip_addr=with_links, iptables_nft=more)
    rules6 = [rule for rule in USUAL if rule["priority"] != 32767]
    policy = {Source.IP_RULE: [*USUAL, *rules], Source.IP6_RULE: rules6}
    files = {name: json.dumps(found).encode() for name, found in policy.items()}
    return msgspec.structs.replace(facts, files={**facts.files, **files})


def test_another_routing_table_is_a_doubt_only_where_its_rules_were_not_recorded() -> None:
    facts = routed([], UPLINK2)
    assert said(facts)[INTERNET] == ALLOWED
    del facts.files[Source.IP_RULE]
    assert said(facts)[INTERNET].startswith("may, filter/DOCKER#1, routing table 200 may be asked by policy rules")


@pytest.mark.parametrize(
    ("rules", "routes", "outcome"),
    [
        (TAILSCALE, TAILNET, ALLOWED),
        ([{"priority": 100, "src": "203.0.113.7", "table": "200"}], [UPLINK2], ALLOWED),
        ([{"priority": 100, "src": "all", "iif": "eth9", "table": "200"}], [UPLINK2], ALLOWED),
        (WG_QUICK, [TUNNEL], "the answer may be stopped: it leaves by another interface"),
        ([{"priority": 9, "src": "172.17.0.0", "srclen": 16, "action": "prohibit"}], [], "the answer is stopped"),
        ([{"priority": 9, "src": "all", "dst": "172.17.0.2", "action": "blackhole"}], [], "there is no route"),
        ([{"priority": 9, "src": "all", "ipproto": "tcp", "dport": 80, "action": "prohibit"}], [], "there is no route"),
        ([{"priority": 9, "src": "all", "ipproto": "tcp", "dport": 8080, "action": "prohibit"}], [], ALLOWED),
        (
            [{"priority": 9, "src": "all", "goto": 32766}, {"priority": 10, "src": "all", "action": "prohibit"}],
            [],
            ALLOWED,
        ),
    ],
)
def test_policy_rules_decide_as_the_kernel_does(rules: list[Json], routes: list[Json], outcome: str) -> None:
    facts = routed(rules, *routes)
    assert outcome in said(facts)[INTERNET]
    assert disagreements(facts) == []


def test_a_rule_for_one_user_is_no_doubt_about_what_comes_from_outside() -> None:
    facts = routed([{"priority": 9, "src": "all", "uid_start": 1000, "uid_end": 1001, "action": "prohibit"}])
    assert said(facts)[INTERNET] == ALLOWED


def test_a_mark_that_rules_restore_leads_the_answer_back_by_the_second_uplink() -> None:
    marking = with_rules(
        "mangle PREROUTING -i eth1 -m conntrack --ctstate NEW -j CONNMARK --set-xmark 0x2/0xffffffff",
        "mangle PREROUTING -i docker0 -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff",
    )
    link = {"dst": "198.51.100.0/24", "dev": "eth1", "scope": "link", "flags": []}
    by_mark: list[Json] = [{"priority": 100, "src": "all", "fwmark": "0x2", "table": "200"}]
    unmarked, marked = (routed(rules, UPLINK2, link, more=marking) for rules in ([], by_mark))
    assert (trace_by_eth1(unmarked), trace_by_eth1(marked)) == ("may", "allowed")
    assert disagreements(marked) == []


def trace_by_eth1(facts: Facts) -> str:
    """Follow a packet from the Internet that comes by the second uplink."""
    snapshot = parse_snapshot(facts)
    probe = Probe(ip_address("203.0.113.7"), ip_address("192.0.2.10"), "tcp", 8080, 40000, "eth1")
    return str(trace(snapshot.program, snapshot.host, probe, (), snapshot.inventory).outcome)
