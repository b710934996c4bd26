"""Interfaces, routes and listeners, read from what real kernels printed."""

from ipaddress import ip_address, ip_network
from pathlib import Path

import msgspec
import pytest

from netaudit.errors import ParseError
from netaudit.model.facts import Facts, Source
from netaudit.model.host import Host, HostAddress, Interface, Listener, NextHop, Route
from netaudit.parse.host.host import parse_host
from netaudit.store import load

RECORDINGS = Path(__file__).parents[1] / "recordings"
MANY_ROUTES = RECORDINGS / "hosts" / "many-routes"  # a router with two uplinks, tunnels and policy routing


def _host(folder: Path = MANY_ROUTES) -> Host:
    return parse_host(load(folder))


def _interface(name: str, host: Host) -> Interface:
    return next(one for one in host.interfaces if one.name == name)


def test_an_interface_is_read_with_its_pair_and_its_addresses() -> None:
    assert _interface("uplink0", _host()) == Interface(
        name="uplink0",
        kind="veth",
        addresses=(
            HostAddress("192.0.2.10", 24),
            HostAddress("2001:db8:1::10", 64),
            HostAddress("fe80::88c8:78ff:fe9c:1ebf", 64, "link"),
        ),
        index=3,
        mac="8a:c8:78:9c:1e:bf",
        peer=2,
        up=True,
        state="UP",
        hardware=1,
    )


def test_the_other_end_of_a_pair_and_the_parent_of_a_macvlan_are_found_by_name() -> None:
    host = _host()
    by_index = {one.index: one.name for one in host.interfaces}
    assert [(by_index[one.peer], one.peer_elsewhere) for one in host.interfaces if one.kind == "macvlan"] == [
        ("eth1", False)
    ]
    assert by_index[_interface("far0", host).peer] == "uplink0"


def test_a_bridge_port_of_a_container_has_its_other_end_elsewhere() -> None:
    folder = RECORDINGS / "20.10.24-iptables-nft" / "default-one-port" / "01"
    port = next(one for one in _host(folder).interfaces if one.master == "docker0")
    assert (port.kind, port.peer_elsewhere, port.up) == ("veth", True, True)
    assert port.peer > 0


def test_an_address_knows_its_subnet() -> None:
    address = HostAddress("192.0.2.10", 24)
    assert (address.ip, address.subnet) == (ip_address("192.0.2.10"), ip_network("192.0.2.0/24"))


def test_the_routes_of_all_tables_are_read() -> None:
    routes = _host().routes
    assert {route.table for route in routes if route.family == "ip"} == {"main", "local", "52", "100"}
    assert Route("ip", "10.0.0.0/8", (NextHop("wg-like"),), table="52", scope="link") in routes
    assert Route("ip", "0.0.0.0/0", (NextHop("uplink0", "192.0.2.1"), NextHop("eth1", "198.51.100.1"))) in routes, (
        "connections are spread over both"
    )
    assert Route("ip", "203.0.113.0/24", (NextHop(),), kind="blackhole") in routes
    assert Route("ip", "10.1.2.3/32", (NextHop("uplink0", "fe80::1"),)) in routes


def test_each_family_is_read_from_its_own_file_once() -> None:
    routes = _host().routes
    assert len(routes) == len({(route.destination, route.hops, route.table, route.kind) for route in routes})
    assert all((":" in route.destination) == (route.family == "ip6") for route in routes)
    assert Route("ip6", "::/0", (NextHop("uplink0", "2001:db8:1::1"),), metric=100) in routes
    assert Route("ip6", "2001:db8:dead::/48", (NextHop("lo"),), kind="unreachable", metric=1024) in routes


def test_a_default_route_without_gateway_is_of_the_family_that_it_says() -> None:
    both = b'[{"dst":"default","dev":"tun0","flags":[]},{"dst":"default","dev":"tun0","flags":[],"pref":"medium"}]'
    assert [route.family for route in parse_host(Facts({Source.IP_ROUTE: both})).routes] == ["ip"]


def test_listeners_tell_which_families_and_which_interface_they_take() -> None:
    assert set(_host().listeners) == {
        Listener("udp", "127.0.0.1", 323, ("python3",), pids=(28894,)),
        Listener("tcp", "0.0.0.0", 53, ("python3",), interface="eth1", pids=(28894,)),
        Listener("tcp", "*", 8080, ("python3",), pids=(28894,)),
        Listener("tcp", "::", 8081, ("python3",), pids=(28894,)),
    }


@pytest.mark.parametrize("place", ["", "999.1.1.1", "x", "[", "[]", "[::g]", "0.0.0.0/0", "%lo", "\ufeff0.0.0.0"])
def test_a_socket_without_an_address_is_no_listener(place: str) -> None:
    line = f'tcp LISTEN 0 4096 {place}:80 0.0.0.0:* users:(("a",pid=1,fd=3))\n'
    good = "tcp LISTEN 0 4096 [::1]%lo:80 [::]:*\n"
    listeners = parse_host(Facts({Source.SOCKETS: (line + good).encode()})).listeners
    assert listeners == (Listener("tcp", "::1", 80, (), interface="lo"),)


@pytest.mark.parametrize("port", ["", "-1", "65536", "999999999", "8o", "\u00b2", "*"])
def test_a_socket_without_a_port_is_no_listener(port: str) -> None:
    data = f"tcp LISTEN 0 4096 0.0.0.0:{port} 0.0.0.0:*\n".encode()
    assert parse_host(Facts({Source.SOCKETS: data})).listeners == ()


@pytest.mark.parametrize("source", [Source.IP_ADDR, Source.IP_ROUTE, Source.IP6_ROUTE])
@pytest.mark.parametrize("data", [b"{", b"7", b"\xff", b'[{"dst": 7, "ifname": 7}]', b"[" * 9999])
def test_what_ip_does_not_print_is_refused_with_its_file(source: Source, data: bytes) -> None:
    with pytest.raises(ParseError) as caught:
        parse_host(Facts({source: data}))
    assert str(caught.value).startswith(f"{source}: not what `ip -j ")
    assert caught.value.hint == "record the host again"


def test_a_destination_that_is_no_network_is_refused_with_its_file() -> None:
    with pytest.raises(ParseError, match=r"^ip-route\.json: not a route's destination: "):
        parse_host(Facts({Source.IP_ROUTE: b'[{"dst":"10.0.0.1/8"}]'}))


@pytest.mark.parametrize(
    ("source", "written"),
    [
        (Source.IP_ADDR, [{"ifname": "eth0", "addr_info": [{"local": "1.2.3.4/99"}]}]),
        (Source.IP_ROUTE, [{"dst": "default", "gateway": "1.2.3.4/99", "dev": "eth0"}]),
        (Source.IP_ROUTE, [{"dst": "default", "via": {"host": "1.2.3.4/99"}, "dev": "eth0"}]),
        (Source.IP_ROUTE, [{"dst": "default", "nexthops": [{"gateway": "1.2.3.4/99", "dev": "eth0"}]}]),
        (Source.IP6_ROUTE, [{"dst": "default", "prefsrc": "1.2.3.4/99", "dev": "eth0"}]),
    ],
)
def test_what_is_no_address_is_refused_with_its_file(source: Source, written: list[object]) -> None:
    with pytest.raises(ParseError, match=rf"^{source}: not an address: '1\.2\.3\.4/99'"):
        parse_host(Facts({str(source): msgspec.json.encode(written)}))
