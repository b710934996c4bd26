"""What the host's routes, addresses and switches say of packets: longest prefixes, address types, the way back."""

from ipaddress import ip_address

import pytest

from netaudit.model.host import Host, HostAddress, Interface, NextHop, Route
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import Field, RouteType
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.masquerade import global_addresses, masquerading
from netaudit.packets.host.route_lookup import RouteLookup, as_address, is_for_many
from netaudit.packets.host.route_ranges import RouteRanges
from netaudit.packets.host.sysctls import Sysctls
from netaudit.packets.values.packet import Packet, Value

ETH0 = Interface(
    "eth0",
    addresses=(
        HostAddress("fe80::1", 64, "link"),
        HostAddress("169.254.0.1", 16, "link"),
        HostAddress("192.0.2.1", 24),
        HostAddress("2001:db8::1", 64),
        HostAddress("192.0.2.2", 24),
    ),
    hardware=1,
)
LO = Interface("lo", addresses=(HostAddress("127.0.0.1", 8, "host"), HostAddress("::1", 128, "host")), hardware=772)
ETH1 = Interface("eth1", addresses=(HostAddress("198.51.100.1", 24),))
ROUTES = (
    Route(Family.IP, "0.0.0.0/0", (NextHop("eth0", "192.0.2.9"),)),
    Route(Family.IP, "198.51.100.0/24", (NextHop("eth1"),), metric=200),
    Route(Family.IP, "198.51.100.0/24", (NextHop("eth0"),), metric=100, source="192.0.2.2"),
    Route(Family.IP, "198.51.100.128/25", (NextHop("eth1"),)),
    Route(Family.IP, "203.0.113.0/24", (NextHop("eth1"),), table="42"),
    Route(Family.IP, "203.0.113.0/25", kind="throw"),
    Route(Family.IP, "192.0.2.0/24", (NextHop("eth0"),), table="default"),
    Route(Family.IP, "192.0.2.1/32", (NextHop("eth0"),), kind="local", table="local"),
    Route(Family.IP, "192.0.2.255/32", (NextHop("eth0"),), kind="broadcast", table="local"),
    Route(Family.IP6, "::1/128", (NextHop("lo"),), kind="local", table="local"),
    Route(Family.IP6, "2001:db8::/64", (NextHop("eth0"),)),
)
HOST = Host(interfaces=(LO, ETH0, ETH1), routes=ROUTES)
ROUTING, ROUTING6 = Routing(HOST, Family.IP), Routing(HOST, Family.IP6)


@pytest.mark.parametrize(
    ("address", "destination", "interface"),
    [
        ("192.0.2.1", "192.0.2.1/32", "eth0"),
        ("192.0.2.7", "0.0.0.0/0", "eth0"),  # the table `default` is asked last, whatever its prefix
        ("198.51.100.7", "198.51.100.0/24", "eth0"),  # the lower metric
        ("198.51.100.200", "198.51.100.128/25", "eth1"),
        ("203.0.113.7", "0.0.0.0/0", "eth0"),  # no rule leads to table 42
    ],
)
def test_the_first_table_then_the_longest_prefix_then_the_lowest_metric_decides(
    address: str, destination: str, interface: str
) -> None:
    route = ROUTING.route(ip_address(address))
    assert route
    assert (route.destination, route.hops[0].interface) == (destination, interface)


def test_ranges_cover_what_is_routed_and_name_the_route_that_decides() -> None:
    found = {(first, last): route.destination for first, last, route in ROUTING.ranges()}
    assert found[0xC6336480, 0xC63364FF] == "198.51.100.128/25"
    assert found[0xC0000201, 0xC0000201] == "192.0.2.1/32"
    assert min(found)[0] == 0
    assert max(found)[1] == (1 << 32) - 1
    bare = Routing(Host(routes=ROUTES[3:4]), Family.IP)
    assert [(first, last) for first, last, _ in bare.ranges()] == [(0xC6336480, 0xC63364FF)]
    assert bare.route(ip_address("192.0.2.1")) is None


def test_new_ipv6_addresses_are_local_where_any_local_route_is_known() -> None:
    route = ROUTING6.route(ip_address("2001:db8::1"))
    assert route
    assert (route.kind, route.table, route.hops, route.destination) == (
        "local",
        "local",
        (NextHop("eth0"),),
        "2001:db8::1/128",
    )
    assert [one.destination for one in ROUTING6.routes].count("::1/128") == 1
    unrecorded = Routing(Host(interfaces=(ETH0,), routes=ROUTES[-1:]), Family.IP6)
    assert [one.destination for one in unrecorded.routes] == ["2001:db8::/64"]


