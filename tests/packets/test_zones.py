"""Zones, derived from real hosts."""

from ipaddress import ip_address, ip_network
from pathlib import Path

import msgspec
import pytest

from netaudit.model.docker import Inventory
from netaudit.model.exposure import DestinationKind, Outcome, Zone, ZoneKind
from netaudit.model.host import Host, HostAddress, Interface, NextHop, Route
from netaudit.model.netfilter.family import Family
from netaudit.model.snapshot import Snapshot
from netaudit.packets.exposure.table import expose
from netaudit.packets.host.zones import Origin, Senders, ZoneChoice, as_ranges, is_routed, origins, without
from netaudit.parse import parse_snapshot
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"


def _snapshot(folder: str) -> Snapshot:
    return parse_snapshot(load(RECORDINGS / folder))


def _origins(folder: str, family: str = "ip", choice: ZoneChoice | None = None) -> dict[str, Origin]:
    snapshot = _snapshot(folder)
    found = origins(snapshot.host, snapshot.inventory, family, choice or ZoneChoice())
    return {f"{one.zone}/{one.interface}": one for one in found}


def _sends(origin: Origin, address: str) -> bool:
    number = int(ip_address(address))
    return any(first <= number <= last for first, last in origin.senders)


def test_a_host_with_one_container_has_five_zones() -> None:
    assert list(_origins("20.10.24-iptables-nft/default-one-port/01")) == [
        "internet/eth0",
        "lan:eth0/eth0",
        "host/",
        "network:bridge/docker0",
    ]
    assert list(_origins("20.10.24-iptables-nft/default-one-port/01", "ip6")) == [
        "internet/eth0",
        "lan:eth0/eth0",
        "host/",
    ]


def test_the_internet_is_what_neighbours_and_private_networks_are_not() -> None:
    internet = _origins("20.10.24-iptables-nft/default-one-port/01")["internet/eth0"]
    assert _sends(internet, "198.51.100.7")
    assert not any(_sends(internet, one) for one in ("192.0.2.1", "192.0.2.10", "10.1.2.3", "172.17.0.2", "127.0.0.1"))


def test_neighbours_are_those_of_the_link_but_the_host_itself() -> None:
    link = _origins("20.10.24-iptables-nft/default-one-port/01")["lan:eth0/eth0"]
    assert _sends(link, "192.0.2.1")
    assert not any(_sends(link, one) for one in ("192.0.2.10", "192.0.2.0", "192.0.2.255", "198.51.100.7"))


def test_a_network_without_members_sends_nothing() -> None:
    assert "network:bridge/docker0" not in _origins("20.10.24-iptables-nft/default-one-port/00")


def test_members_of_an_internal_network_know_no_way_out_since_engine_26() -> None:
    known = {version: _origins(f"{version}-iptables-nft/user-net-internal/02") for version in ("20.10.24", "26.1.5")}
    assert [one.on_link for found in known.values() for one in found.values() if one.zone.name == "n1"] == [False, True]


def test_a_host_with_two_uplinks_has_two_ways_in_from_the_internet() -> None:
    found = _origins("hosts/many-routes")
    assert [one.interface for one in found.values() if one.zone.kind is ZoneKind.INTERNET] == ["uplink0", "eth1"]


def test_the_operator_may_say_which_link_is_the_uplink() -> None:
    found = _origins("hosts/many-routes", choice=ZoneChoice(uplinks=("eth1",), links=("uplink0",)))
    outside = {ZoneKind.INTERNET, ZoneKind.LAN}
    assert [name for name, one in found.items() if one.zone.kind in outside] == [
        "internet/eth1",
        "lan:uplink0/uplink0",
    ]


def test_each_container_is_a_zone_where_that_is_asked_for() -> None:
    found = _origins("28.5.2-iptables-nft/two-nets/04", choice=ZoneChoice(containers=True))
    (member,) = [one for one in found.values() if one.zone == Zone(ZoneKind.CONTAINER, "i1")]
    assert member.senders[0][0] == member.senders[0][1]


@pytest.mark.parametrize(
    ("address", "routed"),
    [
        ("192.168.1.1", False),
        ("172.31.255.255", False),
        ("172.32.0.1", True),
        ("fd00::1", False),
        ("2001:db8::1", True),
    ],
)
def test_private_addresses_are_not_routed(address: str, *, routed: bool) -> None:
    ip = ip_address(address)
    assert is_routed(int(ip), "ip" if ip.version == 4 else "ip6") is routed


