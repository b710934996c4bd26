"""What the inventory and the kernel say of places: destinations, sockets, members, bridge ports, ways of answers."""

from ipaddress import ip_address

import pytest
from msgspec.structs import replace as changed

from netaudit.model.docker import Container, Endpoint, Inventory, Network, NetworkMember, PortBinding
from netaudit.model.exposure import Destination, DestinationKind, Zone, ZoneKind
from netaudit.model.host import ControlGroups, Host, HostAddress, Interface, Listener, NextHop, Route
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import Field
from netaudit.model.netfilter.ruleset import Backend, Ruleset, Table
from netaudit.model.snapshot import Inside, Snapshot
from netaudit.packets.host.bridge_ports import ports_of
from netaudit.packets.host.container_routes import (
    ContainerRoutes,
    all_macs,
    bridges_of,
    container_routes,
    is_on_link,
    macs,
    parents_of,
    routes_of,
    subnets,
)
from netaudit.packets.host.containers.namespaces import namespaces_of
from netaudit.packets.host.destinations import destinations, number_of, written
from netaudit.packets.host.endpoints import with_every_endpoint
from netaudit.packets.host.fib import Routing
from netaudit.packets.host.members import Members
from netaudit.packets.host.sockets import Sockets, is_proxied, leads_elsewhere
from netaudit.packets.host.zones import Origin

FRONT = Network("f" * 64, "front", "bridge", "br-front", "172.18.0.0/16", "fd00:18::/64")
BACK = Network("b" * 64, "back", "bridge", "br-back", "172.19.0.0/16")
LAN = Network("1" * 64, "lan", "macvlan", subnet="192.0.2.0/24", parent="eth0")
ON_FRONT = Endpoint(FRONT.id, "front", "172.18.0.2", "fd00:18::2", "172.18.0.1", "fd00:18::1")
ON_BACK = Endpoint(BACK.id, "back", "172.19.0.2", gateway="172.19.0.1")
WEB = Container(
    *("c" * 64, "web", True),
    endpoints=(ON_FRONT,),
    bindings=(
        PortBinding("tcp", "0.0.0.0", 8080, 80),
        PortBinding("sctp", "::", 9000, 90),
        PortBinding("tcp", "0.0.0.0", 0, 81),  # of a routed network: no host port
    ),
)
BOTH = Container(
    *("d" * 64, "both", True),
    endpoints=(ON_FRONT, ON_BACK),
    bindings=(PortBinding("tcp", "0.0.0.0", 81, 81),),
)
HOSTED = Container("e" * 64, "hosted", True, "host", pid=42)  # noqa: FBT003
STOPPED = changed(WEB, id="0" * 64, name="stopped", running=False)
NETWORKS = (FRONT, BACK, LAN)


def _inventory(*containers: Container, networks: tuple[Network, ...] = NETWORKS) -> Inventory:
    return Inventory("28.5.2", networks=networks, containers=containers)


# ---- destinations -------------------------------------------------------------------------------------------------


def test_a_container_is_reached_by_what_it_publishes_and_at_its_own_addresses() -> None:
    mine = {"container_id": WEB.id, "container_name": "web", "network_name": "front"}
    every = ((1, 65535),)
    own = [
        Destination(DestinationKind.CONTAINER_PORTS, family, protocol, address, every, **mine)
        for family, address in ((Family.IP, "172.18.0.2"), (Family.IP6, "fd00:18::2"))
        for protocol in ("tcp", "udp", "sctp")
    ]
    assert destinations(Host(), _inventory(WEB, STOPPED)) == (
        *(
            Destination(
                DestinationKind.PUBLISHED_PORT, family, one.protocol, one.host_ip, ((port, port),), binding=one, **mine
            )
            for family, port, one in zip((Family.IP, Family.IP6), (8080, 9000), WEB.bindings, strict=False)
        ),
        *own,
    )


def test_a_binding_names_its_network_where_only_one_is_possible() -> None:
    published, *own = destinations(Host(), _inventory(BOTH))
    assert (published.network_name, published.ports) == ("", ((81, 81),))
    assert [(one.network_name, one.protocol) for one in own] == [
        *(("front", protocol) for _ in range(2) for protocol in ("tcp", "udp")),
        *(("back", protocol) for protocol in ("tcp", "udp")),
    ]
    six = changed(BOTH, bindings=(PortBinding("tcp", "::", 81, 81),))
    assert destinations(Host(), _inventory(six))[0].network_name == "front"  # back has no IPv6
    gone = _inventory(BOTH, networks=(FRONT,))
    assert {one.network_name for one in destinations(Host(), gone)[1:]} == {"front"}


