"""One packet's way: undecided matches, forks and merges, connections, routing, bridges; on small hosts."""

import json
from ipaddress import ip_address
from typing import Any

import pytest

from netaudit.model.exposure import Outcome
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.model.netfilter.match import Field
from netaudit.model.reason import Reason
from netaudit.packets.trace.tracer import trace
from netaudit.packets.values.probe import PacketState, Probe
from netaudit.packets.values.steps import EndKind, Trace
from netaudit.parse import parse_snapshot
from netaudit.report.text.reasons import describe_reason

ADDR = b"""[
 {"ifname":"lo","ifindex":1,"flags":["UP"],"addr_info":[{"local":"127.0.0.1","prefixlen":8,"scope":"host"}]},
 {"ifname":"eth0","ifindex":2,"flags":["UP"],"addr_info":[{"local":"192.0.2.1","prefixlen":24,"scope":"global"}]},
 {"ifname":"br0","ifindex":3,"flags":["UP"],"linkinfo":{"info_kind":"bridge"},
  "addr_info":[{"local":"198.51.100.1","prefixlen":24,"scope":"global"}]}]"""
ROUTES = b"""[
 {"dst":"192.0.2.0/24","dev":"eth0","scope":"link"}, {"dst":"198.51.100.0/24","dev":"br0","scope":"link"},
 {"type":"local","dst":"127.0.0.0/8","dev":"lo","table":"local"},
 {"type":"local","dst":"192.0.2.1","dev":"eth0","table":"local"},
 {"type":"local","dst":"198.51.100.1","dev":"br0","table":"local"}]"""
SYSCTL = """net.bridge.bridge-nf-call-iptables = {bridged}
net.ipv4.conf.all.forwarding = 1
net.ipv4.conf.br0.forwarding = {forwarding}
net.ipv4.conf.eth0.forwarding = {forwarding}
net.ipv4.conf.eth0.rp_filter = {strict}
"""
SOCKETS = b"""tcp LISTEN 0 5 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))
udp UNCONN 0 0 0.0.0.0:5353 0.0.0.0:* users:(("avahi-daemon",pid=2,fd=3))
"""
FILTER = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:U -\n{}COMMIT\n"
NAT = "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n{}COMMIT\n"
CLIENT, SERVER, OWN = "192.0.2.7", "198.51.100.7", "192.0.2.1"


def follow(*tables: str, to: str = SERVER, **asked: object) -> Trace:
    """Follow a packet from the client by eth0 through a host with these tables."""
    switches = {"bridged": 1, "forwarding": 1, "strict": 0} | asked.pop("switches", {})  # type: ignore[operator]
    files = {
        "ip-addr.json": ADDR,
        "ip-route.json": ROUTES,
        "sysctl.txt": SYSCTL.format_map(switches).encode(),
        "sockets.txt": SOCKETS,
        "iptables-save.txt": "".join(tables).encode(),
    }
    facts = Facts(files | asked.pop("more", {}), asked.pop("gaps", ()))  # type: ignore[operator, arg-type]
    snapshot = parse_snapshot(facts)
    usual = {"source": ip_address(CLIENT), "protocol": "tcp", "dport": 80, "interface": "eth0"}
    probe = Probe(destination=ip_address(to), **(usual | asked))
    return trace(snapshot.program, snapshot.host, probe)