def test_ranges_are_joined_and_subtracted() -> None:
    nets = [ip_network(one) for one in ("10.0.1.0/24", "10.0.0.0/24", "10.0.0.128/25", "10.9.0.0/16")]
    ranges = as_ranges(nets)
    assert ranges == ((0x0A000000, 0x0A0001FF), (0x0A090000, 0x0A09FFFF))
    assert without(ranges, ((0x0A000010, 0x0A000010),))[:2] == ((0x0A000000, 0x0A00000F), (0x0A000011, 0x0A0001FF))
    assert without(ranges, ((0, 1 << 32),)) == ()


def test_dockers_own_bridges_are_no_links_where_nobody_knows_its_networks() -> None:
    known = _snapshot("28.5.2-iptables-nft/two-nets/03")
    unknown = msgspec.structs.replace(known, inventory=None)
    zones = [one.zone for one in origins(unknown.host, None, Family.IP, ZoneChoice())]
    assert zones == [Zone(ZoneKind.INTERNET), Zone(ZoneKind.LAN, "eth0"), Zone(ZoneKind.HOST)]


def test_senders_of_a_source_are_a_zone_for_each_place_that_they_send_from() -> None:
    networks = ("172.17.0.0/16", "10.0.0.0/8", "0.0.0.0/0")
    choice = ZoneChoice(sources=tuple(Senders(one, Family.IP, as_ranges((ip_network(one),))) for one in networks))
    found = [one for one in _origins("28.5.2-iptables-nft/two-nets/04", choice=choice).values() if one.zone.within]
    assert {(str(one.zone), one.interface) for one in found if one.zone.within != "0.0.0.0/0"} == {
        ("lan:eth0(10.0.0.0/8)", "eth0")
    }
    everybody = {one.zone.kind: one for one in found if one.zone.within == "0.0.0.0/0"}
    plain = {one.zone.kind: one for one in _origins("28.5.2-iptables-nft/two-nets/04").values()}
    assert everybody[ZoneKind.INTERNET].senders == plain[ZoneKind.INTERNET].senders


def test_the_internet_reaches_the_uplinks_own_address_even_where_no_router_leads_to_it() -> None:
    recorded = load(RECORDINGS / "20.10.24-iptables-nft/default-one-port/01")
    files = {name: data.replace(b"192.0.2.", b"192.168.2.") for name, data in recorded.files.items()}
    snapshot = parse_snapshot(msgspec.structs.replace(recorded, files=files))
    found = {
        (one.destination.kind, one.outcome)
        for one in expose(snapshot, snapshot.program)
        if one.zone.kind is ZoneKind.INTERNET and one.destination.family == "ip"
    }
    assert found == {
        (DestinationKind.PUBLISHED_PORT, Outcome.ALLOWED),
        (DestinationKind.CONTAINER_PORTS, Outcome.BLOCKED),
    }


def _of(interfaces: tuple[Interface, ...], *routes: Route) -> dict[str, Origin]:
    found = origins(Host(interfaces=interfaces, routes=routes), Inventory(), Family.IP, ZoneChoice())
    return {f"{one.zone}/{one.interface}": one for one in found}


UPLINK = Interface("eth0", addresses=(HostAddress("198.51.100.9", 24),), up=True)
TO_LINK = Route(Family.IP, "198.51.100.0/24", (NextHop("eth0"),))
DEFAULT = Route(Family.IP, "0.0.0.0/0", (NextHop("eth0", "198.51.100.1"),))


def test_nobody_sends_by_an_interface_that_is_down_or_leads_to_no_network() -> None:
    routes = (TO_LINK, DEFAULT)
    assert set(_of((UPLINK,), *routes)) == {"internet/eth0", "lan:eth0/eth0", "host/"}
    others = (
        msgspec.structs.replace(UPLINK, up=False),
        msgspec.structs.replace(UPLINK, master="br0"),
        msgspec.structs.replace(UPLINK, addresses=(HostAddress("169.254.0.1", 16, "link"),)),
    )
    assert [set(_of((one,), *routes)) & {"lan:eth0/eth0"} for one in others] == [set(), set(), {"lan:eth0/eth0"}]
    assert not set(_of(others[2:])) & {"internet/eth0", "lan:eth0/eth0"}  # no route leads out of it


def test_the_host_itself_is_neither_the_internet_nor_a_neighbour() -> None:
    tunnel = Interface("tun0", addresses=(HostAddress("203.0.113.9", 32),), up=True)  # an address without a link
    found = _of((UPLINK, tunnel), TO_LINK, DEFAULT)
    own = ("198.51.100.9", "203.0.113.9")
    assert not any(_sends(found[name], one) for name in ("internet/eth0", "lan:eth0/eth0") for one in own)
    assert all(_sends(found["host/"], one) for one in own)
    assert _sends(found["internet/eth0"], "203.0.113.10")
    assert _sends(found["lan:eth0/eth0"], "198.51.100.1")
