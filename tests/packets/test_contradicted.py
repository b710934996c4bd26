"""Answers that real packets contradicted: what a host lets in at another address, by another way, or to nobody."""

import datetime as dt
import json
from typing import Any

import pytest
from packets.test_answers import changed, with_rules
from sampling import every

from netaudit.api.rules import shipped_catalog
from netaudit.model.exposure import Exposure, Outcome
from netaudit.model.facts import Facts
from netaudit.packets.exposure.table import expose
from netaudit.packets.host.zones import ZoneChoice
from netaudit.packets.query.query import TraceQuery, answer_query
from netaudit.parse import parse_snapshot
from netaudit.policy.entry import Policy
from netaudit.policy.grammar import parse_entry
from netaudit.policy.hold import Holder
from netaudit.policy.verdict import Verdict
from netaudit.report.text.reasons import describe_reason

HOLDER = Holder(shipped_catalog(), dt.date(2026, 11, 27))
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
    assert _said(found["network:n1"]).startswith("allowed, local, tcp 172.18.0.")
    assert ":40000 → 172.18.0.1:9000" in found["network:n1"].witness


def test_a_rule_about_one_address_protects_that_address_alone() -> None:
    found = _cells(_facts(OLD, "filter INPUT -d 192.0.2.10 -j DROP"), 9000)
    stopped = "not for all: tcp {}:40000 → 192.0.2.10:9000 is stopped (filter/INPUT#1)"
    assert found["internet"].outcome is Outcome.BLOCKED  # it has no way to another address
    assert _said(found["lan:eth0"]) == (
        f"allowed, local, {stopped.format('192.0.2.1')}, tcp 192.0.2.1:40000 → 172.17.0.1:9000"
    )
    assert _said(found["host"]) == (
        f"allowed, local, {stopped.format('192.0.2.10')}, tcp 127.0.0.1:40000 → 127.0.0.1:9000"
    )
    assert found["network:bridge"].outcome is Outcome.ALLOWED


@pytest.mark.parametrize(
    ("rules", "rules6", "address", "outcome"),
    every(
        2,
        [
            (
                "filter OUTPUT -o docker0 -p tcp -m tcp --dport 80 -j DROP",
                (),
                "::",
                "blocked",
            ),  # to a container of IPv4 alone
            (
                "filter OUTPUT -s 172.17.0.1 -p tcp -m tcp --dport 80 -j DROP",
                (),
                "::",
                "blocked",
            ),  # it chooses no address
            ("filter OUTPUT -s 192.0.2.10 -p tcp -m tcp --dport 80 -j DROP", (), "::", "allowed"),
            ("filter OUTPUT -o docker0 -p tcp -m tcp --sport 1024:32767 -j DROP", (), "::", "allowed"),  # nor a port
            ("filter OUTPUT -o docker0 -p tcp -m tcp --sport 40000:50000 -j DROP", (), "::", "may"),
            ("filter OUTPUT -o docker0 -m owner --uid-owner 0 -j DROP", (), "::", "blocked"),  # it is root's
            ("filter OUTPUT -o docker0 -m owner --uid-owner 1000 -j DROP", (), "::", "allowed"),
        ],
    ),
)
def test_docker_proxy_goes_on_as_the_kernel_lets_it(
    rules: str, rules6: tuple[str, ...], address: str, outcome: str
) -> None:
    found = _cells(_facts(OLD, rules, rules6=rules6), 8080, address)["internet"]
    assert (found.outcome, found.way) == (outcome, "proxy")


def test_docker_proxy_goes_on_by_the_family_of_the_binding() -> None:
    dual = "28.5.2-iptables-nft/dual-stack/02"
    stopped = _facts(dual, rules6=("filter OUTPUT -p tcp -m tcp --dport 80 -j DROP",))
    assert _cells(stopped, 8209, "::")["network:n9"].outcome is Outcome.BLOCKED
    assert _cells(stopped, 8209)["network:n9"].outcome is Outcome.ALLOWED


def test_what_may_come_to_docker_proxy_and_is_stopped_behind_it_is_blocked() -> None:
    unsure = "filter INPUT -m string --string x --algo bm -j DROP"
    leads_on, stopped = (_facts(OLD, *rules, rules6=(unsure,)) for rules in ((), ("filter OUTPUT -o docker0 -j DROP",)))
    assert _cells(leads_on, 8080, "::")["internet"].outcome is Outcome.MAY
    assert _cells(stopped, 8080, "::")["internet"].outcome is Outcome.BLOCKED