def test_tables_that_were_not_recorded_with_their_rules_are_named() -> None:
    assert ROUTING.policy_tables == ("42",)
    assert ROUTING6.policy_tables == ()
    assert Routing(Host(routes=ROUTES, policy=()), Family.IP).policy_tables == ()


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),  # to itself
        ("198.51.100.7", "192.0.2.2"),  # as the route says
        ("198.51.100.200", "198.51.100.1"),
        ("192.0.2.9", "192.0.2.1"),  # global ones first
    ],
)
def test_the_host_sends_from_the_address_that_its_route_prefers(address: str, source: str) -> None:
    assert ROUTING.preferred_source(ip_address(address)) == ip_address(source)


def test_without_a_route_or_an_address_no_source_is_told() -> None:
    gone = Host(interfaces=(Interface("tun0"),), routes=(Route(Family.IP, "192.0.2.0/24", (NextHop("tun0"),)),))
    assert Routing(gone, Family.IP).preferred_source(ip_address("192.0.2.7")) is None
    assert Routing(gone, Family.IP).preferred_source(ip_address("198.51.100.7")) is None
    refused = Host(routes=(Route(Family.IP, "0.0.0.0/0", kind="unreachable"),))
    assert Routing(refused, Family.IP).preferred_source(ip_address("192.0.2.7")) is None


def test_masquerade_takes_global_addresses_of_the_interface_else_of_any() -> None:
    assert [str(one.ip) for one in global_addresses(ETH0, ROUTING)] == ["192.0.2.1", "192.0.2.2"]
    assert [str(one.ip) for one in global_addresses(ETH0, ROUTING6)] == ["2001:db8::1"]
    assert masquerading(ETH1, ROUTING) == [0xC6336401]
    assert masquerading(LO, ROUTING) == [0xC0000201, 0xC0000202, 0xC6336401]


@pytest.mark.parametrize(
    ("of_vrf", "taken"), [(("192.0.2.77",), ["192.0.2.77"]), ((), ["198.51.100.7", "203.0.113.7"])]
)
def test_masquerade_in_a_vrf_asks_the_device_of_the_vrf_before_lower_numbers(
    of_vrf: tuple[str, ...], taken: list[str]
) -> None:
    eth1 = Interface("eth1", index=3, master="red", addresses=(HostAddress("198.51.100.7", 24),))
    eth2 = Interface("eth2", index=4, master="red", addresses=(HostAddress("203.0.113.7", 24),))
    wg0 = Interface("wg0", index=5, master="red")
    red = Interface("red", kind="vrf", index=10, addresses=tuple(HostAddress(one, 32) for one in of_vrf))
    routing = Routing(Host(interfaces=(ETH0, eth1, eth2, wg0, red)), Family.IP)
    assert [str(ip_address(one)) for one in masquerading(wg0, routing)] == taken


# ---- fields that routes decide ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "interface", "found"),
    [
        ("192.0.2.1", "", RouteType.LOCAL),
        ("192.0.2.1", "eth0", RouteType.LOCAL),
        ("192.0.2.1", "eth1", RouteType.UNICAST),
        ("192.0.2.255", "", RouteType.BROADCAST),
        ("192.0.2.7", "", RouteType.UNICAST),
        ("224.0.0.1", "", RouteType.MULTICAST),
        ("0.0.0.1", "", RouteType.BROADCAST),
        ("1.0.0.0", "", RouteType.UNICAST),
        ("255.255.255.255", "", RouteType.BROADCAST),
    ],
)
def test_an_address_has_the_type_of_its_route_in_the_local_table(
    address: str, interface: str, found: RouteType
) -> None:
    assert RouteLookup(ROUTING).kind(ip_address(address), interface) is found


PACKET = Packet({Field.NFPROTO: 2, Field.SADDR: 0xC6336407, Field.DADDR: 0xC0000201, Field.IIF: "eth0", Field.OIF: ""})


