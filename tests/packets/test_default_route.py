"""A container's default route is on the network that the engine chooses, and its answers leave by that network."""

import json
from collections.abc import Iterator

import msgspec
import pytest
from packets.test_answers import changed, said, table

from netaudit.model.default_route import GATEWAY_BRIDGE, default_route_endpoint
from netaudit.model.docker import Container, Endpoint, Inventory, Network
from netaudit.model.exposure import Outcome, ZoneKind
from netaudit.model.facts import Facts
from netaudit.model.host import Listener
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.ruleset import Ruleset
from netaudit.model.snapshot import Snapshot
from netaudit.model.version import Version
from netaudit.packets.host.container_routes import container_routes
from netaudit.packets.host.locations import attachments
from netaudit.packets.host.sockets import Sockets

NEW, OLD = "28.5.2", "27.5.1"


def _network(name: str, *, internal: bool = False) -> Network:
    number = len(name)
    subnets = (f"172.{number}.0.0/16", f"fd00:{number}::/64")
    return Network(f"id-{name}", name, "bridge", f"br-{name}", *subnets, internal=internal)


def _end(name: str, families: str, priority: int = 0, *, gateway: bool = True) -> Endpoint:
    number = len(name)
    ipv4, ipv6 = "4" in families, "6" in families
    return Endpoint(
        network_id=f"id-{name}",
        network_name=name,
        ipv4=f"172.{number}.0.2" if ipv4 else "",
        ipv6=f"fd00:{number}::2" if ipv6 else "",
        gateway=f"172.{number}.0.1" if ipv4 and gateway else "",
        gateway6=f"fd00:{number}::1" if ipv6 and gateway else "",
        priority=priority,
    )


A, BB = _network("a"), _network("bb")
INTERNAL = _network("aaaa", internal=True)
SWARM = _network(GATEWAY_BRIDGE)
NETWORKS = {one.id: one for one in (A, BB, INTERNAL, SWARM)}


@pytest.mark.parametrize(
    ("engine", "ends", "ipv4", "ipv6"),
    [
        pytest.param(NEW, [_end("bb", "4"), _end("a", "4")], "a", "", id="the lowest name"),
        pytest.param(NEW, [_end("a", "4"), _end("bb", "46")], "bb", "bb", id="both families before one"),
        pytest.param(NEW, [_end("a", "4", 0), _end("bb", "4", 1)], "bb", "", id="the highest priority"),
        pytest.param(NEW, [_end("a", "4", 0), _end("bb", "4", -1)], "a", "", id="a negative priority is low"),
        pytest.param(NEW, [_end("a", "4", 1), _end("bb", "46")], "a", "bb", id="each family for itself"),
        pytest.param(NEW, [_end("a", "6"), _end("bb", "4")], "bb", "a", id="networks of one family each"),
        pytest.param(NEW, [_end("a", "46", gateway=False), _end("bb", "4")], "bb", "", id="a gateway is needed"),
        pytest.param(NEW, [_end("aaaa", "4", 1), _end("bb", "4")], "aaaa", "", id="priority before internal"),
        pytest.param(NEW, [_end("aaaa", "46"), _end("bb", "4")], "bb", "aaaa", id="internal after others"),
        pytest.param(NEW, [_end(GATEWAY_BRIDGE, "46"), _end("aaaa", "4")], "aaaa", GATEWAY_BRIDGE, id="gwbridge last"),
        pytest.param(OLD, [_end("a", "4"), _end("bb", "46")], "bb", "bb", id="before 28: both families before one"),
        pytest.param(OLD, [_end("bb", "46"), _end("aaaa", "46")], "bb", "bb", id="before 28: internal after others"),
        pytest.param(OLD, [_end("a", "4", 1), _end("bb", "46")], "a", "", id="before 28: IPv4 decides for both"),
        pytest.param("", [_end("a", "4", 1), _end("bb", "46")], "a", "bb", id="an unknown engine is a new one"),
        pytest.param(NEW, [_end("a", "4", gateway=False)], "", "", id="no gateway"),
        pytest.param(NEW, [], "", "", id="no network"),
    ],
)
def test_the_engine_chooses_the_default_route(engine: str, ends: list[Endpoint], ipv4: str, ipv6: str) -> None:
    for family, wanted in (("ip", ipv4), ("ip6", ipv6)):
        for order in (ends, ends[::-1]):
            found = default_route_endpoint(order, NETWORKS, family, Version.parse(engine))
            assert (found.network_name if found else "") == wanted


