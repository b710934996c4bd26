"""Answers that real packets contradicted: what a host lets in at another address, by another way, or to nobody."""

from typing import Any

import pytest
from packets.test_answers import changed, with_rules

from netaudit.model.exposure import Exposure, Outcome
from netaudit.model.facts import Facts
from netaudit.packets.exposure.table import expose
from netaudit.packets.host.zones import ZoneChoice
from netaudit.packets.query.query import TraceQuery, answer_query
from netaudit.parse import parse_snapshot
from netaudit.report.text.reasons import describe_reason

OLD = "20.10.24-iptables-nft/default-one-port/01"
NO_PROXY = "26.1.5-iptables-nft/no-proxy-one-port/01"
_LISTENS = 'tcp LISTEN 0 128 0.0.0.0:9000 0.0.0.0:* users:(("sshd",pid=7,fd=3))\n'


def _facts(folder: str, *rules: str, rules6: tuple[str, ...] = ()) -> Facts:
    """Load a host with rules first in their chains, on which sshd listens everywhere."""
    edits: dict[str, Any] = {"sockets": lambda text: text + _LISTENS}
    return changed(folder, iptables_nft=with_rules(*rules), ip6tables_nft=with_rules(*rules6), **edits)


def _cells(facts: Facts, port: int, address: str = "0.0.0.0", choice: ZoneChoice | None = None) -> dict[str, Exposure]:
    """Give the cells of one TCP destination by zone."""
    snapshot = parse_snapshot(facts)
    found = expose(snapshot, snapshot.program, choice)
    return {
        str(one.zone): one
        for one in found
        if (one.destination.protocol, one.destination.address) == ("tcp", address)
        and any(low <= port <= high for low, high in one.destination.ports)
    }


def _said(one: Exposure) -> str:
    return ", ".join(filter(None, (one.outcome, one.way, describe_reason(one.reason), one.witness)))


def _traced(facts: Facts, source: str, target: str) -> Outcome:
    snapshot = parse_snapshot(facts)
    return answer_query(TraceQuery(source, target), snapshot, snapshot.program).trace.outcome


def test_a_member_of_an_internal_network_reaches_the_host_at_the_address_of_its_bridge() -> None:
    found = _cells(_facts("28.5.2-iptables-nft/user-net-internal/02"), 9000)
    assert _said(found["network n1"]).startswith("allowed, local, tcp 172.18.0.")
    assert ":40000 → 172.18.0.1:9000" in found["network n1"].witness


def test_a_rule_about_one_address_protects_that_address_alone() -> None:
    found = _cells(_facts(OLD, "filter INPUT -d 192.0.2.10 -j DROP"), 9000)
    stopped = "not for all: tcp {}:40000 → 192.0.2.10:9000 is stopped (filter/INPUT#1)"
    assert found["Internet"].outcome is Outcome.BLOCKED  # it has no way to another address
    assert _said(found["LAN neighbour on eth0"]) == (
        f"allowed, local, {stopped.format('192.0.2.1')}, tcp 192.0.2.1:40000 → 172.17.0.1:9000"
    )
    assert _said(found["host"]) == (
        f"allowed, local, {stopped.format('192.0.2.10')}, tcp 127.0.0.1:40000 → 127.0.0.1:9000"
    )
    assert found["network bridge"].outcome is Outcome.ALLOWED


@pytest.mark.parametrize(
    ("rules", "rules6", "address", "outcome"),
    [
        (
            "filter OUTPUT -o docker0 -p tcp -m tcp --dport 80 -j DROP",
            (),
            "::",
            "blocked",
        ),  # to a container of IPv4 alone
        ("filter OUTPUT -s 172.17.0.1 -p tcp -m tcp --dport 80 -j DROP", (), "::", "blocked"),  # it chooses no address
        ("filter OUTPUT -s 192.0.2.10 -p tcp -m tcp --dport 80 -j DROP", (), "::", "allowed"),
        ("filter OUTPUT -o docker0 -p tcp -m tcp --sport 1024:32767 -j DROP", (), "::", "allowed"),  # nor a port
        ("filter OUTPUT -o docker0 -p tcp -m tcp --sport 40000:50000 -j DROP", (), "::", "may"),
        ("filter OUTPUT -o docker0 -m owner --uid-owner 0 -j DROP", (), "::", "blocked"),  # it is root's
        ("filter OUTPUT -o docker0 -m owner --uid-owner 1000 -j DROP", (), "::", "allowed"),
    ],
)
def test_docker_proxy_goes_on_as_the_kernel_lets_it(
    rules: str, rules6: tuple[str, ...], address: str, outcome: str
) -> None:
    found = _cells(_facts(OLD, rules, rules6=rules6), 8080, address)["Internet"]
    assert (found.outcome, found.way) == (outcome, "proxy")


