"""What br_netfilter tells rules of a bridge's ports, and what a sender is behind source NAT: as real packets saw it."""

import json

import msgspec
import pytest
from packets.test_answers import changed, with_rules

from netaudit.model.exposure import Outcome
from netaudit.model.facts import Facts, Source
from netaudit.packets.exposure.table import expose
from netaudit.packets.query.query import TraceQuery, answer_query
from netaudit.parse import parse_snapshot

HOST = "28.5.2-iptables-nft/default-one-port/01"
NO_PROXY = "26.1.5-iptables-nft/no-proxy-one-port/01"
_LISTENS = 'tcp LISTEN 0 128 0.0.0.0:9000 0.0.0.0:* users:(("sshd",pid=7,fd=3))\n'
_OUTSIDE, _MEMBERS = ("lan:eth0", 8080), ("network:bridge", 1)  # who tries, and which port
BRIDGED = "filter DOCKER-USER -m physdev --physdev-is-bridged -j DROP"
ROUTED = "filter DOCKER-USER -m physdev ! --physdev-is-bridged -j DROP"


def _facts(*rules: str, sysctl: str = "", second: str = "") -> Facts:
    """Load a host with rules, on which sshd listens everywhere; `second` is one more address of eth0."""

    def switched(text: str) -> str:
        return text.replace("bridge-nf-call-iptables = 1", "bridge-nf-call-iptables = 0") if sysctl else text

    facts = changed(HOST, iptables_nft=with_rules(*rules), sockets=lambda text: text + _LISTENS, sysctl=switched)
    interfaces = json.loads(facts.files[Source.IP_ADDR])
    eth0 = next(one for one in interfaces if one["ifname"] == "eth0")
    local, _, prefix = second.partition("/")
    more = {"family": "inet", "local": local, "prefixlen": int(prefix or 0), "scope": "global"}
    eth0["addr_info"] += [more] if second else []
    return msgspec.structs.replace(facts, files={**facts.files, Source.IP_ADDR: json.dumps(interfaces).encode()})


def _cells(facts: Facts) -> dict[tuple[str, int], Outcome]:
    """Give the outcomes for TCP of IPv4 by zone and first port."""
    snapshot = parse_snapshot(facts)
    found = [one for one in expose(snapshot, snapshot.program, None) if one.destination.protocol == "tcp"]
    mine = [one for one in found if ":" not in one.destination.address]
    return {(str(one.zone), one.destination.ports[0][0]): one.outcome for one in mine}


def _outcomes(facts: Facts) -> tuple[Outcome, Outcome]:
    found = _cells(facts)
    assert Outcome.MAY not in found.values()
    return found[_OUTSIDE], found[_MEMBERS]


@pytest.mark.parametrize(
    ("rule", "outside", "members"),
    [
        (BRIDGED, Outcome.ALLOWED, Outcome.BLOCKED),
        (ROUTED, Outcome.BLOCKED, Outcome.ALLOWED),
        ("filter DOCKER-USER -m physdev --physdev-is-in -j DROP", Outcome.BLOCKED, Outcome.BLOCKED),
        ("raw PREROUTING -m physdev ! --physdev-is-in -j DROP", Outcome.BLOCKED, Outcome.ALLOWED),
    ],
)
def test_what_passes_between_two_ports_of_a_bridge_is_told_from_what_is_routed(
    rule: str, outside: Outcome, members: Outcome
) -> None:
    assert _outcomes(_facts(rule)) == (outside, members)


def test_where_bridged_packets_meet_no_rule_none_is_seen_with_a_port() -> None:
    assert _outcomes(_facts(BRIDGED, sysctl="off")) == (Outcome.ALLOWED, Outcome.ALLOWED)


@pytest.mark.parametrize(
    ("sender", "outcome"), [("-s 192.0.2.10", Outcome.BLOCKED), ("! -s 192.0.2.10", Outcome.ALLOWED)]
)
@pytest.mark.parametrize("second", ["", "192.0.2.11/24", "198.51.100.10/24"])
def test_over_loopback_masquerading_takes_the_first_address_of_the_first_interface(
    sender: str, outcome: Outcome, second: str
) -> None:
    rules = "nat POSTROUTING -o lo -j MASQUERADE", f"filter INPUT -i lo {sender} -p tcp -m tcp --dport 9000 -j DROP"
    assert _cells(_facts(*rules, second=second))["host", 9000] is outcome