@pytest.mark.parametrize(
    ("rule", "internet"),
    every(
        2,
        [
            ("filter INPUT -m ttl --ttl-gt 10 -j DROP", "may"),
            ("filter INPUT -m ttl --ttl-lt 5 -j DROP", "allowed"),  # no ordinary packet has so few hops left
            ("filter INPUT -m mac ! --mac-source 02:00:00:00:00:01 -j DROP", "may"),
            ("filter INPUT -m mac --mac-source 02:00:00:00:00:01 -j DROP", "may"),
        ],
    ),
)
def test_what_the_internet_does_not_choose_is_in_doubt(rule: str, internet: str) -> None:
    facts = _facts(OLD, rule)
    assert _cells(facts, 9000)["internet"].outcome == internet
    if internet == "may":
        assert _traced(facts, "internet", "192.0.2.10:9000/tcp") is Outcome.MAY


def test_an_example_has_the_hops_and_the_hardware_address_that_it_needs() -> None:
    hops = _cells(_facts(OLD, "filter INPUT -m ttl --ttl-gt 10 -j DROP"), 9000)
    assert hops["internet"].witness == "tcp 198.51.100.7:40000 → 192.0.2.10:9000 with ttl 1"
    found = _cells(_facts(OLD, "filter INPUT -m mac ! --mac-source 02:00:00:00:00:01 -j DROP"), 9000)["lan:eth0"]
    assert found.outcome is Outcome.ALLOWED
    assert describe_reason(found.reason).endswith("192.0.2.10:9000 from 00:00:00:00:00:01 is stopped (filter/INPUT#1)")
    assert found.witness == "tcp 192.0.2.1:40000 → 192.0.2.10:9000 from 02:00:00:00:00:01"


def test_a_rule_about_root_names_for_whom_a_port_is_closed() -> None:
    found = _cells(_facts(OLD, "filter OUTPUT -o docker0 -m owner --uid-owner 0 -j DROP"), 80, "172.17.0.2")["host"]
    assert found.outcome is Outcome.ALLOWED
    assert describe_reason(found.reason).endswith(":40000 → 172.17.0.2:1 by uid 0 is stopped (filter/OUTPUT#1)")
    assert " by uid " in found.witness


def test_a_container_does_not_get_what_nat_leads_back_to_it() -> None:
    facts = _facts(NO_PROXY, "nat PREROUTING -p tcp -m tcp --dport 7777 -j DNAT --to-destination 172.17.0.2:81")
    found = _cells(facts, 7777, choice=ZoneChoice(containers=True))
    assert _said(found["container:web"]) == (
        "blocked, dnat, a NAT rule leads it back to its sender, which does not take it from itself"
    )
    assert _traced(facts, "container:web", "192.0.2.10:7777/tcp") is Outcome.BLOCKED


def test_hairpin_and_a_new_sender_lead_a_container_back_to_itself() -> None:
    found = _cells(_facts(NO_PROXY), 8080, choice=ZoneChoice(containers=True))
    assert (found["container:web"].outcome, found["container:web"].way) == ("allowed", "dnat")
    assert _traced(_facts(NO_PROXY), "container:web", "192.0.2.10:8080/tcp") is Outcome.ALLOWED


def test_what_a_bridge_passes_on_between_two_ports_is_not_routed() -> None:
    """Two machines on br0, where the host has no address and no route; br_netfilter shows their packets to FORWARD."""
    link = {"ifname": "br0", "ifindex": 9, "flags": ["UP"], "linkinfo": {"info_kind": "bridge"}, "addr_info": []}

    def outcome(*rules: str) -> Outcome:
        facts = changed(
            "28.5.2-iptables-nft/default-one-port/01",
            iptables_nft=with_rules(*rules),
            ip_addr=lambda text: json.dumps([*json.loads(text), link]),
        )
        snapshot = parse_snapshot(facts)
        asked = TraceQuery("10.44.0.1", "10.44.0.2:80/tcp", "br0")
        return answer_query(asked, snapshot, snapshot.program).trace.outcome

    assert outcome("filter DOCKER-USER -i br0 -o br0 -j ACCEPT") is Outcome.ALLOWED
    assert outcome() is Outcome.BLOCKED  # by the policy of FORWARD