def said(reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    return tuple(map(describe_reason, reasons))


def verdicts(found: Trace) -> list[str]:
    return [f"{step.item.where} {step.verdict}{'' if step.sure else '?'}" for step in found.steps if step.item]


def test_a_rule_that_drops_ends_the_way() -> None:
    found = follow(FILTER.format("-A FORWARD -d 198.51.100.7/32 -p tcp -m tcp --dport 80 -j DROP\n"))
    assert verdicts(found) == ["filter/FORWARD#1 drop"]
    assert [(end.kind, end.item and end.item.where, end.sure) for end in found.ends] == [
        (EndKind.DROPPED, "filter/FORWARD#1", True)
    ]
    assert found.outcome is Outcome.BLOCKED


def test_what_cannot_be_decided_is_followed_both_ways() -> None:
    found = follow(FILTER.format("-A FORWARD -m set --match-set blocked src -j DROP\n"))
    assert verdicts(found) == ["filter/FORWARD#1 drop?", "filter/FORWARD accept?"]
    assert {(end.kind, end.sure) for end in found.ends} == {(EndKind.DROPPED, False), (EndKind.SENT, False)}
    assert found.outcome is Outcome.MAY
    assert said(found.doubts) == ("-m set --match-set blocked src: what the set holds is not recorded",)


def test_what_makes_no_difference_is_no_doubt_about_the_outcome() -> None:
    rules = "-A FORWARD -m string --string x -j LOG\n-A FORWARD -m string --string x -j ACCEPT\n"
    found = follow(FILTER.format(rules))
    assert [(end.kind, end.sure) for end in found.ends] == [(EndKind.SENT, True)]
    assert found.outcome is Outcome.ALLOWED
    assert found.doubts


def test_a_mark_that_hangs_on_a_doubt_is_a_doubt_where_it_is_asked_for() -> None:
    rules = (
        "-A FORWARD -m string --string x -j MARK --set-xmark 0x1/0xffffffff\n-A FORWARD -m mark --mark 0x1 -j DROP\n"
    )
    assert follow(FILTER.format(rules)).outcome is Outcome.MAY


def test_what_a_rate_or_chance_stops_is_allowed_and_limited_by_the_rule() -> None:
    limit, text = "-A FORWARD -m limit --limit 3/min -j", "-A FORWARD -m string --string x -j"
    found = follow(FILTER.format(f"{limit} LOG\n{limit} DROP\n"))
    assert (found.outcome, found.doubts) == (Outcome.ALLOWED, ())
    assert [item.where for item in found.limited_by] == ["filter/FORWARD#2"]
    both = follow(FILTER.format(f"{limit} DROP\n{text} DROP\n"))
    assert (both.outcome, both.limited_by) == (Outcome.MAY, ())


def test_a_goto_does_not_come_back_and_a_jump_does() -> None:
    rules = "-A FORWARD -j U\n-A FORWARD -g U\n-A FORWARD -j DROP\n-A U -p udp -j DROP\n"
    assert verdicts(follow(FILTER.format(rules))) == [
        "filter/FORWARD#1 jump U",
        "filter/FORWARD#2 goto U",
        "filter/FORWARD accept",
    ]


def test_a_chain_that_is_not_there_may_do_anything() -> None:
    found = follow(FILTER.format("-A FORWARD -j NOWHERE\n"))
    assert found.outcome is Outcome.MAY
    assert said(found.doubts) == ("NOWHERE: no chain or target that is known",)


def test_jumps_without_end_are_said_and_not_followed() -> None:
    found = follow(FILTER.format("-A FORWARD -j U\n-A U -j U\n"))
    assert found.outcome is Outcome.MAY
    assert "U: jumps without end" in said(found.doubts)


def test_a_connection_is_translated_once_and_later_packets_the_same() -> None:
    rules = f"-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination {SERVER}:80\n"
    rules += "-A POSTROUTING -o br0 -j MASQUERADE\n"
    first = follow(NAT.format(rules), to=OWN, dport=8080)
    later = follow(NAT.format(rules), to=OWN, dport=8080, state=PacketState.ESTABLISHED)
    for found in (first, later):
        (end,) = found.ends
        fields = (Field.SADDR, Field.DADDR, Field.DPORT, Field.OIF)
        assert [end.packet.get(field) for field in fields] == [0xC6336401, 0xC6336407, 80, "br0"]
    assert verdicts(first) == ["nat/PREROUTING#1 accept", "nat/POSTROUTING#1 accept"]
    assert verdicts(later) == []


def test_an_established_connection_that_cannot_begin_is_said() -> None:
    rules = "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\n-A FORWARD -j DROP\n"
    found = follow(FILTER.format(rules), state=PacketState.ESTABLISHED)
    assert found.outcome is Outcome.ALLOWED
    assert said(found.notes) == ("no connection like this can begin now: its first packet does not arrive",)


def test_which_of_several_addresses_is_taken_is_not_known() -> None:
    found = follow(NAT.format("-A POSTROUTING -j SNAT --to-source 192.0.2.1-192.0.2.9\n"))
    assert [(end.kind, end.packet.get(Field.SADDR)) for end in found.ends] == [(EndKind.SENT, None)]


@pytest.mark.parametrize(
    ("asked", "kind", "text"),
    [
        ({"switches": {"forwarding": 0}}, EndKind.LOST, "eth0 does not forward"),
        ({"to": "203.0.113.9"}, EndKind.LOST, "no route to 203.0.113.9"),
        ({"to": "127.0.0.1"}, EndKind.LOST, "route_localnet is off"),
        ({"source": ip_address("203.0.113.9"), "switches": {"strict": 1}}, EndKind.LOST, "rp_filter"),
        ({"source": ip_address("198.51.100.1")}, EndKind.LOST, "this host's own"),
        ({"to": OWN, "dport": 22}, EndKind.LOCAL, "sshd"),
        ({"to": OWN, "dport": 23}, EndKind.NOBODY, "nothing listens on 192.0.2.1 port 23/tcp"),
        ({"to": OWN, "dport": None, "protocol": "icmp"}, EndKind.LOCAL, "the kernel answers"),
    ],
)
def test_routing_and_listeners_decide_too(asked: dict[str, object], kind: EndKind, text: str) -> None:
    (end,) = follow(FILTER.format(""), **asked).ends  # type: ignore[arg-type]
    assert end.kind is kind
    assert text in describe_reason(end.reason)


def test_what_was_not_recorded_is_not_known() -> None:
    facts = Facts({"iptables-save.txt": FILTER.format("").encode()})
    snapshot = parse_snapshot(facts)
    probe = Probe(ip_address(CLIENT), ip_address(SERVER), "tcp", 80, interface="eth0")
    found = trace(snapshot.program, snapshot.host, probe)
    assert found.outcome is Outcome.MAY
    assert said(found.doubts) == ("the host's routes are not recorded",)


def test_the_host_talks_to_itself_over_loopback() -> None:
    rules = "-A INPUT -i lo -j ACCEPT\n"
    found = follow(FILTER.format(rules), to=OWN, source=ip_address(OWN), interface="", dport=22)
    assert verdicts(found) == ["filter/OUTPUT accept", "filter/INPUT#1 accept"]
    assert [end.kind for end in found.ends] == [EndKind.LOCAL]


@pytest.mark.parametrize(
    ("bridged", "met", "outcome"),
    [(1, ["filter/FORWARD#1 drop"], Outcome.BLOCKED), (0, [], Outcome.ALLOWED)],
)
def test_neighbours_on_a_bridge_meet_rules_only_where_the_kernel_is_told_so(
    bridged: int, met: list[str], outcome: Outcome
) -> None:
    found = follow(
        FILTER.format("-A FORWARD -i br0 -o br0 -j DROP\n"),
        source=ip_address("198.51.100.8"),
        interface="br0",
        neighbour=True,
        switches={"bridged": bridged},
    )
    assert (verdicts(found), found.outcome) == (met, outcome)


def test_an_untracked_packet_has_no_connection_and_no_translation() -> None:
    raw = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -j CT --notrack\nCOMMIT\n"
    nat = NAT.format("-A PREROUTING -j DNAT --to-destination 198.51.100.9\n")
    rule = "-A FORWARD -m conntrack --ctstate UNTRACKED -j DROP\n"
    assert verdicts(follow(raw, nat, FILTER.format(rule))) == [
        "raw/PREROUTING#1 continue",
        "raw/PREROUTING accept",
        "filter/FORWARD#1 drop",
    ]


def test_rules_that_were_not_seen_may_stop_what_arrives_and_nothing_else() -> None:
    def followed(rules: str) -> Trace:
        files = {"ip-addr.json": ADDR, "ip-route.json": ROUTES, "iptables-save.txt": FILTER.format(rules).encode()}
        facts = Facts({**files, "sysctl.txt": SYSCTL.format(bridged=0, forwarding=1, strict=0).encode()})
        snapshot = parse_snapshot(facts)
        probe = Probe(ip_address(CLIENT), ip_address(SERVER), "tcp", 80, interface="eth0")
        unseen = {"iptables-legacy-save.txt"}
        return trace(snapshot.program, snapshot.host, probe, unseen)

    assert followed("").outcome is Outcome.MAY
    assert said(followed("").doubts) == ("iptables-legacy-save.txt was not recorded",)
    assert followed("-A FORWARD -j DROP\n").outcome is Outcome.BLOCKED


def native(flags: str) -> bytes:
    """Print a native table that drops all, with flags."""
    table = f'{{"table":{{"family":"ip","name":"t"{flags}}}}}'
    chain = '{"chain":{"family":"ip","table":"t","name":"c","type":"filter","hook":"forward","prio":0,"policy":"drop"}}'
    return f'{{"nftables":[{table},{chain}]}}'.encode()


@pytest.mark.parametrize(
    ("flags", "outcome"),
    [
        ("", Outcome.BLOCKED),
        (',"flags":["dormant"]', Outcome.ALLOWED),
        (',"flags":"t"', Outcome.MAY),  # dormant, as nft 1.0.6 prints it
    ],
)
def test_a_table_that_is_switched_off_does_nothing(flags: str, outcome: Outcome) -> None:
    files = {"ip-addr.json": ADDR, "ip-route.json": ROUTES, "nft-ruleset.json": native(flags)}
    facts = Facts({**files, "sysctl.txt": SYSCTL.format(bridged=0, forwarding=1, strict=0).encode()})
    snapshot = parse_snapshot(facts)
    probe = Probe(ip_address(CLIENT), ip_address(SERVER), "tcp", 80, interface="eth0")
    assert trace(snapshot.program, snapshot.host, probe).outcome is outcome


def answer(found: Trace) -> list[str]:
    (one,) = found.answers
    return [*verdicts(one), *(f"{end.kind}{'' if end.sure else '?'} {describe_reason(end.reason)}" for end in one.ends)]


def test_the_answer_is_followed_back_to_who_asked() -> None:
    rules = f"-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination {SERVER}:80\n"
    rules += "-A POSTROUTING -o br0 -j MASQUERADE\n"
    asked = "-A FORWARD -i br0 -s 198.51.100.7/32 -d 192.0.2.7/32 -p tcp -m tcp --sport 80 -j ACCEPT\n"
    found = follow(NAT.format(rules), FILTER.format(asked), to=OWN, dport=8080)
    assert answer(found) == ["filter/FORWARD#1 accept", "sent eth0"]
    (end,) = found.answers[0].ends
    fields = (Field.SADDR, Field.SPORT, Field.DADDR)
    assert [end.packet.get(field) for field in fields] == [0xC0000201, 8080, 0xC0000207]
    assert found.outcome is Outcome.ALLOWED


RAW = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{}COMMIT\n"
MANGLE = "*mangle\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n{}COMMIT\n"


@pytest.mark.parametrize(
    ("tables", "end"),
    [
        ((FILTER.format("-A FORWARD -i eth0 -j ACCEPT\n-A FORWARD -j DROP\n"),), "dropped rule"),
        ((FILTER.format("-A FORWARD -m conntrack --ctdir REPLY -j DROP\n"),), "dropped rule"),
        ((FILTER.format("-A FORWARD -p tcp -m tcp --tcp-flags SYN,ACK SYN,ACK -j REJECT\n"),), "rejected"),
        ((FILTER.format("-A FORWARD -m length --length 40:60 -j DROP\n"),), "dropped? rule"),
        ((RAW.format("-A PREROUTING -s 198.51.100.7/32 -j DROP\n"),), "dropped rule"),
        ((MANGLE.format("-A POSTROUTING -o eth0 -m conntrack --ctstate ESTABLISHED -j DROP\n"),), "dropped rule"),
        (
            (
                RAW.format("-A PREROUTING -i br0 -j CT --notrack\n"),
                NAT.format(f"-A PREROUTING -p tcp -m tcp -d {OWN} -j DNAT --to-destination {SERVER}\n"),
            ),
            "lost it is not translated back",
        ),
    ],
)
def test_an_answer_that_is_stopped_stops_the_connection(tables: tuple[str, ...], end: str) -> None:
    to = OWN if len(tables) > 1 else SERVER
    found = follow(*tables, to=to)
    assert found.arrives
    assert found.outcome is (Outcome.MAY if "?" in end else Outcome.BLOCKED)
    assert [line for line in answer(found) if line.startswith(end)]


def test_the_hosts_own_answers_go_through_output() -> None:
    asked: dict[str, Any] = {"to": OWN, "dport": 22, "sport": 40000}
    assert answer(follow(FILTER.format("-A OUTPUT -p tcp -m tcp --sport 22 -j DROP\n"), **asked)) == [
        "filter/OUTPUT#1 drop",
        "dropped rule",
    ]
    assert answer(follow(FILTER.format("-A OUTPUT -p tcp -m tcp --dport 22 -j DROP\n"), **asked)) == [
        "filter/OUTPUT accept",
        "sent eth0",
    ]


def test_an_interface_that_does_not_forward_keeps_answers_in() -> None:
    found = follow(FILTER.format(""), switches={"forwarding": "1\nnet.ipv4.conf.br0.forwarding = 0"})
    assert answer(found) == ["lost br0 does not forward (its sysctl `forwarding` is off)"]


def test_an_answer_that_leaves_by_another_interface_is_in_doubt() -> None:
    found = follow(FILTER.format(""), source=ip_address("198.51.100.9"), to=OWN, dport=22)
    assert found.outcome is Outcome.MAY
    assert said(found.answers[0].doubts) == ("it leaves by br0, and the packet came by eth0",)


def test_past_the_host_nothing_is_translated_back() -> None:
    rules = f"-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination {SERVER}:80\n"
    asked: dict[str, Any] = {
        "source": ip_address("198.51.100.8"),
        "interface": "br0",
        "to": "198.51.100.1",
        "dport": 8080,
    }
    for bridged, outcome in ((0, Outcome.BLOCKED), (1, Outcome.ALLOWED)):
        found = follow(NAT.format(rules), **asked, switches={"bridged": bridged})
        assert found.outcome is outcome
    masquerade = rules + "-A POSTROUTING -o br0 -j MASQUERADE\n"
    assert follow(NAT.format(masquerade), **asked, switches={"bridged": 0}).outcome is Outcome.ALLOWED


def test_a_later_packet_is_followed_alone_and_an_unanswered_first_one_is_said() -> None:
    rules = "-A FORWARD -i br0 -j DROP\n"
    found = follow(FILTER.format(rules), state=PacketState.ESTABLISHED)
    assert (found.outcome, found.answers) == (Outcome.ALLOWED, ())
    assert said(found.notes) == ("no connection like this can begin now: its answer does not come back",)


@pytest.mark.parametrize(("to", "outcome"), [(SERVER, Outcome.ALLOWED), (OWN, Outcome.NOBODY)])
def test_of_a_connection_that_may_have_begun_behind_rules_that_are_left_out_nothing_is_known(
    to: str, outcome: Outcome
) -> None:
    """Its first packet is stopped by a table of which rules are left out: one of them may let it in."""
    rules = FILTER.format("".join(f"-A {hook} -m conntrack --ctstate NEW -j DROP\n" for hook in ("INPUT", "FORWARD")))
    whole = follow(rules, to=to, dport=8080, state=PacketState.ESTABLISHED)
    assert (whole.outcome, len(whole.notes)) == (outcome, 1)
    gap = Gap(Source.IPTABLES_NFT, GapReason.NOT_RECORDED, "rows are left out")
    partly = follow(rules, to=to, dport=8080, state=PacketState.ESTABLISHED, gaps=(gap,))
    assert (partly.outcome, partly.notes) == (Outcome.MAY, ())
    assert said(partly.doubts) == ("iptables-save.txt: not recorded",)


@pytest.mark.parametrize(
    ("rules", "to", "outcome"),
    [
        ("-A FORWARD -j DROP\n", "224.0.0.251", Outcome.MAY),  # it depends on who is in the group
        ("-A INPUT -d 224.0.0.251/32 -j DROP\n", "224.0.0.251", Outcome.BLOCKED),
        ("-A FORWARD -j DROP\n", "255.255.255.255", Outcome.ALLOWED),
        ("-A INPUT -j DROP\n", "255.255.255.255", Outcome.BLOCKED),
        (
            "-A OUTPUT -s 224.0.0.0/4 -j DROP\n-A OUTPUT -s 255.255.255.255/32 -j DROP\n",
            "255.255.255.255",
            Outcome.ALLOWED,
        ),
    ],
)
def test_what_is_for_many_comes_to_this_host_or_nowhere(rules: str, to: str, outcome: Outcome) -> None:
    found = follow(FILTER.format(rules), to=to, protocol="udp", dport=5353)
    assert found.outcome is outcome
    assert not any(step.item and step.item.where.startswith("filter/FORWARD") for step in found.steps)


@pytest.mark.parametrize(
    ("source", "to", "interface", "end"),
    [
        (OWN, OWN, "lo", "sshd"),
        (OWN, OWN, "eth0", "the sender's address 192.0.2.1 is this host's own"),
        ("127.0.0.1", OWN, "lo", "sshd"),
        ("127.0.0.1", OWN, "eth0", "the sender's address 127.0.0.1 cannot come by eth0"),
        ("127.0.0.1", "127.0.0.1", "lo", "sshd"),
        (CLIENT, "127.0.0.1", "eth0", "127.0.0.1 is loopback's, and eth0 may not lead there (route_localnet is off)"),
        ("224.0.0.1", OWN, "lo", "the sender's address 224.0.0.1 cannot come by lo"),
    ],
)
def test_addresses_that_are_impossible_on_a_wire_are_possible_on_loopback(
    source: str, to: str, interface: str, end: str
) -> None:
    found = follow(FILTER.format(""), to=to, source=ip_address(source), interface=interface, dport=22)
    assert [describe_reason(one.reason) for one in found.ends] == [end]


def test_what_a_program_decides_may_be_let_on_or_dropped() -> None:
    found = follow(FILTER.format("-A FORWARD -j NFQUEUE --queue-num 0\n"))
    assert found.outcome is Outcome.MAY
    assert {(one.kind, one.sure) for one in found.ends} == {(EndKind.DROPPED, False), (EndKind.SENT, False)}
    assert said(found.doubts) == ("a program decides (queue)",)


@pytest.mark.parametrize(("priority", "seen"), [(-101, 8080), (-100, 80), (-99, 80)])
def test_destinations_are_translated_before_the_other_chains_of_the_same_priority(priority: int, seen: int) -> None:
    chain = {"family": "ip", "table": "own", "name": "in", "type": "filter", "hook": "prerouting", "prio": priority}
    left = {"payload": {"protocol": "tcp", "field": "dport"}}
    rule = [{"match": {"op": "==", "left": left, "right": seen}}, {"drop": None}]
    objects = [
        {"table": {"family": "ip", "name": "own", "handle": 9}},
        {"chain": {**chain, "policy": "accept"}},
        {"rule": {"family": "ip", "table": "own", "chain": "in", "expr": rule}},
    ]
    led = NAT.format("-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 198.51.100.7:80\n")
    found = follow(led, to=OWN, dport=8080, more={"nft-ruleset.json": json.dumps({"nftables": objects}).encode()})
    assert [(one.kind, one.item and one.item.where) for one in found.ends] == [(EndKind.DROPPED, "ip:own/in#1")]


def test_an_end_that_all_branches_come_to_is_sure() -> None:
    mark = "-A FORWARD -m set --match-set some src -j LOG\n-A FORWARD -m string --string x -j U\n-A FORWARD -g U\n"
    found = follow(FILTER.format(mark + "-A U -j DROP\n"))
    assert [(one.kind, one.item and one.item.where, one.sure) for one in found.ends] == [
        (EndKind.DROPPED, "filter/U#1", True)
    ]