def _inventory(*ends: Endpoint, engine: str = NEW) -> Inventory:
    web = Container("w" * 64, "web", running=True, endpoints=ends)
    return Inventory(version=engine, networks=tuple(NETWORKS.values()), containers=(web,))


def test_answers_leave_by_the_default_route_or_by_the_network_of_who_asked() -> None:
    (routes,) = container_routes(_inventory(_end("a", "4"), _end("bb", "46")), "ip")
    assert routes.default == "br-bb"
    assert routes.way(int.from_bytes(bytes((172, 1, 0, 9)))) == "br-a"
    assert routes.way(int.from_bytes(bytes((198, 51, 100, 7)))) == "br-bb"


def test_a_container_without_a_gateway_has_no_default_route() -> None:
    (routes,) = container_routes(_inventory(_end("aaaa", "4", gateway=False)), "ip")
    assert routes.default is None


def test_an_internal_network_gives_no_default_route_where_another_has_it_for_both_families() -> None:
    ends = (_end("bb", "4"), _end("aaaa", "46"))  # before 28 bb decides, which has no gateway for IPv6
    (routes,) = container_routes(_inventory(*ends, engine=OLD), Family.IP6)
    assert routes.default is None
    assert container_routes(_inventory(*ends), Family.IP6) == {}


def test_where_the_bridge_has_no_address_the_gateway_is_not_this_host() -> None:
    inventory = _inventory(_end("a", "46"), _end("bb", "46"))
    networks = tuple(msgspec.structs.replace(one, inhibit_ipv4=one is A) for one in inventory.networks)
    without = msgspec.structs.replace(inventory, networks=networks)
    assert [routes.default for routes in container_routes(without, Family.IP)] == [""]
    assert [routes.default for routes in container_routes(without, Family.IP6)] == ["br-a"]


def test_a_container_is_named_first_by_the_network_of_its_default_route() -> None:
    for ends in ([_end("a", "4"), _end("bb", "46")], [_end("a", "4", gateway=False), _end("bb", "4")]):
        snapshot = Snapshot(Ruleset(), _inventory(*ends))
        assert snapshot.inventory
        found = attachments(snapshot, snapshot.inventory.containers[0], "ip")
        assert [one.network.name for one in found] == ["bb", "a"]


def _dual_stack() -> Facts:
    """Edit a host: web is on the dual-stack network alpha, and on one for IPv4 alone with a lower name."""

    def containers(text: str) -> str:
        known = json.loads(text)
        for networks in (one["NetworkSettings"]["Networks"] for one in known if one["Name"] == "/web"):
            networks["aaa"] = networks.pop("mid")
            networks["alpha"] |= {"IPv6Gateway": "fd00:1::1", "GlobalIPv6Address": "fd00:1::2"}
        return json.dumps(known)

    def strict(text: str) -> str:
        lines = (line.replace("= 0", "= 1") if "rp_filter" in line else line for line in text.split("\n"))
        return "\n".join(lines)

    return changed(
        "28.5.2-iptables-nft/second-network/04",
        docker_containers=containers,
        docker_networks=lambda text: text.replace('"mid"', '"aaa"'),
        sysctl=strict,
    )


def _outcomes(facts: Facts) -> Iterator[Outcome]:
    for one in table(facts):
        if one.zone.kind is ZoneKind.INTERNET and one.destination.address == "0.0.0.0":
            yield one.outcome


def test_a_port_of_a_dual_stack_network_is_open_where_the_reverse_path_is_checked() -> None:
    facts = _dual_stack()
    assert list(_outcomes(facts)) == [Outcome.ALLOWED]
    assert "the answer is stopped" not in said(facts)["internet → 0.0.0.0:8080"]


def test_a_socket_takes_packets_of_its_address_and_its_interface() -> None:
    every = Listener("tcp", "*", 80)
    ipv4, own, bound = (Listener("tcp", one, 80) for one in ("0.0.0.0", "192.0.2.10", "127.0.0.1"))
    of_eth1 = Listener("tcp", "0.0.0.0", 80, interface="eth1")
    known = Sockets((every, ipv4, own, bound, of_eth1))
    assert known.taking("tcp", "192.0.2.10", 80, "eth0") == (every, ipv4, own)
    assert known.taking("tcp", "192.0.2.10", 80, "eth1") == (every, ipv4, own, of_eth1)
    assert known.taking("tcp", "192.0.2.10", 80) == (every, ipv4, own, of_eth1)
    assert known.taking("tcp", "2001:db8::10", 80, "eth0") == (every,)
    assert known.receiver("tcp", "192.0.2.10", 80, "eth0") == own
    assert known.receiver("udp", "192.0.2.10", 80, "eth0") is None
