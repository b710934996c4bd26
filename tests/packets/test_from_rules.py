"""Rules alone tell where packets are led and what a hook stops; of all else nobody says that it is closed."""

from ipaddress import ip_address

import pytest
from msgspec.structs import replace
from programs import RECORDINGS

from netaudit.errors import SubjectError
from netaudit.model.exposure import Delivery, Destination, DestinationKind, Exposure, Outcome, ZoneKind
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.model.netfilter.family import Family
from netaudit.model.reason import ReasonKind
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.table import expose
from netaudit.packets.host.destinations import is_never_routed
from netaudit.packets.host.locations import find_container, read_source
from netaudit.parse import parse_snapshot
from netaudit.store import load

UNSEEN = tuple(Gap(source, GapReason.NOT_RECORDED) for source in (Source.IP_ADDR, Source.SOCKETS))
DNAT = "-A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:5432"
NAT = """*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
{nat}
COMMIT
"""
FILTER = """*filter
:INPUT {input} [0:0]
:FORWARD {forward} [0:0]
:DOCKER - [0:0]
{filter}
COMMIT
"""


def _snapshot(nat: str = "", rules: str = "", *, policies: tuple[str, str] = ("ACCEPT", "ACCEPT")) -> Snapshot:
    text = NAT.format(nat=nat) + FILTER.format(input=policies[0], forward=policies[1], filter=rules)
    return parse_snapshot(Facts({Source.IPTABLES_NFT: text.encode()}, gaps=UNSEEN))


def _rows(snapshot: Snapshot, kind: DestinationKind, zone: ZoneKind = ZoneKind.INTERNET) -> list[Exposure]:
    rows = expose(snapshot, snapshot.program)
    return [one for one in rows if (one.destination.kind, one.zone.kind, one.destination.family) == (kind, zone, "ip")]


def _brief(rows: list[Exposure]) -> list[str]:
    return [
        f"{one.destination.address} {one.destination.ports} {one.destination.protocol} "
        f"to {one.destination.led}: {one.outcome}"
        for one in rows
    ]


def _ports(rows: list[Exposure], outcome: Outcome, protocol: str = "tcp") -> list[tuple[tuple[int, int], ...]]:
    return [one.destination.ports for one in rows if (one.outcome, one.destination.protocol) == (outcome, protocol)]


@pytest.mark.parametrize(
    ("rule", "row"),
    [
        (DNAT, "0.0.0.0 ((8080, 8080),) tcp to 172.17.0.2:5432: may"),
        (DNAT.replace("-p tcp", "-d 192.0.2.10/32 -p tcp"), "192.0.2.10 ((8080, 8080),) tcp to 172.17.0.2:5432: may"),
        (DNAT.replace("--dport 8080", "--dport 8000:8100"), "0.0.0.0 ((8000, 8100),) tcp to 172.17.0.2:5432: may"),
        (DNAT.replace("-p tcp", "-d 127.0.0.1/32 -p tcp"), "127.0.0.1 ((8080, 8080),) tcp to 172.17.0.2:5432: blocked"),
        (
            "-A PREROUTING -p udp -m udp --dport 53 -j REDIRECT --to-ports 5353",
            "0.0.0.0 ((53, 53),) udp to 127.0.0.1:5353: may",
        ),
    ],
)
def test_a_rule_that_leads_packets_on_is_a_row(rule: str, row: str) -> None:
    assert _brief(_rows(_snapshot(rule), DestinationKind.FORWARDED_PORT)) == [row]


def test_a_row_names_its_rule_and_why_no_more_is_known() -> None:
    (row,) = _rows(_snapshot(DNAT), DestinationKind.FORWARDED_PORT)
    assert row.rule
    assert row.rule.where == "nat/DOCKER#1"
    assert row.way is Delivery.DNAT
    assert row.reason
    assert row.reason.kind is ReasonKind.SOURCE_GAP


def test_what_the_host_alone_sends_is_led_for_the_host_alone() -> None:
    snapshot = _snapshot(DNAT.replace("-A DOCKER ! -i docker0", "-A OUTPUT"))
    assert _rows(snapshot, DestinationKind.FORWARDED_PORT) == []
    assert _rows(snapshot, DestinationKind.FORWARDED_PORT, ZoneKind.HOST)