def test_a_new_sender_keeps_its_port() -> None:
    low = "filter INPUT -i lo -p tcp -m tcp --sport 1:1023 --dport 9000 -j DROP"
    high = "filter INPUT -i lo -p tcp -m tcp --sport 1024:65535 --dport 9000 -j DROP"
    masqueraded = "nat POSTROUTING -o lo -j MASQUERADE"
    assert _cells(_facts(masqueraded, low, high))["host", 9000] is Outcome.BLOCKED
    assert _cells(_facts(masqueraded, low))["host", 9000] is Outcome.ALLOWED


@pytest.mark.parametrize(("rule", "outcome"), [(BRIDGED, Outcome.BLOCKED), (ROUTED, Outcome.ALLOWED)])
def test_what_nat_leads_back_to_its_own_bridge_passes_between_two_ports_to_a_trace_too(
    rule: str, outcome: Outcome
) -> None:
    snapshot = parse_snapshot(changed(NO_PROXY, iptables_nft=with_rules(rule)))
    asked = TraceQuery("172.17.0.3", "192.0.2.10:8080")
    assert answer_query(asked, snapshot, snapshot.program).trace.outcome is outcome


LAST = "mangle POSTROUTING -p tcp -m multiport --ports 80,1"
_FROM_BRIDGE, _ELSEWHENCE = f"{LAST} -i docker0 -j DROP", f"{LAST} ! -i docker0 -o docker0 -j DROP"


@pytest.mark.parametrize(
    ("rule", "outside", "members"),
    [
        (_FROM_BRIDGE, Outcome.BLOCKED, Outcome.ALLOWED),
        (_ELSEWHENCE, Outcome.BLOCKED, Outcome.BLOCKED),
        (f"{LAST} -i docker0 -o docker0 -j DROP", Outcome.ALLOWED, Outcome.ALLOWED),
    ],
)
def test_postrouting_does_not_see_how_bridged_packets_came(rule: str, outside: Outcome, members: Outcome) -> None:
    assert _outcomes(_facts(rule)) == (outside, members)
    assert _outcomes(_facts(rule, sysctl="off"))[1] is Outcome.ALLOWED


@pytest.mark.parametrize(("rule", "outcome"), [(_FROM_BRIDGE, Outcome.ALLOWED), (_ELSEWHENCE, Outcome.BLOCKED)])
@pytest.mark.parametrize("more", ["", "nat POSTROUTING -d 172.17.0.2/32 -j MASQUERADE"])
def test_postrouting_does_not_see_how_packets_came_that_nat_leads_back(rule: str, outcome: Outcome, more: str) -> None:
    """With a new sender the answer too has a new receiver on the bridge that it comes by."""
    snapshot = parse_snapshot(changed(NO_PROXY, iptables_nft=with_rules(rule, *([more] if more else []))))
    asked = TraceQuery("172.17.0.3", "192.0.2.10:8080")
    assert answer_query(asked, snapshot, snapshot.program).trace.outcome is outcome
    found = expose(snapshot, snapshot.program, None)
    published = [one for one in found if str(one.zone) == "network:bridge" and one.destination.ports == ((8080, 8080),)]
    assert {one.outcome for one in published if ":" not in one.destination.address} == {outcome}


def test_later_packets_have_the_new_sender_of_the_first_one() -> None:
    """Docker masquerades what a program of the host sends from docker0's address over loopback."""
    later = "filter INPUT -i lo ! -s 172.17.0.0/16 -p tcp -m conntrack --ctstate ESTABLISHED -j DROP"
    assert _cells(_facts(later))["host", 9000] is Outcome.BLOCKED
    assert _cells(_facts(later, "nat POSTROUTING -o lo -j ACCEPT"))["host", 9000] is Outcome.ALLOWED
