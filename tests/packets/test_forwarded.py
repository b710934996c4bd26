"""Ports that NAT rules lead on although no container publishes them."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from packets.test_answers import changed, table, with_rules

from netaudit.model.exposure import Delivery, DestinationKind, Exposure, Outcome, ZoneKind
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.report.text.exposure import describe_target
from netaudit.report.text.reasons import describe_reason
from netaudit.store import load

_RECORDINGS = Path(__file__).parents[1] / "recordings"
_OLD = "20.10.24-iptables-nft"


def _with(folder: str, *rules: str) -> Facts:
    """Put rules first in nat/PREROUTING and DOCKER, as they are named."""
    return changed(folder, iptables_nft=with_rules(*(f"nat {rule}" for rule in rules)))


def _forwarded(facts: Facts, keep: Callable[[Exposure], bool] = lambda _: True) -> list[Exposure]:
    return [one for one in table(facts) if one.destination.kind is DestinationKind.FORWARDED_PORT and keep(one)]


def _from_internet(one: Exposure) -> bool:
    return one.zone.kind is ZoneKind.INTERNET


def _from_network(one: Exposure) -> bool:
    return one.zone.kind is ZoneKind.NETWORK


@pytest.mark.matrix
def test_what_containers_publish_is_no_forwarded_port() -> None:
    for scenario in ("many/04", "two-host-ports/01", "loopback-port/01", "tcp-and-udp/01", "dual-stack-ip6tables/02"):
        assert _forwarded(load(_RECORDINGS / _OLD / scenario)) == []


def test_an_operators_port_to_a_container_is_shown_with_the_rule_that_admits_it() -> None:
    facts = _with(
        f"{_OLD}/default-one-port/01",
        "PREROUTING -i eth0 -p tcp -m tcp --dport 2222 -j DNAT --to-destination 172.17.0.2:80",
    )
    (found,) = _forwarded(facts, _from_internet)
    assert (found.outcome, found.way, found.destination.container_name) == (Outcome.ALLOWED, Delivery.DNAT, "web")
    assert describe_target(found.destination) == "web 172.17.0.2:80/tcp by NAT of 0.0.0.0:2222"
    assert found.witness == "tcp 198.51.100.7:40000 → 192.0.2.10:2222"
    assert found.rule
    assert found.rule.where == "filter/DOCKER#1"


def test_a_member_without_a_way_out_is_led_on_at_its_bridges_own_address() -> None:
    rule = "PREROUTING -p tcp -m tcp --dport 2222 -j DNAT --to-destination 172.18.0.2:80"
    found = _forwarded(_with("28.5.2-iptables-nft/user-net-internal/02", rule), _from_network)
    assert [(one.outcome, one.witness.partition(" → ")[2]) for one in found] == [
        (Outcome.ALLOWED, "172.18.0.1:2222 (no container has this sender's address yet)")
    ]


def test_what_the_filter_stops_is_blocked_by_name() -> None:
    facts = _with(
        f"{_OLD}/default-one-port/01",
        "PREROUTING -i eth0 -p tcp -m tcp --dport 2222 -j DNAT --to-destination 172.17.0.2:22",
    )
    (found,) = _forwarded(facts, _from_internet)
    assert (found.outcome, found.rule and found.rule.where) == (Outcome.BLOCKED, "filter/FORWARD")


def test_a_stale_rule_leads_to_whoever_has_the_address_now() -> None:
    facts = _with(
        f"{_OLD}/default-no-port/01",
        "DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
    )
    shown = {describe_target(one.destination) for one in _forwarded(facts)}
    assert shown == {"quiet 172.17.0.2:80/tcp by NAT of 0.0.0.0:8080"}


def test_a_redirect_leads_to_the_program_that_listens() -> None:
    facts = _with(f"{_OLD}/fresh/00", "PREROUTING -i eth0 -p tcp -m tcp --dport 80:81 -j REDIRECT --to-ports 9000")
    listening = b'tcp LISTEN 0 100 0.0.0.0:9000 0.0.0.0:* users:(("proxy",pid=7,fd=3))\n'
    files = {**facts.files, Source.SOCKETS: listening}
    (found,) = _forwarded(msgspec.structs.replace(facts, files=files), _from_internet)
    assert (found.outcome, found.way, found.destination.ports) == (Outcome.ALLOWED, Delivery.LOCAL, ((80, 81),))
    assert describe_target(found.destination) == "proxy 192.0.2.10:9000/tcp by NAT of 0.0.0.0, tcp ports 80-81"
    (nobody,) = _forwarded(msgspec.structs.replace(facts, files={**files, Source.SOCKETS: b""}), _from_internet)
    assert (nobody.outcome, describe_reason(nobody.reason)) == (Outcome.BLOCKED, "nobody listens where it leads")


def test_whether_a_program_listens_where_a_rule_leads_is_not_known_where_sockets_were_not_seen_whole() -> None:
    facts = _with(f"{_OLD}/fresh/00", "PREROUTING -i eth0 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 9000")
    listening = b'tcp LISTEN 0 100 0.0.0.0:9000 0.0.0.0:* users:(("proxy",pid=7,fd=3))\n'
    for said, reason in ((b"", GapReason.NOT_RECORDED), (listening, GapReason.PARTIAL)):
        files = {name: data for name, data in facts.files.items() if name != Source.SOCKETS}
        files |= {Source.SOCKETS: said} if said else {}
        seen = msgspec.structs.replace(facts, files=files, gaps=(*facts.gaps, Gap(Source.SOCKETS, reason)))
        (found,) = _forwarded(seen, _from_internet)
        assert found.outcome is Outcome.MAY
        assert found.destination.programs == (("proxy",) if said else ())


def test_a_range_that_keeps_its_ports_is_one_destination() -> None:
    rule = "PREROUTING -d 192.0.2.10 -p udp -m udp --dport 5000:5999 -j DNAT --to-destination 192.0.2.77"
    facts = _with(f"{_OLD}/fresh/00", rule)
    destinations = {one.destination for one in _forwarded(facts, lambda one: one.zone.kind is ZoneKind.LAN)}
    assert [describe_target(one) for one in destinations] == [
        "an unknown machine 192.0.2.77 by NAT of 192.0.2.10, udp ports 5000-5999"
    ]


def test_what_the_kernel_chooses_among_is_one_destination() -> None:
    rules = (
        "PREROUTING -i eth0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 203.0.113.1-203.0.113.200:8080-8089",
        "PREROUTING -i eth0 -p udp -m udp --dport 53 -j REDIRECT --to-ports 5300-5399",
    )
    facts = _with(f"{_OLD}/fresh/00", *rules)
    text = facts.files[Source.IPTABLES_NFT].decode().replace(":FORWARD DROP", ":FORWARD ACCEPT")
    opened = msgspec.structs.replace(facts, files={**facts.files, Source.IPTABLES_NFT: text.encode()})
    found = {describe_target(one.destination): one.outcome for one in _forwarded(opened, _from_internet)}
    assert found == {
        "an unknown machine 203.0.113.1-203.0.113.200:8080-8089/tcp by NAT of 0.0.0.0:80": Outcome.MAY,
        "an unknown machine 192.0.2.10:5300-5399/udp by NAT of 0.0.0.0:53": Outcome.BLOCKED,
    }  # no program listens at any of the ports that the second rule chooses among


def test_the_routing_mesh_of_swarm_may_answer() -> None:
    mesh = "PREROUTING -m addrtype --dst-type LOCAL -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.18.0.2:8080"
    facts = _with(f"{_OLD}/swarm/02", mesh)
    assert [one.outcome for one in _forwarded(facts, _from_internet)] == [Outcome.BLOCKED]
    text = facts.files[Source.IPTABLES_NFT].decode().replace(":FORWARD DROP", ":FORWARD ACCEPT")
    opened = msgspec.structs.replace(facts, files={**facts.files, Source.IPTABLES_NFT: text.encode()})
    (found,) = _forwarded(opened, _from_internet)
    assert (found.outcome, describe_reason(found.reason)) == (
        Outcome.MAY,
        "the routing mesh behind it was not recorded",
    )
    assert describe_target(found.destination) == "gateway_ingress-sbox 172.18.0.2:8080/tcp by NAT of 0.0.0.0:8080"
