"""Where routes, policy rules and what was not recorded end a packet's way, or make several of it; on a small host."""

import json
from collections.abc import Iterable
from ipaddress import ip_address

import pytest
from packets.test_packets_trace import CLIENT, NAT, OWN, ROUTES, SERVER, SOCKETS, follow

from netaudit.model.exposure import Outcome
from netaudit.model.facts import Facts, Source
from netaudit.model.netfilter.match import Field
from netaudit.model.reason import ReasonKind, kinds_of
from netaudit.packets.trace.tracer import trace
from netaudit.packets.values.probe import PacketState, Probe
from netaudit.packets.values.steps import End, EndKind, Trace
from netaudit.parse import parse_snapshot

Json = dict[str, object]
LOCAL: Json = {"priority": 0, "src": "all", "table": "local"}
MAIN: Json = {"priority": 32766, "src": "all", "table": "main"}
FAR = "203.0.113.7"


def _doubts(found: Trace) -> set[ReasonKind]:
    return {kind for doubt in found.doubts for kind in kinds_of(doubt)}


def _ends(ends: Iterable[End]) -> set[tuple[EndKind, object]]:
    return {(end.kind, end.reason and end.reason.kind) for end in ends}


def _routed(*routes: Json, rules: Iterable[Json] | None = None, to: str = FAR, **asked: object) -> Trace:
    files = {"ip-route.json": json.dumps([*json.loads(ROUTES), *routes]).encode()}
    if rules is not None:
        files |= {"ip-rule.json": json.dumps(list(rules)).encode(), "ip6-rule.json": json.dumps([LOCAL, MAIN]).encode()}
    return follow(to=to, more=files, **asked)


@pytest.mark.parametrize("kind", ["unreachable", "blackhole", "prohibit"])
def test_a_route_that_refuses_ends_the_way(kind: str) -> None:
    found = _routed({"type": kind, "dst": "203.0.113.0/24"})
    assert _ends(found.ends) == {(EndKind.LOST, ReasonKind.ROUTE_REFUSES)}
    assert found.outcome is Outcome.BLOCKED


def test_without_a_route_nothing_is_forwarded() -> None:
    assert _ends(_routed().ends) == {(EndKind.LOST, ReasonKind.NO_ROUTE_TO)}
    known = _routed({"dst": "203.0.113.0/24", "dev": "br0"})
    assert _ends(known.ends) == {(EndKind.SENT, ReasonKind.LEFT_BY)}


def test_of_several_ways_out_one_is_taken_and_nobody_knows_which() -> None:
    hops = [{"dev": "br0", "weight": 1}, {"dev": "eth0", "weight": 1}]
    found = _routed({"dst": "203.0.113.0/24", "nexthops": hops})
    assert {end.packet.get(Field.OIF) for end in found.ends} == {"br0", "eth0"}
    assert ReasonKind.SEVERAL_ROUTES in _doubts(found)
    assert found.outcome is Outcome.ALLOWED


def test_policy_rules_that_lead_to_no_table_with_a_route_end_the_way() -> None:
    assert _ends(_routed(rules=[LOCAL, MAIN], to=SERVER).ends) == {(EndKind.SENT, ReasonKind.LEFT_BY)}
    assert _ends(_routed(rules=[LOCAL], to=SERVER).ends) == {(EndKind.LOST, ReasonKind.NO_ROUTE_TO)}
    refused = _routed(rules=[LOCAL, {"priority": 9, "src": "all", "action": "blackhole"}, MAIN], to=SERVER)
    assert _ends(refused.ends) == {(EndKind.LOST, ReasonKind.POLICY_REFUSES)}


def test_a_policy_rule_of_one_user_leaves_open_by_which_way_another_program_sends() -> None:
    rules = [LOCAL, {"priority": 9, "src": "all", "uid_start": 7, "uid_end": 7, "action": "prohibit"}, MAIN]
    found = _routed(rules=rules, to=SERVER, source=ip_address("198.51.100.1"), interface="")
    assert _ends(found.ends) == {(EndKind.LOST, ReasonKind.POLICY_REFUSES), (EndKind.SENT, ReasonKind.LEFT_BY)}
    assert ReasonKind.POLICY_UNDECIDED in _doubts(found)
    assert found.outcome is Outcome.MAY


def test_a_later_packet_is_translated_as_the_first_may_have_been() -> None:
    rule = f"-A PREROUTING -p tcp -m tcp --dport 80 -m string --string x -j DNAT --to-destination {SERVER}:81\n"
    found = follow(NAT.format(rule), to=OWN, state=PacketState.ESTABLISHED)
    assert {(end.kind, end.packet.get(Field.DPORT)) for end in found.ends} == {(EndKind.NOBODY, 80), (EndKind.SENT, 81)}
    assert ReasonKind.TRANSLATION_UNDECIDED in _doubts(found)
    assert not any(end.sure for end in found.ends)


@pytest.mark.parametrize(
    ("protocol", "port", "end"),
    [("tcp", 22, EndKind.UNKNOWN), ("tcp", 23, EndKind.UNKNOWN), ("icmp", None, EndKind.LOCAL)],
)
def test_without_the_list_of_sockets_nobody_knows_who_listens(protocol: str, port: int | None, end: EndKind) -> None:
    files = {"ip-route.json": ROUTES, "sockets.txt": SOCKETS}
    snapshot = parse_snapshot(Facts(files))
    probe = Probe(ip_address(CLIENT), ip_address(OWN), protocol, port, interface="eth0")
    unseen = trace(snapshot.program, snapshot.host, probe, {Source.SOCKETS})
    assert {one.kind for one in unseen.ends} == {end}
