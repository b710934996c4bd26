"""The exposure table against real packets: everybody tries everything, and every cell equals what they saw."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from exposure_scene import build
from lab.cells import Found
from lab.engine import LEGACY, NFT, VERSIONS, Engine
from lab.host import LabHost
from lab.probing import Crowd
from lab.surroundings import Surroundings

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("exposure")]
_FORWARDING = "echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding"
_FIREWALL = """
iptables -P FORWARD DROP
iptables -I DOCKER-USER -i eth0 ! -s 192.0.2.0/24 -p tcp --dport 81 -j DROP
iptables -I INPUT -i eth0 -p udp -j DROP
iptables -t mangle -I PREROUTING -s 172.18.0.0/16 -j MARK --set-mark 0x1/0xf
iptables -I INPUT -s 172.16.0.0/12 -p tcp -m multiport --dports 9000:9001 -m mark ! --mark 0x1 -j REJECT
iptables -N operators
iptables -A operators -s 172.21.0.0/16 -j RETURN
iptables -A operators -p tcp --dport 8080 -j DROP
iptables -A INPUT -i br-+ -g operators
iptables -A INPUT -p udp --dport 9000 -j DROP
iptables -t nat -I PREROUTING -i eth0 -p tcp --dport 8082 -j REDIRECT --to-ports 9000
ip6tables -I INPUT -p tcp --dport 8080 -j DROP
ip6tables -I FORWARD -i eth0 -p udp --dport 80 -j DROP
"""
# Each lets first packets in, and stops what is answered: at every hook that answers pass, before and behind NAT.
_ANSWERS = (
    "iptables -t raw {} PREROUTING -s 172.17.0.4 -p tcp --sport 80 -j DROP",
    "iptables -t mangle {} POSTROUTING -s 172.17.0.2 -p udp --sport 80 -j DROP",
    "iptables -t mangle {} OUTPUT -o eth0 -p tcp --sport 9000 -j DROP",
    "iptables {} OUTPUT -o eth0 -p udp --sport 9000 -m conntrack --ctdir REPLY -j DROP",
    "iptables {} OUTPUT -o lo -p tcp --sport 5432 -j DROP",
    "iptables {} INPUT -i docker0 -p tcp --sport 81 -j DROP",
    "iptables {} FORWARD -i docker0 -o eth0 -p tcp --sport 80 -m conntrack --ctorigdstport 8080 -j REJECT",
    "iptables {} FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY -p tcp --sport 81 -d 172.18.0.0/16 -j DROP",
    "ip6tables {} OUTPUT -o eth0 -p tcp --sport 8080 -j DROP",
    "ip6tables {} FORWARD -p udp --sport 80 -o eth0 -j DROP",
)
_NATIVE = """
table inet extra {
    set ports { type inet_service; flags interval; elements = { 81, 90-95 }; }
    chain forward {
        type filter hook forward priority filter + 10; policy accept;
        ip daddr 172.17.0.2 tcp dport @ports iifname != "docker0" drop
        meta l4proto . th dport vmap { udp . 81 : jump late }
    }
    chain late { ip6 saddr 2000::/3 drop; oifname "docker0" ip saddr 198.51.100.0/24 drop; }
    chain output { type filter hook output priority raw; ip daddr 172.17.0.3 ct state new tcp dport 80 drop; }
}
"""


def _crowd(version: str, backend: str, options: tuple[str, ...] = ()) -> Iterator[Crowd]:
    """Forwarding is on before the engine starts, so it leaves the policy of FORWARD as it is: accept."""
    with LabHost(uplink=True) as host:
        host.run(["sh", "-c", _FORWARDING])
        with (
            Engine(host, version, backend, options) as engine,
            Surroundings(host) as around,
            Crowd(engine, around) as crowd,
        ):
            build(engine)
            yield crowd


@pytest.fixture(scope="module", params=VERSIONS)
def crowd(request: pytest.FixtureRequest) -> Iterator[Crowd]:
    yield from _crowd(request.param, NFT)


@pytest.fixture(scope="module")
def without_proxy() -> Iterator[Crowd]:
    yield from _crowd("26.1.5", LEGACY, ("--userland-proxy=false",))


def _look(crowd: Crowd) -> Found:
    found = crowd.look()
    assert found.unasked == []
    assert {*crowd.inspected.containers, "host"} <= set().union(*found.answered.values()), "each answers somebody"
    assert "blocked" in map(found.observed, found.predicted)
    return found


def test_every_cell_equals_what_real_packets_saw(crowd: Crowd) -> None:
    assert _look(crowd).disagreements == []


def test_engine_28_closed_to_neighbours_what_nobody_published(crowd: Crowd) -> None:
    found = _look(crowd)
    quiet = next(whose for whose, one in crowd.inspected.containers.items() if one["Name"] == "/quiet")
    asked = [
        cell
        for cell in found.predicted
        if cell.zone == ("lan", "eth0") and (cell.whose == quiet or (cell.address, cell.port) == ("127.0.0.1", 5432))
    ]
    assert {cell.kind for cell in asked} == {"container-ports", "published-port"}
    open_before = int(crowd.engine.version.partition(".")[0]) < 28
    outcome = "allowed" if open_before else "blocked"
    assert {found.observed(cell) for cell in asked} == {found.predicted[cell] for cell in asked} == {outcome}


@contextmanager
def _answers_dropped(crowd: Crowd) -> Iterator[None]:
    crowd.host.run(["sh", "-ec", "\n".join(rule.format("-I") for rule in _ANSWERS)])
    try:
        yield
    finally:
        crowd.host.run(["sh", "-ec", "\n".join(rule.format("-D") for rule in _ANSWERS)])


def test_every_cell_equals_what_real_packets_saw_where_answers_are_dropped(crowd: Crowd) -> None:
    with _answers_dropped(crowd):
        assert _look(crowd).disagreements == []
        stopped = [one for one in crowd.table() if "the answer is stopped" in (one["reason"] or "")]
        chains = {one["rule"]["chain"] for one in stopped if one["outcome"] == "blocked"}
        assert {"PREROUTING", "POSTROUTING", "OUTPUT", "INPUT", "FORWARD"} == chains


def test_every_cell_equals_what_real_packets_saw_behind_a_firewall(crowd: Crowd) -> None:
    crowd.host.run(["sh", "-ec", _FIREWALL])
    crowd.host.run(["nft", "-f", "-"], stdin=_NATIVE.encode())
    assert _look(crowd).disagreements == []


def test_every_cell_equals_what_real_packets_saw_without_docker_proxy(without_proxy: Crowd) -> None:
    assert _look(without_proxy).disagreements == []
