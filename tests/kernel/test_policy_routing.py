"""What policy rules choose, the kernel chooses: random rules and tables, and `ip route get` of random packets."""

import json
from ipaddress import ip_address
from random import Random
from typing import NamedTuple

import msgspec
import pytest
from lab.namespaces import Namespaces
from sampling import SWEEP

from kernel.world import attempt, run
from netaudit.model.facts import Facts, Source
from netaudit.model.host import Host, Route
from netaudit.model.netfilter.family import Family
from netaudit.model.netfilter.match import Field
from netaudit.packets.host.fib import Routing
from netaudit.packets.trace.policy_routes import PolicyWalk
from netaudit.packets.trace.recorder import TraceRecorder
from netaudit.packets.values.branch import Branch
from netaudit.packets.values.probe import Probe
from netaudit.parse.host.host import parse_host

pytestmark = pytest.mark.kernel

SEEDS, PACKETS = 10 + 40 * SWEEP, 40
LINKS = {"br0": "192.0.2.1/24", "br1": "198.51.100.1/24", "br2": "203.0.113.1/24"}
NETWORKS = ("192.0.2.0/24", "198.51.100.0/25", "203.0.113.64/26", "100.64.0.0/10", "192.0.2.8/32", "0.0.0.0/0")
ADDRESSES = ("192.0.2.8", "192.0.2.200", "198.51.100.7", "198.51.100.200", "203.0.113.70", "203.0.113.9", "100.64.1.2")
TABLES, MARKS, PORTS = ("52", "53", "main"), (0, 1, 2, 0xCA6C), (53, 80, 443)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_kernel_routes_every_packet_as_policy_rules_say(seed: int) -> None:
    random = Random(seed)  # noqa: S311 (a test)
    with Namespaces(_setup(random)) as space:
        host = _read(space)
        asked = [_packet(random) for _ in range(PACKETS)]
        found = {packet: (_chosen(host, packet), _kernel(space, packet)) for packet in asked}
        assert {packet: pair for packet, pair in found.items() if pair[0] != pair[1]} == {}


class Asked(NamedTuple):
    """A packet."""

    source: str
    target: str
    interface: str
    mark: int
    protocol: str
    port: int
    tos: int


def _setup(random: Random) -> str:
    lines = ["link set lo up"]
    for name, address in LINKS.items():
        lines += [f"link add {name} type bridge", f"address add {address} dev {name}", f"link set {name} up"]
    for table in TABLES[:2]:
        for network in random.sample(NETWORKS, random.randint(1, 4)):
            kind = random.choice(("", "", "", "throw ", "unreachable ", "prohibit ", "blackhole "))
            where = "" if kind else f" dev {random.choice(list(LINKS))}"
            lines.append(f"route add {kind}{network}{where} table {table}")
    lines.append(f"route add default dev {random.choice(list(LINKS))}")
    for priority in sorted(random.sample(range(100, 900), random.randint(1, 6))):
        lines.append(f"rule add priority {priority} {_rule(random, priority)}")
    switches = (
        "echo 1 >/proc/sys/net/ipv4/ip_forward; for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 0 >$f; done"
    )
    return "\n".join([*(f"ip {line}" for line in lines), switches])


def _rule(random: Random, priority: int) -> str:
    selectors = {
        "from": random.choice(NETWORKS),
        "to": random.choice(NETWORKS),
        "iif": random.choice(("br0", "br1", "lo")),
        "fwmark": random.choice(("0x1", "0xca6c", "0x1/0x3")),
        "ipproto": random.choice(("tcp", "udp")),
        "dport": random.choice(("80", "1-100")),
        "tos": "0x10",
    }
    chosen = random.sample(list(selectors), random.randint(0, 3))
    chosen += ["ipproto"] if "dport" in chosen and "ipproto" not in chosen else []
    said = ("not " if random.random() < 0.2 else "") + " ".join(f"{name} {selectors[name]}" for name in chosen)
    actions = [f"lookup {random.choice(TABLES)}"] * 5
    actions += [f"lookup main suppress_prefixlength {random.choice((0, 24))}"] * 2
    actions += ["prohibit", "blackhole", "unreachable", "nop", f"goto {priority + random.randint(1, 200)}"]
    return f"{said or 'from all'} {random.choice(actions)}"


def _read(space: Namespaces) -> Host:
    asked = {
        Source.IP_ADDR: ("-d", "addr"),
        Source.IP_ROUTE: ("route", "show", "table", "all"),
        Source.IP_RULE: ("rule", "show"),
        Source.IP6_RULE: ("-6", "rule", "show"),
    }
    return parse_host(Facts({name: run(space, "ip", "-j", *words).encode() for name, words in asked.items()}))


def _packet(random: Random) -> Asked:
    interface = random.choice((*LINKS, ""))
    own = [address.partition("/")[0] for address in LINKS.values()]
    source, target = random.sample(ADDRESSES, 2)
    rest = (random.choice(MARKS), random.choice(("tcp", "udp")), random.choice(PORTS), random.choice((0, 0, 0x10)))
    return Asked(source if interface else random.choice(own), target, interface, *rest)


def _chosen(host: Host, asked: Asked) -> str:
    """Name the interface by which a packet leaves, "" for none."""
    probe = Probe(ip_address(asked.source), ip_address(asked.target), asked.protocol, asked.port, 4000, asked.interface)
    packet = msgspec.structs.replace(probe, dscp=asked.tos >> 2).packet().changed({Field.MARK: asked.mark})
    walk = PolicyWalk(Routing(host, Family.IP), TraceRecorder())
    assert walk
    ((found, _),) = walk.choose(probe.destination, Branch(packet))
    return found.hops[0].interface if isinstance(found, Route) and found.kind == "unicast" else ""


def _kernel(space: Namespaces, asked: Asked) -> str:
    words = ["from", asked.source, *(["iif", asked.interface] if asked.interface else []), "mark", hex(asked.mark)]
    words += ["ipproto", asked.protocol, "dport", str(asked.port), "sport", "4000", "tos", hex(asked.tos)]
    done = attempt(space, "ip", "-j", "route", "get", asked.target, *words)
    return json.loads(done.stdout)[0].get("dev", "") if done.returncode == 0 else ""
