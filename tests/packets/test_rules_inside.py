"""Rules inside a container (`record --inside`) decide who reaches it: in exposure, trace, diff and show."""

import json

import msgspec
import pytest
from packets.test_answers import OLD, RECORDINGS
from packets.test_trace_and_exposure import disagreements

import netaudit
from netaudit.model.exposure import Outcome
from netaudit.model.facts import Facts, Source
from netaudit.packets.exposure.table import expose
from netaudit.packets.query.query import TraceAnswer, TraceQuery, answer_query
from netaudit.parse import parse_snapshot
from netaudit.report.text.reasons import describe_reason

_HEAD = "*filter\n:INPUT {} [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n"


def _facts(policy: str, *rules: str) -> Facts:
    """Load a host whose one container, web, has rules of its own."""
    facts = netaudit.load(RECORDINGS / OLD)
    container = parse_snapshot(facts).inventory.containers[0].id  # type: ignore[union-attr]
    text = _HEAD.format(policy) + "".join(f"[0:0] -A {rule}\n" for rule in rules) + "COMMIT\n"
    inside = json.dumps({container: {Source.IPTABLES_NFT: text}}).encode()
    return msgspec.structs.replace(facts, files={**facts.files, Source.INSIDE: inside})


def _outcomes(facts: Facts, protocol: str = "tcp") -> dict[str, list[str]]:
    snapshot = parse_snapshot(facts)
    found: dict[str, list[str]] = {}
    for one in expose(snapshot, snapshot.program):
        if one.destination.protocol == protocol and one.outcome is not Outcome.BLOCKED:
            ports = ",".join(f"{low}-{high}" if low < high else str(low) for low, high in one.destination.ports)
            found.setdefault(f"{one.zone} → {one.destination.address}", []).append(ports)
    return found


def _trace(facts: Facts, source: str, target: str) -> TraceAnswer:
    snapshot = parse_snapshot(facts)
    return answer_query(TraceQuery(source, target), snapshot, snapshot.program)


def test_a_policy_inside_blocks_every_way_in() -> None:
    facts = _facts("DROP", "INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "INPUT -i lo -j ACCEPT")
    snapshot = parse_snapshot(facts)
    cells = expose(snapshot, snapshot.program)
    assert {one.outcome for one in cells} == {Outcome.BLOCKED}
    decided = [one for one in cells if one.rule and one.rule.where == "web:filter/INPUT"]
    assert {str(one.zone) for one in decided} >= {"internet", "lan:eth0", "host", "network:bridge"}
    assert {describe_reason(one.reason) for one in decided} == {"inside container web"}
    found = _trace(facts, "internet", "192.0.2.10:8080/tcp").trace
    assert [end.item.where for end in found.ends if end.item] == ["web:filter/INPUT"]
    assert found.outcome is Outcome.BLOCKED


def test_what_docker_proxy_takes_is_followed_into_the_container() -> None:
    facts = _facts("DROP")
    found = _trace(facts, "internet", "[2001:db8::10]:8080/tcp").trace
    assert found.outcome is Outcome.BLOCKED
    assert [end.item.where for end in found.ends if end.item] == ["web:filter/INPUT"]
    assert "docker-proxy goes on to 172.17.0.2, port 80" in [describe_reason(step.detail) for step in found.steps]
    assert list(disagreements(parse_snapshot(facts))) == []


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [
        (("INPUT -p tcp -m tcp --dport 80 -j ACCEPT",), Outcome.ALLOWED),
        (("INPUT -p tcp -m tcp --dport 8080 -j ACCEPT",), Outcome.BLOCKED),  # the host's port means nothing in there
        (("INPUT -s 198.51.100.0/24 -p tcp -j ACCEPT",), Outcome.ALLOWED),
        (("INPUT -s 10.0.0.0/8 -p tcp -j ACCEPT",), Outcome.BLOCKED),
        (("INPUT -i eth0 -j ACCEPT", "OUTPUT -o eth0 -p tcp -m tcp --sport 80 -j DROP"), Outcome.BLOCKED),
        (("INPUT -i tun0 -j ACCEPT",), Outcome.BLOCKED),
    ],
)
def test_a_rule_inside_decides_as_a_host_s_own_does(rules: tuple[str, ...], outcome: Outcome) -> None:
    snapshot = parse_snapshot(_facts("DROP", *rules))
    cells = expose(snapshot, snapshot.program)
    internet = next(one for one in cells if str(one.zone) == "internet" and one.destination.address == "0.0.0.0")
    assert internet.outcome is outcome


def test_a_container_sees_docker_proxy_at_its_bridge_and_not_at_the_hosts_other_addresses() -> None:
    lan = _facts("DROP", "INPUT -s 192.0.2.0/24 -p tcp -m tcp --dport 80 -j ACCEPT")
    assert "network:bridge → 0.0.0.0" not in _outcomes(lan)
    bridge = _facts("DROP", "INPUT -s 172.17.0.1 -p tcp -m tcp --dport 80 -j ACCEPT")
    assert "network:bridge → 0.0.0.0" in _outcomes(bridge)


def test_ports_are_cut_where_rules_inside_cut_them() -> None:
    found = _outcomes(_facts("DROP", "INPUT -p tcp -m tcp --dport 20:30 -j ACCEPT"))
    assert found["host → 172.17.0.2"] == ["20-30"]
    assert "internet → 0.0.0.0" not in found


@pytest.mark.matrix
def test_a_diff_tells_of_a_rule_inside_and_of_what_it_closes() -> None:
    before, after = _facts("ACCEPT"), _facts("DROP", "INPUT -i lo -j ACCEPT")
    found = netaudit.compare(before, after)
    assert [one.change.item.where for one in found.changes] == ["web:filter/INPUT", "web:filter/INPUT#1"]
    assert netaudit.compare(before, before).changes == ()
    assert {one.after.exposure.outcome for one in found.exposure or () if one.after} == {Outcome.BLOCKED}


def test_show_tells_of_a_policy_inside_that_drops() -> None:
    text = netaudit.render(netaudit.show(_facts("DROP")))
    assert "inside container web\niptables-nft ip filter/INPUT\n  ?    :INPUT DROP\n" in text
    assert "inside container web" not in netaudit.render(netaudit.show(_facts("ACCEPT")))
