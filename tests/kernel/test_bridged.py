"""What rules see of where packets come in and go out, bridged and routed: as the marks say that they set in the kernel.

    a 192.0.2.2 ── pa ┐
                      br0 192.0.2.1 [ host ] up0 198.51.100.1 ── 198.51.100.2 c
    b 192.0.2.3 ── pb ┘

At each hook each rule asks for one thing, and sets one bit of the mark; with all of them a packet leaves.
"""

import re
import socket
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from ipaddress import ip_address
from typing import NamedTuple

import pytest
from lab.namespaces import Namespaces

from kernel.world import run, within
from netaudit.model.facts import Facts
from netaudit.model.netfilter.match import Field
from netaudit.model.snapshot import Snapshot
from netaudit.packets.trace.tracer import trace
from netaudit.packets.values.probe import Probe
from netaudit.packets.values.steps import EndKind, Trace
from netaudit.parse import parse_snapshot

pytestmark = pytest.mark.kernel

BY_BRIDGE, UPLINK = {4: "192.0.2.{}", 6: "2001:db8:1::{}"}, {4: "198.51.100.{}", 6: "2001:db8:2::{}"}
LENGTH = {4: "24", 6: "64"}
ENDS = {"a": ("pa", BY_BRIDGE, 2), "b": ("pb", BY_BRIDGE, 3), "c": ("up0", UPLINK, 2)}
HOOKS = ("prerouting", "forward", "postrouting")
SEEN = """table inet seen {
  set marks { type inet_service . inet_service . mark; flags dynamic; size 999; }
  chain last { type filter hook postrouting priority 2147483647; update @marks { th sport . th dport . meta mark }; }
}
"""
IPTABLES = ("-i br0", "! -i br0", "-i br+", "-m physdev --physdev-in pa")
IPTABLES += ("-m physdev --physdev-is-in", "-m physdev ! --physdev-is-in")
LEAVING = ("-o br0", "-m physdev ! --physdev-out pb", "-m physdev --physdev-is-bridged")
LEAVING += ("-m physdev ! --physdev-is-bridged",)
NFT = (
    "iifname br0",
    "iifname != br0",
    "iifname up0",
    "iifname != { br0, up0 }",
    "iif != br0",
    "iifname br*",
    "oifname != br0",
)


class Sent(NamedTuple):
    """A datagram to a port; `led`: NAT leads it back, so that a trace does not know by which port it leaves."""

    port: int
    sender: str
    receiver: str
    led: bool = False


SENT = (
    Sent(1, "a", "b"),
    Sent(2, "a", "c"),
    Sent(3, "c", "b"),
    Sent(4, "host", "b"),
    Sent(5, "a", "host", led=True),  # led on to b
    Sent(6, "a", "host", led=True),  # and masqueraded
    Sent(7, "a", "b"),  # masqueraded alone: its answer is led back
)


@pytest.mark.parametrize("backend", ["iptables-nft", "iptables-legacy", "nftables"])
@pytest.mark.parametrize("version", [4, 6])
def test_the_kernel_marks_bridged_and_routed_packets_as_trace_says(backend: str, version: int) -> None:
    with ExitStack() as stack:
        spaces = {name: stack.enter_context(Namespaces(":")) for name in ("host", *ENDS)}
        _wire(spaces, version)
        snapshot = _loaded(spaces["host"], backend, version)
        seen = _marks(spaces, version)
    for sent in SENT:
        asked = _trace(snapshot, sent, version)
        assert _differ(asked, seen.get((4000 + sent.port, sent.port)), led=sent.led) == "", sent
        if sent.sender != "host":
            back = seen.get((sent.port, 4000 + sent.port))
            said = _differ(asked.answers[0], back, led=sent.receiver != "c")  # nobody says by which port b answers
            assert said == "", f"answer to {sent}"


def _address(name: str, version: int) -> str:
    if name == "host":
        return BY_BRIDGE[version].format(1)
    _, net, last = ENDS[name]
    return net[version].format(last)


def _wire(spaces: dict[str, Namespaces], version: int) -> None:
    host, size = spaces["host"], LENGTH[version]
    lines = ["ip link set lo up; ip link add br0 type bridge; ip link set br0 up"]
    for name, (port, net, _) in ENDS.items():
        own, other = f"netns {host.pid}", f"netns {spaces[name].pid}"
        subprocess.run(f"ip link add {port} {own} type veth peer name eth0 {other}".split(), check=True)
        lines += [f"ip link set {port} up"]
        lines += [f"ip link set {port} master br0"] if net is BY_BRIDGE else []
    lines += [f"ip addr add {BY_BRIDGE[version].format(1)}/{size} dev br0 {_no_dad(version)}"]
    lines += [f"ip addr add {UPLINK[version].format(1)}/{size} dev up0 {_no_dad(version)}"]
    lines += ["sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1"]
    lines += ["sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1"]
    run(host, "sh", "-ec", "\n".join(lines))
    for name, (_, net, last) in ENDS.items():
        own = f"ip addr add {net[version].format(last)}/{size} dev eth0 {_no_dad(version)}"
        run(spaces[name], "sh", "-ec", f"{own}; ip link set eth0 up; ip route add default via {net[version].format(1)}")


def _no_dad(version: int) -> str:
    return "nodad" if version == 6 else ""