def test_that_nobody_listens_is_not_blocked() -> None:
    closed = "filter INPUT -p tcp -m tcp --dport 9999 -j DROP"
    assert _traced(_facts(OLD), "lan", "192.0.2.10:9999/tcp") is Outcome.NOBODY
    assert _traced(_facts(OLD, closed), "lan", "192.0.2.10:9999/tcp") is Outcome.BLOCKED


def test_the_host_reaches_a_container_beside_it_by_an_interface_of_its_own_there() -> None:
    shim = {
        "ifname": "shim", "ifindex": 9, "link": "eth0", "flags": ["UP"], "linkinfo": {"info_kind": "macvlan"},
        "addr_info": [{"local": "192.0.2.200", "prefixlen": 32}],
    }  # fmt: skip
    routes = [
        {"dst": "192.0.2.128/25", "dev": "shim", "table": "main"},
        {"type": "local", "dst": "192.0.2.200", "dev": "shim", "table": "local"},
    ]
    recording, container = "28.5.2-iptables-nft/macvlan-on-the-lan/02", "192.0.2.128"
    plain = changed(recording)
    assert _cells(plain, 80, container)["host"].outcome is Outcome.BLOCKED
    assert _traced(plain, "host", f"{container}:80/tcp") is Outcome.BLOCKED

    def beside(*rules: str) -> Facts:
        return changed(
            recording,
            ip_addr=lambda text: json.dumps([*json.loads(text), shim]),
            ip_route=lambda text: json.dumps([*routes, *json.loads(text)]),
            iptables_nft=with_rules(*rules),
        )

    found = _cells(beside(), 80, container)
    assert found["host"].outcome is Outcome.ALLOWED
    assert "lan:eth0" in found
    assert "lan:shim" not in found  # the neighbours there are those on eth0
    said = HOLDER.hold(parse_snapshot(beside()), Policy((parse_entry("lan:shim cannot reach web"),)))
    assert [one.verdict for one in said.assertion.judged] == [Verdict.BROKEN]  # as it is for eth0
    assert _traced(beside(), "host", f"{container}:80/tcp") is Outcome.ALLOWED
    forwarded, kept = "filter FORWARD -j ACCEPT", "nat POSTROUTING -j ACCEPT"
    assert _traced(beside(forwarded), "172.17.0.5", f"{container}:80/tcp") is Outcome.ALLOWED  # as the shim's address
    assert _traced(beside(forwarded, kept), "172.17.0.5", f"{container}:80/tcp") is Outcome.MAY  # by its own gateway


@pytest.mark.parametrize("parent", ["no address", "no route"])
def test_a_shim_has_the_row_of_a_container_where_its_parent_has_no_neighbours_of_that_family(parent: str) -> None:
    recording, container = "28.5.2-iptables-nft/macvlan-on-the-lan/02", "192.0.2.128"

    def linked(text: str) -> str:
        found = json.loads(text)
        (eth0,) = (one for one in found if one["ifname"] == "eth0")
        if parent == "no address":
            eth0["addr_info"] = [one for one in eth0["addr_info"] if one["family"] != "inet"]
        own = [{"family": "inet", "local": "192.0.2.254", "prefixlen": 24, "scope": "global"}]
        shim = {"ifname": "mv0", "ifindex": 9, "link": "eth0", "flags": eth0["flags"], "addr_info": own}
        return json.dumps([*found, {**shim, "linkinfo": {"info_kind": "macvlan"}}])

    def routed(text: str) -> str:
        routes = json.loads(text)
        moved = [{**one, "dev": "mv0"} if one.get("dev") == "eth0" else one for one in routes]
        return json.dumps([{key: value for key, value in one.items() if key != "prefsrc"} for one in moved])

    facts = changed(recording, ip_addr=linked, ip_route=routed)
    assert _cells(facts, 80, container)["lan:mv0"].outcome is Outcome.ALLOWED
    held = HOLDER.hold(parse_snapshot(facts), Policy((parse_entry("lan cannot reach web"),)))
    assert [one.verdict for one in held.assertion.judged] == [Verdict.BROKEN]