@pytest.mark.parametrize(
    ("rules", "outcome"),
    [
        ("", Outcome.BLOCKED),
        ("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", Outcome.BLOCKED),
        ("-A FORWARD -p udp -j ACCEPT", Outcome.BLOCKED),
        ("-A FORWARD -o docker0 -j DOCKER", Outcome.BLOCKED),
        ("-A FORWARD -o docker0 -j DOCKER\n-A DOCKER -p tcp -m tcp --dport 80 -j ACCEPT", Outcome.BLOCKED),
        ("-A FORWARD -o docker0 -j DOCKER\n-A DOCKER -p tcp -m tcp --dport 5432 -j ACCEPT", Outcome.MAY),
        ("-A FORWARD -m mark --mark 1 -j ACCEPT", Outcome.MAY),
        ("-A FORWARD -j NFQUEUE --queue-num 0", Outcome.MAY),
        ("-A INPUT -p tcp -m tcp --dport 5432 -j ACCEPT", Outcome.MAY),
    ],
)
def test_what_is_led_on_is_blocked_only_where_no_rule_could_let_it_through(rules: str, outcome: Outcome) -> None:
    (row,) = _rows(_snapshot(DNAT, rules, policies=("DROP", "DROP")), DestinationKind.FORWARDED_PORT)
    assert row.outcome is outcome


def test_any_program_may_be_reached_where_nobody_knows_which_listen() -> None:
    rows = _rows(_snapshot(), DestinationKind.HOST_LISTENER)
    assert [(one.destination.protocol, one.outcome) for one in rows] == [("tcp", Outcome.MAY), ("udp", Outcome.MAY)]
    assert all(one.destination.programs is None for one in rows)


@pytest.mark.parametrize(
    ("rules", "may"),
    [
        ("", []),
        ("-A INPUT -i lo -j ACCEPT\n-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT", []),
        ("-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT", [((22, 22),)]),
        ("-A INPUT -p tcp -m multiport --dports 22,80 -j ACCEPT", [((22, 22), (80, 80))]),
        ("-A INPUT -s 192.0.2.0/24 -j ACCEPT", [((1, 65535),)]),
    ],
)
def test_a_hook_that_drops_by_default_opens_what_its_rules_accept(rules: str, may: list[object]) -> None:
    rows = _rows(_snapshot("", rules, policies=("DROP", "DROP")), DestinationKind.HOST_LISTENER)
    assert _ports(rows, Outcome.MAY) == may
    blocked = [one for one in rows if one.outcome is Outcome.BLOCKED]
    assert {one.rule.text for one in blocked if one.rule} <= {":INPUT DROP"}
    assert all(one.rule for one in blocked)


def test_the_hosts_own_packets_come_in_by_loopback() -> None:
    closed = _snapshot("", "-A INPUT -i lo -j ACCEPT", policies=("DROP", "DROP"))
    rows = _rows(closed, DestinationKind.HOST_LISTENER, ZoneKind.HOST)
    assert {one.outcome for one in rows} == {Outcome.MAY}


def test_a_zone_that_nobody_can_tell_is_not_called_absent() -> None:
    with pytest.raises(SubjectError, match=r"not known: ip-addr\.json was not seen"):
        read_source("internet", "", ip_address("192.0.2.10"), _snapshot())


def test_a_container_that_nobody_could_look_for_is_not_called_absent() -> None:
    with pytest.raises(SubjectError, match="whether there is a container web is not known"):
        find_container(_snapshot(), "web")


def test_private_and_loopback_addresses_are_not_reached_from_the_internet_whatever_the_interfaces_are() -> None:
    facts = load(RECORDINGS / "28.5.2-iptables-nft" / "loopback-port" / "01")
    kept = (Source.IPTABLES_NFT, Source.DOCKER_CONTAINERS)
    pasted = replace(facts, files={name: facts.files[name] for name in kept}, gaps=UNSEEN)
    snapshot = parse_snapshot(pasted)
    table = [one for one in expose(snapshot, snapshot.program) if one.destination.container_name]
    found = {(one.zone.kind, one.destination.address): one.outcome for one in table}
    for address in ("127.0.0.1", "172.17.0.2"):
        assert found[ZoneKind.INTERNET, address] is Outcome.BLOCKED
        assert found[ZoneKind.LAN, address] is Outcome.MAY


def test_a_port_on_the_host_s_own_private_address_may_be_led_to_by_a_router() -> None:
    to = Destination(DestinationKind.PUBLISHED_PORT, Family.IP, "tcp", "192.168.1.10", ((80, 80),))
    assert not is_never_routed(to)
    assert is_never_routed(replace(to, address="169.254.1.1"))
    assert is_never_routed(replace(to, kind=DestinationKind.CONTAINER_PORTS))
