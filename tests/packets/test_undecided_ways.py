"""Ways of which something was not recorded, or that the kernel itself ends: said, and never guessed."""

import json
from ipaddress import ip_address

import msgspec
import pytest
from packets.test_answers import ALLOWED, INTERNET, OLD, changed, said, with_rules
from packets.test_other_families import TCP_8080, host
from packets.test_packets_agree import disagreements
from packets.test_packets_policy_routing import TAILNET, TAILSCALE, TUNNEL, WG_QUICK, Json, routed
from packets.test_packets_trace import ADDR, FILTER, NAT, ROUTES, follow
from packets.test_shadow import _shadows

from netaudit.model.exposure import Outcome
from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.ruleset import Backend, Chain, Rule, Ruleset, Table
from netaudit.model.reason import ReasonKind, kinds_of
from netaudit.packets.shadowing.analysis import ShadowAnalysis
from netaudit.packets.shadowing.kinds import ShadowKind
from netaudit.packets.values.steps import EndKind, Trace
from netaudit.parse.program import parse_program

FIRST_DROPS = "blocked, filter/FORWARD#1"


def _kinds(found: Trace) -> set[ReasonKind]:
    return {kind for doubt in found.doubts for kind in kinds_of(doubt)}


def _strict(facts: Facts) -> Facts:
    switched = facts.files[Source.SYSCTL] + b"net.ipv4.conf.eth0.rp_filter = 1\n"
    return msgspec.structs.replace(facts, files={**facts.files, Source.SYSCTL: switched})


@pytest.mark.parametrize(
    ("rules", "routes", "strict", "asked"),
    [
        (TAILSCALE, TAILNET, ALLOWED, ALLOWED),
        (WG_QUICK, [TUNNEL], "blocked", "blocked, raw/PREROUTING#1"),  # the way back leads into the tunnel
        # Of what is forwarded the kernel looks for the way back as if it came by the way out; xt_rpfilter, by lo.
        ([{"priority": 9, "src": "all", "iif": "lo", "action": "prohibit"}], [], ALLOWED, "blocked, raw/PREROUTING#1"),
        ([{"priority": 9, "src": "192.0.2.11", "action": "prohibit"}], [], ALLOWED, ALLOWED),
        # The kernel looks for the way back when the target is translated, a rule in `raw` before.
        ([{"priority": 9, "src": "192.0.2.10", "action": "prohibit"}], [], ALLOWED, "blocked, raw/PREROUTING#1"),
        ([{"priority": 9, "src": "all", "iif": "docker0", "action": "prohibit"}], [], "blocked, ", "blocked, "),
    ],
)
def test_a_sender_is_believed_where_the_way_back_by_policy_rules_leads_to_it(
    rules: list[Json], routes: list[Json], strict: str, asked: str
) -> None:
    by_rule = routed(rules, *routes, more=with_rules("raw PREROUTING -i eth0 -m rpfilter --invert -j DROP"))
    for facts, outcome in ((_strict(routed(rules, *routes)), strict), (by_rule, asked)):
        assert said(facts)[INTERNET].startswith(outcome)
        assert disagreements(facts) == []


@pytest.mark.parametrize(("without", "source"), [(("br0",), 0xC0000201), (("br0", "eth0"), None)])
def test_masquerade_takes_an_address_of_another_interface_and_without_any_drops(
    without: tuple[str, ...], source: int | None
) -> None:
    bare = [one | {"addr_info": []} if one["ifname"] in without else one for one in json.loads(ADDR)]
    found = follow(NAT.format("-A POSTROUTING -j MASQUERADE\n"), more={"ip-addr.json": json.dumps(bare).encode()})
    (end,) = found.ends
    assert (end.kind is EndKind.DROPPED) is (source is None)
    assert source is None or end.packet.get(Field.SADDR) == source


def test_addresses_of_loopback_do_not_leave_the_host() -> None:
    found = follow(source=ip_address("127.0.0.1"), interface="")
    (end,) = found.ends
    assert (end.kind, end.reason and end.reason.kind) == (EndKind.LOST, ReasonKind.LOOPBACK_LEAVES_BY)


def test_a_table_that_policy_rules_may_ask_is_a_doubt_where_they_were_not_recorded() -> None:
    other = {"dst": "198.51.100.0/24", "dev": "eth0", "table": "42", "flags": []}
    found = follow(more={"ip-route.json": json.dumps([*json.loads(ROUTES), other]).encode()})
    assert found.outcome is Outcome.MAY
    assert {end.kind for end in found.ends} == {EndKind.UNKNOWN, EndKind.SENT}


def test_packets_that_differ_in_many_marks_alone_are_followed_as_one() -> None:
    marks = "".join(
        f"-A FORWARD -m string --string x{at} -j MARK --set-xmark {1 << at:#x}/{1 << at:#x}\n" for at in range(8)
    )
    found = follow(FILTER.format(f"{marks}-A FORWARD -m mark --mark 0x7 -j DROP\n"))
    assert ReasonKind.MANY_MARKS in _kinds(found)
    assert found.outcome is Outcome.MAY
    assert follow(FILTER.format(marks)).outcome is Outcome.ALLOWED