def test_what_is_led_to_an_address_that_the_host_routes_away_arrives_nowhere() -> None:
    to = "nat PREROUTING -p tcp -m tcp --dport 7777 -j DNAT --to-destination 172.18.0.2:81"
    facts = _facts("28.5.2-iptables-nft/inhibit-ipv4/02", to, "filter FORWARD -j ACCEPT")
    assert _said(_cells(facts, 7777)["internet"]) == "blocked, dnat, the host's routes do not lead there"
    assert _traced(facts, "internet", "192.0.2.10:7777/tcp") is Outcome.BLOCKED


@pytest.mark.parametrize(
    ("rule", "port", "by"),
    every(
        2,
        [
            (
                "filter INPUT -p tcp -m conntrack --ctstate ESTABLISHED -m tcp --dport 9000 -j DROP",
                9000,
                "filter/INPUT#1",
            ),
            ("filter INPUT -m conntrack ! --ctstate NEW -m conntrack --ctdir ORIGINAL -j DROP", 9000, "filter/INPUT#1"),
            ("mangle PREROUTING -d 192.0.2.10 -m conntrack --ctstate ESTABLISHED -j DROP", 8080, "mangle/PREROUTING#1"),
            ("filter FORWARD -d 172.17.0.2 -m conntrack --ctstate ESTABLISHED -j DROP", 8080, "filter/FORWARD#1"),
            (
                "mangle POSTROUTING -d 172.17.0.2 -m conntrack --ctstate ESTABLISHED -j DROP",
                8080,
                "mangle/POSTROUTING#1",
            ),
        ],
    ),
)
def test_a_connection_whose_later_packets_are_stopped_is_blocked(rule: str, port: int, by: str) -> None:
    facts = _facts(OLD, rule)
    found = _cells(facts, port)["internet"]
    assert (found.outcome, found.rule and found.rule.where) == (Outcome.BLOCKED, by)
    assert describe_reason(found.reason) == f"connects, then stopped by {by}"
    assert _traced(facts, "internet", f"192.0.2.10:{port}/tcp") is Outcome.BLOCKED


_MASQUERADED = "nat POSTROUTING -d 172.17.0.2 -j MASQUERADE"


@pytest.mark.parametrize(
    ("rule", "by"),
    [
        ("mangle PREROUTING -i eth0 -p tcp -m conntrack --ctstate DNAT -j DROP", "mangle/PREROUTING#1"),
        ("mangle PREROUTING -i eth0 -m conntrack --ctreplsrc 172.17.0.2 -j DROP", "mangle/PREROUTING#1"),
        ("mangle PREROUTING -i eth0 -m conntrack --ctrepldst 172.17.0.1 -j DROP", "mangle/PREROUTING#1"),
        ("mangle FORWARD -o docker0 -m conntrack --ctstate SNAT -j DROP", "mangle/FORWARD#1"),
    ],
)
def test_what_nat_made_of_a_connection_is_known_of_its_later_packets_before_it_is_done(rule: str, by: str) -> None:
    facts = _facts(OLD, rule, _MASQUERADED)
    found = _cells(facts, 8080)["internet"]
    assert (found.outcome, found.rule and found.rule.where) == (Outcome.BLOCKED, by)
    assert describe_reason(found.reason) == f"connects, then stopped by {by}"
    assert _traced(facts, "internet", "192.0.2.10:8080/tcp") is Outcome.BLOCKED


def test_what_nat_made_of_the_host_s_own_connection_is_known_too() -> None:
    """What comes by docker-proxy is not translated."""
    facts = _facts(OLD, "mangle OUTPUT -p tcp -m conntrack --ctstate DNAT -j DROP", _MASQUERADED)
    found = _cells(facts, 8080)["host"]
    stopped = "is stopped (mangle/OUTPUT#1, connects, then stopped by mangle/OUTPUT#1)"
    assert f"not for all: tcp 192.0.2.10:40000 → 192.0.2.10:8080 {stopped}, tcp 127.0.0.1:" in _said(found)
    assert _traced(facts, "host", "192.0.2.10:8080/tcp") is Outcome.BLOCKED