def _listener(address: str, port: int, *programs: str, protocol: str = "tcp", **more: object) -> Listener:
    return Listener(protocol, address, port, programs, **more)  # type: ignore[arg-type]


def test_the_hosts_listeners_are_destinations_and_docker_proxys_are_not() -> None:
    listeners = (
        _listener("*", 22, "sshd"),
        _listener("*", 22, "sshd"),
        _listener("127.0.0.1", 4444, "nc", pids=(7, 42), interface="lo"),
        _listener("0.0.0.0", 8080, "docker-proxy"),
        _listener("0.0.0.0", 8080, "nginx"),
        _listener("0.0.0.0", 8081, "docker-proxy"),  # of another engine: nothing here publishes it
        _listener("::", 58, "ping", protocol="icmp"),
        _listener("fe80::1", 53, "dnsmasq", protocol="udp"),
    )
    groups = (ControlGroups(42, (f"/docker/{HOSTED.id}",)), ControlGroups(7))
    inventory = _inventory(HOSTED, changed(WEB, endpoints=(), bindings=WEB.bindings[:1]))
    found = destinations(Host(listeners=listeners, groups=groups), inventory)
    assert [
        (one.family, one.protocol, one.address, one.ports[0][0], one.programs, one.interface) for one in found[1:]
    ] == [
        ("ip", "tcp", "0.0.0.0", 22, ("sshd",), ""),
        ("ip6", "tcp", "::", 22, ("sshd",), ""),
        ("ip", "tcp", "127.0.0.1", 4444, ("nc",), "lo"),
        ("ip", "tcp", "0.0.0.0", 8080, ("nginx",), ""),
        ("ip", "tcp", "0.0.0.0", 8081, ("docker-proxy",), ""),
        ("ip6", "udp", "fe80::1", 53, ("dnsmasq",), ""),
    ]
    assert {one.kind for one in found[1:]} == {DestinationKind.HOST_LISTENER}
    assert {
        (one.container_id, one.container_name, one.network_name) for one in found[1:] if one.programs != ("nc",)
    } == {("", "", "")}
    assert [(one.container_id, one.container_name, one.network_name) for one in found if one.programs == ("nc",)] == [
        (HOSTED.id, "hosted", "host")
    ]


def test_addresses_are_numbers_and_are_written_in_one_way() -> None:
    assert [number_of(one) for one in ("192.0.2.1", "::2", "::ffff:192.0.2.1")] == [0xC0000201, 2, 0xFFFFC0000201]
    assert [written(one) for one in ("192.0.2.1/24", "FD00:0::2/64", "192.0.2.1")] == [
        "192.0.2.1",
        "fd00::2",
        "192.0.2.1",
    ]


# ---- sockets ------------------------------------------------------------------------------------------------------

SOCKETS = Sockets(
    (
        _listener("0.0.0.0", 80, "every"),
        _listener("192.0.2.1", 80, "one"),
        _listener("*", 81, "both"),
        _listener("::", 81, "six"),
        _listener("192.0.2.1", 82, "near", interface="eth0"),
        _listener("2001:db8::1", 83, "odd"),
    )
)


@pytest.mark.parametrize(
    ("address", "port", "interface", "taking", "receiver"),
    [
        ("192.0.2.1", 80, "eth0", ["every", "one"], "one"),
        ("192.0.2.2", 80, "eth0", ["every"], "every"),
        ("0.0.0.0", 80, None, ["every", "one"], None),
        ("2001:db8::1", 80, "eth0", [], None),
        ("192.0.2.1", 81, "eth0", ["both"], "both"),
        ("2001:db8::1", 81, "eth0", ["both", "six"], "both"),
        ("192.0.2.1", 82, "eth0", ["near"], "near"),
        ("192.0.2.1", 82, "eth1", [], None),
        ("192.0.2.1", 82, None, ["near"], None),
        ("2001:0db8::1", 83, "", ["odd"], "odd"),
        ("192.0.2.1", 90, "eth0", [], None),
    ],
)
def test_a_socket_takes_what_is_sent_to_its_address_by_its_interface(
    address: str, port: int, interface: str | None, taking: list[str], receiver: str | None
) -> None:
    found = SOCKETS.taking("tcp", address, port, interface)
    assert [one.programs[0] for one in found] == taking
    assert SOCKETS.taking("udp", address, port, interface) == ()
    if interface is not None:
        got = SOCKETS.receiver("tcp", address, port, interface)
        assert (got and got.programs[0]) == receiver