@pytest.mark.parametrize(
    ("field", "changes", "found"),
    [
        (Field.DADDR_TYPE, {}, RouteType.LOCAL),
        (Field.SADDR_TYPE, {}, RouteType.UNICAST),
        (Field.DADDR_TYPE_IIF, {}, RouteType.LOCAL),
        (Field.DADDR_TYPE_IIF, {Field.IIF: "eth1"}, RouteType.UNICAST),
        (Field.DADDR_TYPE_OIF, {Field.OIF: "eth1"}, RouteType.UNICAST),
        (Field.DADDR_TYPE_OIF, {Field.OIF: "eth0"}, RouteType.LOCAL),
        (Field.SADDR_TYPE_IIF, {Field.SADDR: 0xC0000201}, RouteType.LOCAL),
        (Field.SADDR_TYPE_OIF, {Field.SADDR: 0xC0000201, Field.OIF: "eth1"}, RouteType.UNICAST),
        (Field.DADDR_TYPE, {Field.DADDR: None}, None),
        (Field.IIFTYPE, {}, 1),
        (Field.IIFTYPE, {Field.IIF: "eth1"}, None),  # its kind of hardware is not known
        (Field.OIFTYPE, {Field.OIF: "lo"}, 772),
        (Field.OIFTYPE, {Field.OIF: "gone"}, None),
        (Field.TTL, {}, None),
        (Field.TTL, {Field.TTL: 64}, 64),
    ],
)
def test_what_a_packet_does_not_carry_is_asked_of_the_host(
    field: Field, changes: dict[Field, Value], found: Value
) -> None:
    assert RouteLookup(ROUTING).asking(PACKET.changed(changes))(field) == found
    assert RouteLookup(Routing(Host(), Family.IP)).asking(PACKET)(Field.DADDR_TYPE) is None


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({Field.IIF: "lo"}, 1),
        ({Field.IIF: "eth0"}, 1),
        ({Field.IIF: "eth1"}, 0),
        ({Field.IIF: "eth1", Field.SADDR: 0xC63364C8}, 1),
        ({Field.SADDR: None}, None),
    ],
)
def test_the_way_back_leaves_by_the_interface_that_a_packet_came_by(changes: dict[Field, Value], found: Value) -> None:
    known = Routing(
        Host(interfaces=HOST.interfaces, routes=tuple(one for one in ROUTES if one.table != "42")), Family.IP
    )
    assert RouteLookup(known).asking(PACKET.changed(changes))(Field.REVERSE_PATH) == found
    if changes.get(Field.IIF) != "lo":
        assert RouteLookup(ROUTING).asking(PACKET.changed(changes))(Field.REVERSE_PATH) is None  # table 42


def test_an_address_is_of_the_family_of_its_packet() -> None:
    assert str(as_address(PACKET, Field.DADDR)) == "192.0.2.1"
    assert str(as_address(PACKET.changed({Field.NFPROTO: 10}), Field.DADDR)) == "::c000:201"
    assert as_address(PACKET.changed({Field.DADDR: None}), Field.DADDR) is None
    many = [
        is_for_many(ip_address(one))
        for one in ("224.0.0.1", "ff02::1", "255.255.255.255", "192.0.2.255", "::ffff:ffff")
    ]
    assert many == [True, True, True, False, False]


# ---- switches -----------------------------------------------------------------------------------------------------


def _sysctls(family: Family = Family.IP, **values: str) -> Sysctls:
    return Sysctls({name.replace("__", "."): value for name, value in values.items()}, family)


def _of(name: str, every: str | None, own: str | None) -> dict[str, str]:
    known = {f"net__ipv4__conf__all__{name}": every, f"net__ipv4__conf__eth0__{name}": own}
    return {key: value for key, value in known.items() if value is not None}


@pytest.mark.parametrize(
    ("every", "own", "found"),
    [
        ("0", "0", False),
        ("1", "0", True),
        ("0", "1", True),
        ("1", "2", False),  # the higher counts: 2 is loose
        ("0", None, False),
        (None, "1", True),
        (None, None, None),
    ],
)
def test_the_stricter_level_is_not_the_higher_number(every: str | None, own: str | None, found: object) -> None:
    values = _of("rp_filter", every, own)
    assert _sysctls(**values).strict_source("eth0") is found
    assert _sysctls(Family.IP6, **values).strict_source("eth0") is False


@pytest.mark.parametrize(
    ("every", "own", "found"), [("0", "0", False), ("1", "0", True), ("0", "1", True), (None, None, False)]
)
def test_a_switch_of_all_interfaces_or_of_one_is_enough(every: str | None, own: str | None, found: object) -> None:
    assert _sysctls(**_of("src_valid_mark", every, own)).validates_marks("eth0") is found
    assert _sysctls(**_of("route_localnet", every, own)).routes_loopback("eth0") is found
    assert _sysctls(Family.IP6, **_of("route_localnet", every, own)).routes_loopback("eth0") is False


