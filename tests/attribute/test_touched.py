"""Which containers a change can have touched: what concerns the host concerns all of them."""

import msgspec
import pytest
from programs import ONE_PORT

from netaudit.attribute.exposure.touched import touched_containers
from netaudit.attribute.exposure.unread import have_unread_parts
from netaudit.model.facts import Facts, Gap, GapReason, Source
from netaudit.model.host import NextHop, Route
from netaudit.model.netfilter.family import Family
from netaudit.model.routing.policy import PolicyRule
from netaudit.parse import parse_snapshot
from netaudit.store import load

HOST = parse_snapshot(load(ONE_PORT / "01"))
VETH = next(one.name for one in HOST.host.interfaces if one.master == "docker0")


def _touched(**host: object) -> frozenset[str] | None:
    """Compare with a host of which this is another."""
    changed = msgspec.structs.replace(HOST.host, **host)
    return touched_containers((), HOST, msgspec.structs.replace(HOST, host=changed))


@pytest.mark.parametrize("interface", ["all", "default", "eth0", "docker0"])
def test_a_switch_of_the_host_concerns_every_container(interface: str) -> None:
    assert _touched(sysctls=(*HOST.host.sysctls, (f"net.ipv4.conf.{interface}.forwarding", "7"))) is None


def test_a_switch_of_the_kernel_concerns_every_container() -> None:
    assert _touched(sysctls=(*HOST.host.sysctls, ("net.ipv4.ip_forward", "7"))) is None


def test_a_switch_of_a_veth_pair_concerns_no_other_container() -> None:
    switches = tuple((f"net.{family}.conf.{VETH}.forwarding", "7") for family in ("ipv4", "ipv6"))
    assert _touched(sysctls=(*HOST.host.sysctls, *switches)) == frozenset()


def test_a_veth_pair_and_its_routes_concern_no_other_container() -> None:
    others = tuple(one for one in HOST.host.interfaces if one.name != VETH)
    own = Route(Family.IP, "192.0.2.9/32", (NextHop(VETH),))
    multicast = Route(Family.IP6, "ff00::/8", (NextHop("eth0"),), table="local")
    assert _touched(interfaces=others, routes=(*HOST.host.routes, own, multicast)) == frozenset()


def test_an_interface_or_a_route_of_the_host_concerns_every_container() -> None:
    assert _touched(interfaces=tuple(one for one in HOST.host.interfaces if one.name != "eth0")) is None
    down = tuple(msgspec.structs.replace(one, up=one.name != "eth0") for one in HOST.host.interfaces)
    assert _touched(interfaces=down) is None
    way = Route(Family.IP, "198.51.100.0/24", (NextHop("eth0"),))
    assert _touched(routes=(*HOST.host.routes, way)) is None
    assert _touched(policy=(PolicyRule(Family.IP, 7),)) is None


def test_a_container_that_came_is_touched_and_a_network_that_came_concerns_all() -> None:
    inventory = HOST.inventory
    assert inventory
    without = msgspec.structs.replace(HOST, inventory=msgspec.structs.replace(inventory, containers=()))
    assert touched_containers((), without, HOST) is None  # the first member makes its network a zone
    (web,) = inventory.containers
    other = msgspec.structs.replace(web, id="b" * 64, name="other")
    both = msgspec.structs.replace(HOST, inventory=msgspec.structs.replace(inventory, containers=(web, other)))
    assert touched_containers((), HOST, both) == {"other"}
    fewer = msgspec.structs.replace(inventory, networks=inventory.networks[1:])
    assert touched_containers((), HOST, msgspec.structs.replace(HOST, inventory=fewer)) is None


def test_where_an_inventory_or_a_source_is_not_known_any_may_be_touched() -> None:
    unknown = msgspec.structs.replace(HOST, inventory=None)
    assert touched_containers((), unknown, HOST) is None
    assert touched_containers((), HOST, unknown) is None
    gap = Gap("sockets.txt", GapReason.CRASHED)
    assert touched_containers((), HOST, msgspec.structs.replace(HOST, gaps=(*HOST.gaps, gap))) is None


def test_a_set_that_the_later_snapshot_alone_has_leaves_the_earlier_ones_rule_unread() -> None:
    rules = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n-A INPUT -m set --match-set s src -j DROP\nCOMMIT\n"
    before = parse_snapshot(Facts({str(Source.IPTABLES_NFT): rules.encode()}))
    listed = {str(Source.IPSET): b"create s hash:ip family inet hashsize 1024 maxelem 65536\nadd s 192.0.2.1\n"}
    after = parse_snapshot(Facts({str(Source.IPTABLES_NFT): rules.encode(), **listed}))
    assert not have_unread_parts(after, after)
    assert have_unread_parts(before, after)
