"""The exposure table against real packets: everybody tries everything, and every cell equals what they saw."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from exposure_scene import Scene, Try, predicted
from lab.engine import LEGACY, NFT, VERSIONS, Engine
from lab.host import LabHost
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


def _scene(version: str, backend: str, options: tuple[str, ...] = ()) -> Iterator[Scene]:
    """Forwarding is on before the engine starts, so it leaves the policy of FORWARD as it is: accept."""
    with LabHost(uplink=True) as host:
        host.run(["sh", "-c", _FORWARDING])
        with Engine(host, version, backend, options) as engine, Surroundings(host) as around:
            made = Scene(engine, around)
            try:
                yield made.build()
            finally:
                made.close()


@pytest.fixture(scope="module", params=VERSIONS)
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    yield from _scene(request.param, NFT)


@pytest.fixture(scope="module")
def without_proxy() -> Iterator[Scene]:
    yield from _scene("26.1.5", LEGACY, ("--userland-proxy=false",))


def _disagreements(scene: Scene) -> list[str]:
    table = scene.table()
    answers = scene.answers(list(scene.tries()))
    assert {"-", *scene.pids, "host"} == set(answers.values()), "some succeed, of every destination, and some do not"
    return [
        f"{one}: {predicted(table, one)}, but {answer} answered"
        for one, answer in answers.items()
        if predicted(table, one) != ("allowed" if answer == one.whose else "blocked")
    ]


def test_every_cell_equals_what_real_packets_saw(scene: Scene) -> None:
    assert _disagreements(scene) == []


def test_engine_28_closed_to_neighbours_what_nobody_published(scene: Scene) -> None:
    neighbour = ("lan", "eth0")
    unpublished = scene.inspected["quiet"]["NetworkSettings"]["IPAddress"]
    tries = [
        Try(neighbour, "container-ports", "quiet", "ip", "tcp", unpublished, 80),
        Try(neighbour, "published-port", "db", "ip", "tcp", "127.0.0.1", 5432),
    ]
    answers = list(scene.answers(tries).values())
    open_before = int(scene.engine.version.partition(".")[0]) < 28
    assert answers == (["quiet", "db"] if open_before else ["-", "-"])
    table = scene.table()
    assert [predicted(table, one) for one in tries] == ["allowed" if open_before else "blocked"] * 2


@contextmanager
def _answers_dropped(scene: Scene) -> Iterator[None]:
    scene.host.run(["sh", "-ec", "\n".join(rule.format("-I") for rule in _ANSWERS)])
    try:
        yield
    finally:
        scene.host.run(["sh", "-ec", "\n".join(rule.format("-D") for rule in _ANSWERS)])


def test_every_cell_equals_what_real_packets_saw_where_answers_are_dropped(scene: Scene) -> None:
    with _answers_dropped(scene):
        assert _disagreements(scene) == []
        stopped = [one for one in scene.table() if "the answer is stopped" in (one["reason"] or "")]
        chains = {one["rule"]["chain"] for one in stopped if one["outcome"] == "blocked"}
        assert {"PREROUTING", "POSTROUTING", "OUTPUT", "INPUT", "FORWARD"} == chains


def test_every_cell_equals_what_real_packets_saw_behind_a_firewall(scene: Scene) -> None:
    scene.host.run(["sh", "-ec", _FIREWALL])
    scene.host.run(["nft", "-f", "-"], stdin=_NATIVE.encode())
    assert _disagreements(scene) == []


def test_every_cell_equals_what_real_packets_saw_without_docker_proxy(without_proxy: Scene) -> None:
    assert _disagreements(without_proxy) == []