def test_docker_proxy_goes_on_by_the_family_of_the_binding() -> None:
    dual = "28.5.2-iptables-nft/dual-stack/02"
    stopped = _facts(dual, rules6=("filter OUTPUT -p tcp -m tcp --dport 80 -j DROP",))
    assert _cells(stopped, 8209, "::")["network n9"].outcome is Outcome.BLOCKED
    assert _cells(stopped, 8209)["network n9"].outcome is Outcome.ALLOWED


@pytest.mark.parametrize(
    ("rule", "internet"),
    [
        ("filter INPUT -m ttl --ttl-gt 10 -j DROP", "may"),
        ("filter INPUT -m ttl --ttl-lt 5 -j DROP", "allowed"),  # no ordinary packet has so few hops left
        ("filter INPUT -m mac ! --mac-source 02:00:00:00:00:01 -j DROP", "may"),
        ("filter INPUT -m mac --mac-source 02:00:00:00:00:01 -j DROP", "may"),
    ],
)
def test_what_the_internet_does_not_choose_is_in_doubt(rule: str, internet: str) -> None:
    facts = _facts(OLD, rule)
    assert _cells(facts, 9000)["Internet"].outcome == internet
    if internet == "may":
        assert _traced(facts, "internet", "192.0.2.10:9000/tcp") is Outcome.MAY


def test_a_rule_about_root_names_for_whom_a_port_is_closed() -> None:
    found = _cells(_facts(OLD, "filter OUTPUT -o docker0 -m owner --uid-owner 0 -j DROP"), 80, "172.17.0.2")["host"]
    assert found.outcome is Outcome.ALLOWED
    assert describe_reason(found.reason).endswith(":40000 → 172.17.0.2:1 by uid 0 is stopped (filter/OUTPUT#1)")
    assert " by uid " in found.witness


def test_a_container_does_not_get_what_nat_leads_back_to_it() -> None:
    facts = _facts(NO_PROXY, "nat PREROUTING -p tcp -m tcp --dport 7777 -j DNAT --to-destination 172.17.0.2:81")
    found = _cells(facts, 7777, choice=ZoneChoice(containers=True))
    assert _said(found["container web"]) == (
        "blocked, dnat, a NAT rule leads it back to its sender, which does not take it from itself"
    )
    assert _traced(facts, "container:web", "192.0.2.10:7777/tcp") is Outcome.BLOCKED


def test_hairpin_and_a_new_sender_lead_a_container_back_to_itself() -> None:
    found = _cells(_facts(NO_PROXY), 8080, choice=ZoneChoice(containers=True))
    assert (found["container web"].outcome, found["container web"].way) == ("allowed", "dnat")
    assert _traced(_facts(NO_PROXY), "container:web", "192.0.2.10:8080/tcp") is Outcome.ALLOWED


def test_what_is_led_to_an_address_that_the_host_routes_away_arrives_nowhere() -> None:
    to = "nat PREROUTING -p tcp -m tcp --dport 7777 -j DNAT --to-destination 172.18.0.2:81"
    facts = _facts("28.5.2-iptables-nft/inhibit-ipv4/02", to, "filter FORWARD -j ACCEPT")
    assert _said(_cells(facts, 7777)["Internet"]) == "blocked, dnat, the host's routes do not lead there"
    assert _traced(facts, "internet", "192.0.2.10:7777/tcp") is Outcome.BLOCKED