def test_programs_that_pass_packets_on_are_known_by_name() -> None:
    proxy, unseen, web, rootless = (
        _listener("*", 1, *names) for names in (("docker-proxy",), (), ("nginx",), ("a", "pasta"))
    )
    assert [is_proxied((web, one)) for one in (proxy, unseen, web)] == [True, True, False]
    assert [leads_elsewhere((web, one)) for one in (rootless, proxy)] == [True, False]


# ---- members and ports --------------------------------------------------------------------------------------------

BRIDGE = Interface(
    "br-front",
    "bridge",
    (HostAddress("172.18.0.1", 16), HostAddress("fe80::1", 64, "link"), HostAddress("fd00:18::1", 64)),
)


def test_endpoints_that_only_the_network_lists_are_added_to_running_containers() -> None:
    member = NetworkMember(WEB.id, "web", "172.18.0.9/16", "fd00:18::9/64")
    seen = changed(FRONT, members=(member, changed(member, container_id=STOPPED.id)))
    bare, off = changed(WEB, endpoints=(ON_BACK,)), changed(STOPPED, endpoints=())
    found = with_every_endpoint(_inventory(bare, off, networks=(seen, BACK)), Host((BRIDGE,)))
    added = Endpoint(FRONT.id, "front", "172.18.0.9", "fd00:18::9", "172.18.0.1", "fd00:18::1")
    assert [one.endpoints for one in found.containers] == [(ON_BACK, added), ()]
    internal = with_every_endpoint(_inventory(bare, networks=(changed(seen, internal=True), BACK)), Host((BRIDGE,)))
    assert internal.containers[0].endpoints[1] == changed(added, gateway="", gateway6="")
    known = with_every_endpoint(_inventory(WEB, networks=(seen,)), Host((BRIDGE,)))
    assert known.containers == (WEB,)
    assert with_every_endpoint(None, Host()) == Inventory()


NETWORK = Origin(Zone(ZoneKind.NETWORK, "front"), "br-front", ((0xAC120002, 0xAC120004),))
MEMBERS = Members(
    _inventory(WEB, changed(BOTH, endpoints=(changed(ON_FRONT, ipv4="172.18.0.3/16"),)), STOPPED), Family.IP
)


def test_an_example_of_a_network_is_sent_by_another_member_or_by_one_to_come() -> None:
    assert [MEMBERS.has(NETWORK, {Field.SADDR: number}) for number in (0xAC120002, 0xAC120003, 0xAC120004)] == [
        True,
        True,
        False,
    ]
    assert MEMBERS.has(changed(NETWORK, zone=Zone(ZoneKind.NETWORK, "back")), {Field.SADDR: 0xAC120002}) is False
    assert [MEMBERS.sender(NETWORK, one.id, ()) for one in (WEB, BOTH, HOSTED)] == [0xAC120003, 0xAC120002, 0xAC120002]
    alone = Members(_inventory(WEB), Family.IP)
    assert alone.sender(NETWORK, WEB.id, ()) == 0xAC120003
    assert alone.sender(changed(NETWORK, senders=((0xAC120002, 0xAC120002),)), WEB.id, ()) == 0xAC120002
    assert alone.sender(changed(NETWORK, zone=Zone(ZoneKind.NETWORK, "back")), WEB.id, ()) == 0xAC120002


def test_to_itself_the_host_sends_as_the_address_that_it_sends_to() -> None:
    host = Origin(Zone(ZoneKind.HOST), "", ((5, 9),))
    assert [MEMBERS.sender(host, "", ranges) for ranges in (((1, 2), (7, 8)), ((1, 2),), ())] == [7, None, None]
    assert MEMBERS.sender(changed(host, zone=Zone(ZoneKind.INTERNET)), "", ((7, 8),)) is None