@pytest.mark.parametrize(
    "rule",
    [
        "mangle PREROUTING -d 172.17.0.2 -m conntrack --ctstate DNAT -j DROP",
        "mangle PREROUTING -p tcp -m tcp --dport 80 -m conntrack --ctstate DNAT -j DROP",
        "mangle FORWARD -i eth0 ! -s 172.17.0.1 -d 172.17.0.2 -m conntrack --ctstate SNAT -j ACCEPT",
        "raw PREROUTING -m conntrack --ctstate DNAT -j DROP",
    ],
)
def test_later_packets_have_their_own_addresses_until_they_are_translated(rule: str) -> None:
    stopped = "mangle FORWARD -i eth0 -d 172.17.0.2 -m conntrack --ctstate SNAT -j DROP"
    more = [stopped] if "-j ACCEPT" in rule else []
    facts = _facts(OLD, *more, rule, _MASQUERADED)
    assert (_cells(facts, 8080)["internet"].outcome, _traced(facts, "internet", "192.0.2.10:8080/tcp")) == (
        Outcome.ALLOWED,
        Outcome.ALLOWED,
    )


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        ("filter OUTPUT -o docker0 -p tcp -m conntrack --ctstate ESTABLISHED -j DROP", Outcome.ALLOWED),
        ("filter OUTPUT -o lo -d 172.17.0.2 -p tcp -m conntrack --ctstate ESTABLISHED -j DROP", Outcome.BLOCKED),
    ],
)
def test_output_sees_the_way_to_where_the_host_sent_a_packet_also_of_later_ones(rule: str, outcome: Outcome) -> None:
    """Docker leads it on from 192.0.2.10, which is the host's own; only behind output it is routed again."""
    facts = _facts(OLD, rule, "filter INPUT -i lo -p tcp -m tcp --dport 8080 -j DROP")  # nor by docker-proxy
    assert _cells(facts, 8080)["host"].outcome is outcome
    assert _traced(facts, "host", "192.0.2.10:8080/tcp") is outcome


def test_the_host_s_own_later_packets_are_followed_over_loopback() -> None:
    facts = _facts(OLD, "filter OUTPUT -o lo -m conntrack --ctstate ESTABLISHED -m conntrack --ctdir ORIGINAL -j DROP")
    found = _cells(facts, 9000)["host"]
    assert (found.outcome, describe_reason(found.reason)) == (
        Outcome.BLOCKED,
        "connects, then stopped by filter/OUTPUT#1",
    )
    assert _traced(facts, "host", "192.0.2.10:9000/tcp") is Outcome.BLOCKED


@pytest.mark.parametrize(
    "rules",
    [
        ("filter INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT", "filter INPUT -i eth0 -p udp -j DROP"),
        (
            "filter INPUT -m connmark --mark 1 -j ACCEPT",
            "filter INPUT -m conntrack --ctstate NEW -j CONNMARK --set-mark 1",
            "filter INPUT -m conntrack --ctstate ESTABLISHED -m connmark ! --mark 1 -j DROP",
        ),
        ("filter FORWARD -m conntrack --ctstate INVALID -j DROP",),
    ],
)
def test_what_lets_later_packets_in_changes_nothing(rules: tuple[str, ...]) -> None:
    found = _cells(_facts(OLD, *rules), 9000)["internet"]
    assert (found.outcome, found.reason) == (Outcome.ALLOWED, None)


def test_a_first_datagram_arrives_though_what_follows_it_is_stopped() -> None:
    facts = changed(
        OLD,
        sockets=lambda text: text + _LISTENS.replace("tcp LISTEN", "udp UNCONN"),
        iptables_nft=with_rules("filter INPUT -p udp -m conntrack --ctstate ESTABLISHED -j DROP"),
    )
    snapshot = parse_snapshot(facts)
    cells = [one for one in expose(snapshot, snapshot.program) if one.destination.ports == ((9000, 9000),)]
    assert {(one.outcome, describe_reason(one.reason)) for one in cells if str(one.zone) == "internet"} == {
        (Outcome.ALLOWED, "connects, then stopped by filter/INPUT#1")
    }
    answer = answer_query(TraceQuery("internet", "192.0.2.10:9000/udp"), snapshot, snapshot.program)
    assert answer.trace.outcome is Outcome.ALLOWED
    assert [one.outcome for one in answer.trace.later] == [Outcome.BLOCKED]


def test_the_host_sends_from_no_port_at_which_a_program_listens() -> None:
    stopped = "filter OUTPUT -o docker0 -p tcp -m tcp ! --sport {} -j DROP"
    assert _cells(_facts(OLD, stopped.format(9000)), 80, "172.17.0.2")["host"].outcome is Outcome.BLOCKED
    assert _cells(_facts(OLD, stopped.format(9001)), 80, "172.17.0.2")["host"].outcome is Outcome.ALLOWED
