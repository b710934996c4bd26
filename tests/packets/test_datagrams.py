"""docker-proxy before 28 answers datagrams from the address nearest to the sender: at another nobody is reached."""

from ipaddress import ip_address

import pytest
from packets.test_answers import RECORDINGS, changed, table, with_rules

from netaudit.model.exposure import Delivery, Exposure, Outcome, ZoneKind
from netaudit.model.facts import Facts
from netaudit.model.reason import ReasonKind
from netaudit.packets.trace.tracer import trace
from netaudit.packets.values.probe import Probe
from netaudit.parse import parse_snapshot
from netaudit.report.text.reasons import describe_reason
from netaudit.store import load

_OLD, _NEW = "26.1.5-iptables-nft/tcp-and-udp/01", "28.5.2-iptables-nft/tcp-and-udp/01"


def _by_proxy(facts: Facts, protocol: str) -> Exposure:
    (found,) = (
        one
        for one in table(facts)
        if one.zone.kind is ZoneKind.NETWORK
        and one.way is Delivery.PROXY
        and (one.destination.protocol, one.destination.address) == (protocol, "0.0.0.0")
    )
    return found


@pytest.mark.parametrize(
    ("recording", "protocol", "target"),
    [(_OLD, "udp", "172.17.0.1"), (_OLD, "tcp", "192.0.2.10"), (_NEW, "udp", "192.0.2.10")],
)
def test_a_member_is_answered_at_the_bridges_own_address(recording: str, protocol: str, target: str) -> None:
    found = _by_proxy(load(RECORDINGS / recording), protocol)
    assert found.outcome is Outcome.ALLOWED
    assert f" → {target}:5353" in found.witness


def test_where_the_nearest_address_is_closed_no_other_answers() -> None:
    closed = changed(_OLD, iptables_nft=with_rules("filter INPUT -d 172.17.0.1 -j DROP"))
    found = _by_proxy(closed, "udp")
    assert found.outcome is Outcome.BLOCKED
    assert describe_reason(found.reason).startswith("docker-proxy of engines before 28 answers datagrams from")


@pytest.mark.parametrize(("target", "outcome"), [("192.0.2.10", Outcome.BLOCKED), ("172.17.0.1", Outcome.ALLOWED)])
def test_a_trace_says_who_is_not_answered(target: str, outcome: Outcome) -> None:
    snapshot = parse_snapshot(load(RECORDINGS / _OLD))
    probe = Probe(ip_address("172.17.0.9"), ip_address(target), "udp", 5353, 40000, "docker0")
    found = trace(snapshot.program, snapshot.host, probe, inventory=snapshot.inventory)
    assert found.outcome is outcome
    kinds = {end.reason.kind for answer in found.answers for end in answer.ends if end.reason}
    assert (ReasonKind.PROXY_ANSWERS_FROM_NEAREST in kinds) == (outcome is Outcome.BLOCKED)
