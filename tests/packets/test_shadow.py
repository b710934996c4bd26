"""Rules that decide nothing: each is proved by its chain, and no packet that is traced is ever decided by one."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampling import SWEEP

from netaudit.model.facts import Facts, Source
from netaudit.model.host import Host
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.program import Hook, ReadTable
from netaudit.model.netfilter.ruleset import Backend, Chain, Rule, Ruleset, Table
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.route_lookup import RouteLookup
from netaudit.packets.shadowing.analysis import ShadowAnalysis
from netaudit.packets.shadowing.kinds import Shadow, ShadowKind
from netaudit.packets.trace.chain import Walk
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.values.branch import Branch
from netaudit.packets.values.packet import Packet
from netaudit.parse import parse_snapshot
from netaudit.parse.program import parse_program


def _table(*rules: str, name: str = "filter") -> ReadTable:
    chains = {"INPUT": [], "sub": []}  # type: dict[str, list[Rule]]
    for rule in rules:
        chains[rule.split()[1]].append(Rule(rule))
    made = tuple(Chain(key, tuple(found), "ACCEPT" if key == "INPUT" else None) for key, found in chains.items())
    ruleset = Ruleset((Table(Backend.IPTABLES_NFT, "ip", name, made),))
    return parse_program(Facts({}), ruleset).tables[0]


def _shadows(*rules: str) -> list[Shadow]:
    table = _table(*rules)
    return [one for chain in table.chains.values() for one in ShadowAnalysis(table).of(chain)]


@pytest.mark.parametrize(
    ("rules", "shade", "covering", "witness"),
    [
        (
            ["-A INPUT -p tcp -m tcp --dport 1:1023 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 22 -j DROP"],
            ShadowKind.CONTRADICTED,
            [1],
            "protocol tcp, dport 22",
        ),
        (["-A INPUT -i lo -j ACCEPT", "-A INPUT ! -i lo -j DROP", "-A INPUT -p udp -j DROP"], "shadowed", [1, 2], None),
        (["-A INPUT -s 192.0.2.0/24 -j DROP", "-A INPUT -s 192.0.2.7/32 -j REJECT"], ShadowKind.REDUNDANT, [1], None),
        (  # of two that may take its packets, the first decides
            [
                "-A INPUT -s 192.0.2.7/32 -j ACCEPT",
                "-A INPUT -s 192.0.2.0/24 -j DROP",
                "-A INPUT -s 192.0.2.0/25 -j DROP",
            ],
            ShadowKind.SHADOWED,
            [1, 2],
            "saddr 192.0.2.7",
        ),
        (["-A INPUT -i lo -j ACCEPT", "-A INPUT -i lo -j ACCEPT"], ShadowKind.REPEATED, [1], "iif lo"),
        (["-A INPUT -i br-+ -j DROP", "-A INPUT -i br-web -j ACCEPT"], ShadowKind.CONTRADICTED, [1], "iif br-web"),
        (["-A INPUT -j sub", "-A sub -j RETURN", "-A sub -p tcp -j DROP"], ShadowKind.SHADOWED, [1], "protocol tcp"),
        (["-A INPUT -j sub", "-A INPUT -p tcp -j DROP", "-A sub -p tcp -j ACCEPT"], ShadowKind.SHADOWED, [1], None),
        (["-A INPUT -p tcp -m tcp --dport 22 -m multiport --dports 80,443 -j DROP"], ShadowKind.UNMATCHABLE, [], ""),
    ],
)
def test_what_is_proved(rules: list[str], shade: str, covering: list[int], witness: str | None) -> None:
    (found,) = _shadows(*rules)
    assert (found.shade, [one.position for one in found.covering]) == (shade, covering)
    assert witness is None or found.witness == witness


@pytest.mark.parametrize(
    "rules",
    [
        ["-A INPUT -m limit --limit 5/sec -j ACCEPT", "-A INPUT -m limit --limit 5/sec -j ACCEPT"],
        ["-A INPUT -m set --match-set some src -j DROP", "-A INPUT -s 192.0.2.1/32 -j ACCEPT"],
        ["-A INPUT -j sub", "-A INPUT -p tcp -j DROP", "-A sub -p tcp -j RETURN", "-A sub -j ACCEPT"],
        ["-A INPUT -i eth0 -j ACCEPT", "-A INPUT -i eth0+ -j DROP"],
        ["-A INPUT -j LOG", "-A INPUT -j LOG"],
        [
            "-A INPUT -m mark --mark 0x1 -j DROP",
            "-A INPUT -p tcp -j MARK --set-xmark 0x1/0xffffffff",
            "-A INPUT -m mark --mark 0x1 -j DROP",
        ],
    ],
)
def test_what_is_not_proved_is_not_said(rules: list[str]) -> None:
    assert _shadows(*rules) == []


def test_of_very_many_shadowed_rules_the_last_are_not_said_to_be_more_than_that() -> None:
    found = _shadows(
        "-A INPUT -p tcp -j ACCEPT",
        "-A INPUT ! -p tcp -j DROP",
        *(f"-A INPUT -s 198.51.{at // 250}.{at % 250}/32 -j ACCEPT" for at in range(310)),
    )
    assert len(found) == 310
    assert {one.shade for one in found} == {ShadowKind.SHADOWED}
    assert [len(one.covering) for one in found] == [2] * 300 + [0] * 10


_MATCHES = st.lists(
    st.sampled_from(
        [
            *("-i eth0", "! -i eth0", "-i eth+", "-s 192.0.2.0/25", "-s 192.0.2.1/32", "! -s 192.0.2.0/31"),
            *("-m mark --mark 0x1", "-m mark --mark 0x0/0x1", "-m limit --limit 5/sec"),
            *("-m conntrack --ctstate NEW", "-m conntrack --ctstate RELATED,ESTABLISHED"),
        ]
    ),
    max_size=2,
    unique_by=lambda text: text.replace("! ", "")[:6],
)
_PORTS = st.sampled_from(["", "-p tcp", "-p tcp -m tcp --dport 22", "-p tcp -m tcp --dport 1:79", "-p udp", "! -p tcp"])
_TARGETS = st.sampled_from(["ACCEPT", "DROP", "RETURN", "LOG", "MARK --set-xmark 0x1/0xffffffff"])
_ENDS = {"INPUT": st.one_of(_TARGETS, st.just("sub")), "sub": _TARGETS}


@st.composite
def _rule(draw: st.DrawFn, chain: str) -> str:
    words = [f"-A {chain}", *draw(_MATCHES), draw(_PORTS), f"-j {draw(_ENDS[chain])}"]
    return " ".join(word for word in words if word)


_PACKETS = st.fixed_dictionaries(
    {
        Field.IIF: st.sampled_from(["eth0", "eth1", "lo"]),
        Field.OIF: st.just(""),
        Field.SADDR: st.sampled_from([0xC0000200, 0xC0000201, 0xC0000202, 0xC00002C8, 0xC6336407]),
        Field.DADDR: st.just(0xC000020A),
        Field.PROTOCOL: st.sampled_from([6, 17]),
        Field.SPORT: st.just(40000),
        Field.DPORT: st.sampled_from([22, 23, 80]),
        Field.MARK: st.sampled_from([0, 1, 3]),
        Field.CT_MARK: st.just(0),
        Field.CT_STATE: st.sampled_from([1, 2, 4, 8, 64]),
        Field.NFPROTO: st.just(2),
    }
)

_RULES = st.lists(_rule("INPUT"), min_size=2, max_size=7)


@settings(max_examples=30 * SWEEP, deadline=None)
@given(
    st.lists(_rule("INPUT"), min_size=2, max_size=7),
    st.lists(_rule("sub"), max_size=4),
    st.lists(_PACKETS, max_size=12),
)
def test_no_packet_meets_a_rule_that_is_said_to_decide_nothing(
    rules: list[str], sub: list[str], packets: list[dict[Field, int | str]]
) -> None:
    table = _table(*rules, *sub)
    hidden = {one.rule for chain in table.chains.values() for one in ShadowAnalysis(table).of(chain)}
    for fields in packets:
        recorder = TraceRecorder()
        walk = Walk(RouteLookup(Routing(Host(), "ip")), recorder)
        walk.through(Hook.INPUT, table, table.chains["INPUT"], [Branch(Packet(fields))])
        assert hidden.isdisjoint(step.item for step in recorder.steps if step.item)


def _nft(*expressions: list[object]) -> list[Shadow]:
    place = {"family": "ip", "table": "own"}
    objects: list[object] = [
        {"table": {"family": "ip", "name": "own", "handle": 1}},
        {"chain": {**place, "name": "in", "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}},
        *({"rule": {**place, "chain": "in", "expr": one}} for one in expressions),
    ]
    files = {str(Source.NFT_RULESET): json.dumps({"nftables": objects}).encode()}
    snapshot = parse_snapshot(Facts(files))
    (table,) = snapshot.program.tables
    return [one for chain in table.chains.values() for one in ShadowAnalysis(table).of(chain)]


def _port(*ports: int) -> dict[str, object]:
    left = {"payload": {"protocol": "tcp", "field": "dport"}}
    return {"match": {"op": "==", "left": left, "right": {"set": list(ports)} if len(ports) > 1 else ports[0]}}


MAP = {
    "vmap": {
        "key": {"payload": {"protocol": "tcp", "field": "dport"}},
        "data": {"set": [[22, {"accept": None}], [23, {"drop": None}], [24, {"continue": None}]]},
    }
}


@pytest.mark.parametrize(
    ("ports", "shade"),
    [((22,), ShadowKind.SHADOWED), ((22, 23), ShadowKind.SHADOWED), ((24,), None), ((23, 24), None), ((25,), None)],
)
def test_a_verdict_map_takes_what_its_elements_decide_and_nothing_else(
    ports: tuple[int, ...], shade: ShadowKind | None
) -> None:
    found = _nft([MAP], [_port(*ports), {"drop": None}])
    assert [(one.shade, [by.position for by in one.covering]) for one in found] == ([(shade, [1])] if shade else [])