def test_a_mark_of_few_is_known_exactly() -> None:
    rules = "-A FORWARD -m string --string x -j MARK --set-xmark 0x1/0x1\n"
    found = follow(FILTER.format(rules))
    assert ReasonKind.MANY_MARKS not in _kinds(found)
    assert {end.packet.get(Field.MARK) for end in found.ends} <= {0, 1, None}


_DROP_MARKED = "filter FORWARD -m mark --mark {} -j DROP"


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [
        (["filter FORWARD -p tcp -j NFQUEUE --queue-num 1"], "may, filter/FORWARD#1, a program decides"),
        (["mangle PREROUTING -p tcp -j TEE --gateway 198.51.100.9"], ALLOWED),
        (
            ["mangle PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j UNHEARD"],
            "may, mangle/PREROUTING#1, UNHEARD: no",
        ),
        (["filter FORWARD -j NOWHERE"], "may, filter/FORWARD#1, NOWHERE: no chain or target that is known"),
        (["filter FORWARD -m string --algo bm --string x -j RETURN", "filter FORWARD -j ACCEPT"], "allowed, "),
        (["mangle PREROUTING -i eth0 -j MARK --set-xmark 0x1/0x1", _DROP_MARKED.format("0x1/0x1")], FIRST_DROPS),
        (["mangle PREROUTING -i eth0 -j MARK --set-xmark 0x1/0x1", _DROP_MARKED.format("0x2/0x2")], ALLOWED),
        (["mangle PREROUTING -i eth0 -j MARK --set-xmark 0x3/0x1", _DROP_MARKED.format("0x3")], FIRST_DROPS),
        (["mangle PREROUTING -i eth0 -j MARK --set-xmark 0x1/0xffffffff"], ALLOWED),
        (["filter FORWARD -m physdev --physdev-is-bridged -j DROP"], ALLOWED),
    ],
)
def test_what_a_target_does_is_known_or_open_in_both_twins(rules: list[str], outcome: str) -> None:
    facts = changed(OLD, iptables_nft=with_rules(*rules))
    assert said(facts)[INTERNET].startswith(outcome)
    assert disagreements(facts) == []


@pytest.mark.parametrize(
    ("statement", "outcome"),
    [
        ({"queue": {"num": 1}}, "may, ip:own/base#1, a program decides"),
        ({"synproxy": None}, "may, ip:own/base#1, synproxy: what it does is not followed"),
        ({"dup": {"addr": "198.51.100.9"}}, ALLOWED),
        ({"mangle": {"key": {"payload": {"protocol": "ip", "field": "dscp"}}, "value": 4}}, ALLOWED),
    ],
)
def test_what_a_statement_does_is_known_or_open(statement: Json, outcome: str) -> None:
    assert said(host("ip", TCP_8080, statement))[INTERNET].startswith(outcome)


def test_ports_of_either_end_cover_a_rule_about_one_of_them() -> None:
    either = "-A INPUT -p tcp -m multiport --ports 80,443 -j DROP"
    (shadow,) = _shadows(either, "-A INPUT -p tcp -m tcp --dport 443 -j ACCEPT")
    assert (shadow.shade, [item.position for item in shadow.covering]) == (ShadowKind.CONTRADICTED, [1])
    assert not _shadows(either, "-A INPUT -p tcp -m tcp --dport 444 -j ACCEPT")


@pytest.mark.parametrize(("port", "outcome"), [(22, "allowed"), (23, "blocked, nobody listens where it leads")])
def test_a_translation_to_a_port_alone_keeps_the_address(port: int, outcome: str) -> None:
    rule = f"nat PREROUTING -i eth0 -p tcp -m tcp --dport 2222 -j DNAT --to-destination :{port}"
    text = 'tcp LISTEN 0 128 0.0.0.0:{0} 0.0.0.0:* users:(("sshd",pid=7,fd={0}))\n'
    facts = changed(
        OLD, iptables_nft=with_rules(rule), sockets=lambda known: known + text.format(22) + text.format(2222)
    )
    assert said(facts)["lan:eth0 → 0.0.0.0:2222"].startswith(outcome)
    assert disagreements(facts) == []


def test_addresses_of_ipv6_are_as_wide_as_they_are() -> None:
    table = Table(
        Backend.IPTABLES_NFT,
        "ip6",
        "filter",
        (
            Chain(
                "INPUT",
                (Rule("-A INPUT -s 2001:db8::/32 -j DROP"), Rule("-A INPUT -s 2001:db8:1::/48 -j DROP")),
                "ACCEPT",
            ),
        ),
    )
    read = parse_program(Facts({}), Ruleset((table,))).tables[0]
    (shadow,) = ShadowAnalysis(read).of(read.chains["INPUT"])
    assert (shadow.shade, [item.position for item in shadow.covering]) == (ShadowKind.REDUNDANT, [1])