def _port(name: str, bridge: str, namespace: int | None) -> Interface:
    return Interface(name, "veth", master=bridge, peer_elsewhere=True, namespace=namespace, up=True)


def test_a_containers_port_is_the_one_whose_namespace_is_on_its_bridges_alone() -> None:
    ports = (
        _port("v1", "br-front", 1),
        _port("v2", "br-front", 2),
        _port("v3", "br-back", 2),
        Interface("eth1", master="br-front"),
    )
    inventory, host = _inventory(WEB, BOTH), Host(ports)
    assert [one.name for one in ports_of(host, inventory, WEB, "br-front")] == ["v1"]
    assert [one.name for one in ports_of(host, inventory, BOTH, "br-front")] == ["v2"]
    assert [one.name for one in ports_of(host, inventory, BOTH, "br-back")] == ["v3"]
    assert [one.name for one in ports_of(host, inventory, changed(WEB, endpoints=(ON_BACK,)), "br-front")] == [
        "v1",
        "v2",
    ]


# ---- by which bridge answers leave --------------------------------------------------------------------------------

NEAR_FRONT, NEAR_BACK = ((0xAC120000, 0xAC12FFFF), "br-front"), ((0xAC130000, 0xAC13FFFF), "br-back")


def test_a_container_on_two_networks_answers_by_its_own_routes() -> None:
    known = container_routes(_inventory(BOTH, WEB, changed(BOTH, id="9" * 64, running=False)), Family.IP)
    routes = ContainerRoutes((NEAR_FRONT, NEAR_BACK), "br-front")  # which has gateways of both families
    assert known == {routes: ((0xAC120002, 0xAC120002), (0xAC130002, 0xAC130002))}
    assert [routes.way(one) for one in (0xAC120009, 0xAC130009, 0xC0000201)] == ["br-front", "br-back", "br-front"]
    assert [routes_of(known, one) for one in (0xAC130002, 0xAC130003)] == [routes, None]
    assert container_routes(None, Family.IP) == {}


def test_a_container_without_a_gateway_or_whose_gateway_is_another_machine_has_no_such_route() -> None:
    shut = changed(WEB, endpoints=(changed(ON_FRONT, gateway=""),))
    assert container_routes(_inventory(shut), Family.IP) == {
        ContainerRoutes((NEAR_FRONT,), None): ((0xAC120002, 0xAC120002),)
    }
    inhibited = (changed(FRONT, inhibit_ipv4=True), BACK)
    first = changed(BOTH, endpoints=(changed(ON_FRONT, priority=9), ON_BACK))
    assert [one.default for one in container_routes(_inventory(first, networks=inhibited), Family.IP)] == [""]
    assert [one.default for one in container_routes(_inventory(first), Family.IP)] == ["br-front"]


def test_addresses_lead_to_bridges_parents_and_hardware() -> None:
    over = Container("7" * 64, "over", True, endpoints=(Endpoint(LAN.id, "lan", "192.0.2.9"),))  # noqa: FBT003
    inventory = _inventory(WEB, over, STOPPED)
    assert bridges_of(inventory) == {0xAC120002: "br-front", int(ip_address("fd00:18::2")): "br-front"}
    assert parents_of(inventory) == {0xC0000209: "eth0"}
    assert subnets(inventory, Family.IP) == {"br-front": (NEAR_FRONT[0],), "br-back": (NEAR_BACK[0],)}
    assert list(subnets(inventory, Family.IP6)) == ["br-front"]
    members = (
        NetworkMember("a", "a", "172.18.0.2/16", "fd00:18::2/64", "02:42:AC:12:00:02"),
        NetworkMember("b", "b", "172.18.0.3/16", mac="02:42:ac:12:00:03"),
        NetworkMember("c", "c", "172.18.0.4/16", mac="odd"),
        NetworkMember("d", "d", "", mac="02:42:ac:12:00:05"),
    )
    twice = changed(BACK, members=(NetworkMember("b", "b", "172.19.0.3/16", mac="02:42:ac:13:00:03"),))
    seen = _inventory(networks=(changed(FRONT, members=members), twice))
    assert macs(seen, Family.IP) == {0xAC120002: 0x0242AC120002}
    assert macs(seen, Family.IP6) == {int(ip_address("fd00:18::2")): 0x0242AC120002}
    assert all_macs(seen, Family.IP)[0xAC120003] == {0x0242AC120003, 0x0242AC130003}
    assert macs(None, Family.IP) == {}