def _loaded(host: Namespaces, backend: str, version: int) -> Snapshot:
    """Load the rules, and read the host."""
    base = {
        "ip-addr.json": run(host, "ip", "-j", "-d", "addr"),
        "ip-route.json": run(host, "ip", "-j", "route", "show", "table", "all"),
        "ip6-route.json": run(host, "ip", "-6", "-j", "route", "show", "table", "all"),
        "sysctl.txt": run(host, "sh", "-c", "sysctl -a 2>/dev/null | grep -E '^net[.](ipv[46]|bridge)'"),
        "sockets.txt": "",
    }
    if backend == "nftables":
        run(host, "nft", "-f", "-", feed=_nft(version))
        base["nft-ruleset.json"] = run(host, "nft", "-j", "list", "ruleset")
    else:
        tool, kind = "iptables" if version == 4 else "ip6tables", backend.removeprefix("iptables-")
        run(host, f"{tool}-{kind}-restore", feed=_iptables(version))
        base[f"{tool}-save.txt" if kind == "nft" else f"{tool}-legacy-save.txt"] = run(host, f"{tool}-{kind}-save")
    run(host, "nft", "-f", "-", feed=SEEN)
    return parse_snapshot(Facts({name: text.encode() for name, text in base.items()}))


def _bits(rules: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    return ((hook, rule, f"{1 << bit:#x}") for bit, (hook, rule) in enumerate(rules))


def _iptables(version: int) -> str:
    """Write the rules; those of `-i` at postrouting stand in a chain that is jumped to."""
    b = _address("b", version)
    lines = ["*nat", f"-A PREROUTING -p udp -m udp --dport 5:6 -j DNAT --to-destination {b}"]
    lines += ["-A POSTROUTING -p udp -m udp --dport 6:7 -j MASQUERADE", "COMMIT", "*mangle"]
    lines += [f":{hook} - [0:0]" for hook in HOOKS] + [f"-A {hook.upper()} -j {hook}" for hook in HOOKS]
    rules = [(hook, rule) for hook in HOOKS for rule in (*IPTABLES, *(LEAVING if hook != "prerouting" else ()))]
    lines += [f"-A {hook} {rule} -j MARK --set-xmark {bit}/{bit}" for hook, rule, bit in _bits(rules)]
    return "\n".join([*lines, "COMMIT", ""])


def _nft(version: int) -> str:
    b, family = _address("b", version), "ip" if version == 4 else "ip6"
    rules = [(hook, rule) for hook in HOOKS for rule in NFT]
    marks = [(hook, f"{rule} meta mark set meta mark or {bit}") for hook, rule, bit in _bits(rules)]
    lines = [f"table {family} own {{", "chain p { type nat hook prerouting priority -100;"]
    lines += [f"udp dport 5-6 dnat to {b}; }}", "chain q { type nat hook postrouting priority 100;"]
    lines += ["udp dport 6-7 masquerade; }"]
    for hook in HOOKS:
        lines += [f"chain {hook} {{ type filter hook {hook} priority -150;", *(one for at, one in marks if at == hook)]
        lines += ["}"]
    return "\n".join([*lines, "}", ""])


def _marks(spaces: dict[str, Namespaces], version: int) -> dict[tuple[int, int], int]:
    """Send and answer everything; return the marks with which packets left, by their ports."""
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    for sent in SENT:
        receiver = "b" if sent.led else sent.receiver
        with (
            within(spaces[sent.sender].pid, partial(_bound, family, 4000 + sent.port)) as asking,
            within(spaces[receiver].pid, partial(_bound, family, sent.port)) as answering,
        ):
            asking.sendto(b"?", (_address(sent.receiver, version), sent.port))
            _, back = answering.recvfrom(9)
            answering.sendto(b"!", back[:2])
            assert asking.recv(9) == b"!", sent
    listed = run(spaces["host"], "nft", "list", "set", "inet", "seen", "marks")
    return {
        (int(one), int(other)): int(mark, 16) for one, other, mark in re.findall(r"(\d+) \. (\d+) \. (0x\w+)", listed)
    }


def _bound(family: int, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.settimeout(5)
    made.bind(("", port))
    return made


def _trace(snapshot: Snapshot, sent: Sent, version: int) -> Trace:
    """Follow what was sent; a bridge's ports are told to it, as an inventory does."""
    port, bridged = ENDS.get(sent.sender, ("", {}, 0))[0], sent.sender + sent.receiver == "ab"
    probe = Probe(
        source=ip_address(_address(sent.sender, version)),
        destination=ip_address(_address(sent.receiver, version)),
        protocol="udp",
        dport=sent.port,
        sport=4000 + sent.port,
        interface={"pa": "br0", "pb": "br0"}.get(port, port),
        port=port if port in ("pa", "pb") else "",
        neighbour=bridged,
        neighbour_port="pb" if bridged else "",
    )
    return trace(snapshot.program, snapshot.host, probe)


def _differ(found: Trace, mark: int | None, *, led: bool) -> str:
    """Say how a trace differs from the mark with which a packet left; what is led back may have several."""
    marks = [end.packet.number(Field.MARK) for end in found.ends if end.kind is EndKind.SENT]
    if mark is not None and (marks == [mark] or (led and mark in marks)):
        return ""
    return f"{[hex(one or 0) for one in marks]}, but {mark and hex(mark)} was seen"