def test_bridges_ask_iptables_of_a_family_by_the_switch_of_that_family() -> None:
    name = "net__bridge__bridge-nf-call-"
    four, six = (
        _sysctls(family, **{f"{name}iptables": "1", f"{name}ip6tables": "0"})
        for family in Family
        if family in ("ip", "ip6")
    )
    assert (four.filters_bridged(), six.filters_bridged()) == (True, False)
    assert _sysctls(net__ipv4__ip_forward="1").filters_bridged() is False  # br_netfilter is not loaded
    assert _sysctls().filters_bridged() is None  # nothing was recorded


# ---- ranges of addresses ------------------------------------------------------------------------------------------

BRIDGE = Interface("br0", "bridge", (HostAddress("10.0.0.1", 24),))
PORT = Interface("veth0", "veth", master="br0")
UPLINK = Interface("eth0", "dummy", (HostAddress("192.0.2.1", 24), HostAddress("2001:db8::1", 64)))
SPREAD = Route(Family.IP, "198.51.100.0/24", (NextHop("eth0", "192.0.2.9"), NextHop("br0", "10.0.0.9")))
RANGES = RouteRanges(
    Host(
        interfaces=(BRIDGE, PORT, UPLINK),
        sysctls=(("net.ipv4.conf.br0.route_localnet", "1"),),
        routes=(
            Route(Family.IP, "10.0.0.0/24", (NextHop("br0"),)),
            Route(Family.IP, "192.0.2.0/24", (NextHop("eth0"),)),
            SPREAD,
            Route(Family.IP, "203.0.113.0/24", kind="unreachable"),
            Route(Family.IP, "10.0.0.1/32", (NextHop("br0"),), kind="local", table="local"),
            Route(Family.IP, "10.0.0.255/32", (NextHop("br0"),), kind="broadcast", table="local"),
            Route(Family.IP, "127.0.0.0/8", (NextHop("lo"),), kind="local", table="local"),
        ),
    ),
    Family.IP,
    {"br9": ((0x0A090000, 0x0A0900FF),)},
)
TEN = 0x0A000000


def _apart(ranges: tuple[tuple[int, int], ...]) -> set[tuple[int, int]]:
    return {one for one in ranges if one[0] >> 24 != 0x7F}


def test_a_port_of_a_bridge_is_no_interface_of_ip_and_loopback_always_is_one() -> None:
    assert RANGES.interfaces == ("", "br0", "eth0", "lo")
    assert [one.name for one in RANGES.known_interfaces] == ["br0", "eth0", "lo"]
    assert RANGES.fitting(["br*", "lo", "veth0"]) == ["br0", "lo"]
    assert RANGES.bridges == ("br0",)  # of loopback nothing was recorded
    assert RANGES.to_loopback == ("lo", "br0")


def test_each_interface_has_the_addresses_that_routes_lead_to() -> None:
    spread = (0xC6336400, 0xC63364FF)
    assert set(RANGES.ways["br0"]) == {(TEN, TEN), (TEN + 2, TEN + 254), spread}
    assert set(RANGES.ways["eth0"]) == {(0xC0000200, 0xC00002FF), spread}
    assert _apart(RANGES.ways_out["lo"]) == {(TEN + 1, TEN + 1)}  # to itself, over loopback
    assert RANGES.ways_out["eth0"] == RANGES.ways["eth0"]
    assert RANGES.several_ways == (spread,)


def test_neighbours_are_reached_without_a_gateway() -> None:
    assert set(RANGES.neighbours["br0"]) == {(TEN, TEN), (TEN + 2, TEN + 254)}
    assert RANGES.neighbours["eth0"] == ((0xC0000200, 0xC00002FF),)
    assert RANGES.neighbours["br9"] == ((0x0A090000, 0x0A0900FF),)  # known without a route


def test_addresses_have_types_of_routes_and_some_without_any() -> None:
    assert _apart(RANGES.types[RouteType.LOCAL]) == {(TEN + 1, TEN + 1)}
    assert (TEN + 255, TEN + 255) in RANGES.types[RouteType.BROADCAST]
    assert (0xFFFFFFFF, 0xFFFFFFFF) in RANGES.types[RouteType.BROADCAST]
    assert RANGES.types[RouteType.MULTICAST] == ((0xE0000000, 0xEFFFFFFF),)
    six = RouteRanges(Host(interfaces=(UPLINK,)), Family.IP6, {})
    assert six.types == {}


def test_the_hosts_own_addresses_are_listed_with_loopbacks_last() -> None:
    assert RANGES.own_addresses == (TEN + 1, 0xC0000201, 0x7F000000)
    assert [RANGES.first_address(name) for name in ("eth0", "lo", "gone")] == [0xC0000201, None, None]