LINKS = Routing(
    Host(
        (BRIDGE, Interface("eth0", addresses=(HostAddress("192.0.2.1", 24),))),
        routes=(
            Route(Family.IP, "192.0.2.0/24", (NextHop("eth0"),)),
            Route(Family.IP, "198.51.100.0/24", (NextHop("eth0", "192.0.2.9"),)),
            Route(Family.IP, "203.0.113.0/24", kind="unreachable"),
        ),
    ),
    Family.IP,
)


@pytest.mark.parametrize(
    ("interface", "address", "found"),
    [
        ("eth0", "192.0.2.7", True),
        ("br-front", "192.0.2.7", False),
        ("eth0", "198.51.100.7", False),  # behind a gateway
        ("eth0", "192.0.2.1", False),  # the host's own
        ("br-front", "172.18.0.1", False),
        ("br-front", "172.18.0.7", True),  # in the bridge's subnet, without a route
        ("br-back", "172.18.0.7", False),
        ("br-back", "172.19.0.7", True),
        ("eth0", "203.0.113.7", False),
        ("eth0", "10.0.0.1", False),
    ],
)
def test_what_is_on_a_link_is_reached_without_a_gateway(interface: str, address: str, found: object) -> None:
    assert is_on_link(LINKS, _inventory(), interface, ip_address(address)) is found
    if interface == "br-front":
        assert is_on_link(LINKS, None, interface, ip_address(address)) is False


# ---- inside containers --------------------------------------------------------------------------------------------


def _inside(container_id: str, *tables: Table) -> Inside:
    return Inside(container_id, Ruleset(tables))


RULES = Table(Backend.IPTABLES_NFT, "ip", "filter", ())


def test_a_containers_namespace_has_its_addresses_and_a_default_route_by_each_network() -> None:
    ends = (ON_FRONT, changed(ON_BACK, ipv4="172.19.0.2/16"))
    snapshot = Snapshot(
        Ruleset(()), _inventory(changed(BOTH, endpoints=ends), HOSTED), inside=(_inside(BOTH.id, RULES),)
    )
    (found,) = namespaces_of(snapshot)
    assert (found.container_id, found.name) == (BOTH.id, "both")
    addresses = {
        "172.18.0.2": "eth0",
        "fd00:18::2": "eth0",
        "172.19.0.2": "eth1",
        "127.0.0.1": "lo",
        "::1": "lo",
        "192.0.2.1": "",
    }
    assert {one: found.interface_of(int(ip_address(one))) for one in addresses} == addresses
    assert found.addresses == {int(ip_address(one)) for one in ("172.18.0.2", "fd00:18::2", "172.19.0.2")}
    assert [(one.name, one.index, one.up) for one in found.host.interfaces] == [
        ("lo", 0, True),
        ("eth0", 2, True),
        ("eth1", 3, True),
    ]
    assert {
        (one.family, one.destination, one.hops[0].interface, one.kind, one.table, one.metric)
        for one in found.host.routes
    } == {
        ("ip", "127.0.0.0/8", "lo", "local", "local", 0),
        ("ip6", "::1/128", "lo", "local", "local", 0),
        ("ip", "172.18.0.2/32", "eth0", "local", "local", 0),
        ("ip6", "fd00:18::2/128", "eth0", "local", "local", 0),
        ("ip", "172.19.0.2/32", "eth1", "local", "local", 0),
        ("ip", "0.0.0.0/0", "eth0", "unicast", "main", 0),
        ("ip6", "::/0", "eth0", "unicast", "main", 0),
        ("ip", "0.0.0.0/0", "eth1", "unicast", "main", 1),
    }


def test_rules_inside_are_those_of_the_container_whose_network_it_is() -> None:
    guest = Container("6" * 64, "guest", True, f"container:{WEB.id}")  # noqa: FBT003
    looked = (_inside(guest.id, RULES), _inside("unknown", RULES), _inside(HOSTED.id))
    snapshot = Snapshot(Ruleset(()), _inventory(WEB, guest, HOSTED), inside=looked)
    assert [one.name for one in namespaces_of(snapshot)] == ["web"]  # HOSTED has no table, the other is not known
    assert namespaces_of(changed(snapshot, inventory=None)) == ()
