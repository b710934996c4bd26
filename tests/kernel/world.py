"""A host between a client and a server: three network namespaces that packets are really sent through.

    client 192.0.2.2-5 ── lan0 [ host 192.0.2.1, 198.51.100.1, 203.0.113.1 ] srv0 ── 198.51.100.2-5 server
           2001:db8:1::2-5                                                          2001:db8:2::2-5

Client and server answer nothing, so that no packet is in the host's way but those that a test sends. They vanish with
the process that holds them (lab.namespaces).
"""

import ctypes
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from lab.namespaces import Namespaces

T = TypeVar("T")
_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
_PACKET_IGNORE_OUTGOING = 23
_SOL_PACKET = 263
_ETH_P_ALL = 0x0003

SILENT = "table inet silent { chain silence { type filter hook prerouting priority -500; policy drop; }\n}\n"
# Marks the packets of a test for the kernel's trace, and sees what comes to the end of the last hooks. That the host's
# own kernel refuses what nobody listens for would end connections before they are answered.
OBSERVER = """
table inet observer {
  chain begin { type filter hook prerouting priority -500; iifname { "lan0", "srv0" } meta nftrace set 1; }
  chain sent { type filter hook output priority -500; ip ttl 64 tcp flags & rst == rst drop
    ip ttl 64 icmp type destination-unreachable drop; ip6 hoplimit 64 tcp flags & rst == rst drop
    icmpv6 type destination-unreachable drop; ip ttl 61 meta nftrace set 1
    ip6 hoplimit 61 meta nftrace set 1; }
  chain replies { type filter hook prerouting priority -199; ct state established accept; }
  chain local { type filter hook input priority 2147483647; }
  chain post { type filter hook postrouting priority 2147483647; }
}
"""
CLIENTS = tuple(f"192.0.2.{last}" for last in range(2, 6))
SERVERS = tuple(f"198.51.100.{last}" for last in range(2, 6))
OWN = ("192.0.2.1", "198.51.100.1", "203.0.113.1")
CLIENTS6 = tuple(f"2001:db8:1::{last}" for last in range(2, 6))
SERVERS6 = tuple(f"2001:db8:2::{last}" for last in range(2, 6))
OWN6 = ("2001:db8:1::1", "2001:db8:2::1", "2001:db8:3::1")
CLIENT_MAC, LAN_MAC, SRV_MAC, SERVER_MAC = (f"02:00:00:00:00:0{at}" for at in range(1, 5))


class World:
    """The three namespaces, with sockets that send and receive in them."""

    def __init__(self, host: Namespaces, client: Namespaces, server: Namespaces) -> None:
        self.host, self.client, self.server = host, client, server
        self._wire()
        self.to_host = {"lan0": _packet_socket(client.pid, "c0"), "srv0": _packet_socket(server.pid, "s0")}
        self.seen_by = {"lan0": self.to_host["lan0"], "srv0": self.to_host["srv0"]}
        self.from_host = {4: within(host.pid, _raw4), 6: within(host.pid, _raw6)}

    def _wire(self) -> None:
        self._join(("lan0", LAN_MAC), self.client, ("c0", CLIENT_MAC))
        self._join(("srv0", SRV_MAC), self.server, ("s0", SERVER_MAC))
        for end, name in ((self.client, "c0"), (self.server, "s0")):
            run(end, "ip", "link", "set", name, "up")
            run(end, "nft", "-f", "-", feed=SILENT)
        run(self.host, "sh", "-ec", _setup())
        run(self.host, "nft", "-f", "-", feed=OBSERVER)  # which loads connection tracking, where it is a module
        run(self.host, "sysctl", "-qw", "net.netfilter.nf_conntrack_tcp_be_liberal=1")

    def _join(self, own: tuple[str, str], end: Namespaces, other: tuple[str, str]) -> None:
        argv = ["ip", "link", "add", own[0], "address", own[1], "netns", str(self.host.pid), "type", "veth"]
        argv += ["peer", "name", other[0], "address", other[1], "netns", str(end.pid)]
        subprocess.run(argv, check=True)

    def facts(self) -> dict[str, bytes]:
        """Return what the host's programs say of its interfaces, routes and switches."""
        sysctls = run(self.host, "sh", "-c", "sysctl -a 2>/dev/null | grep -E '^net[.](ipv4.(conf|ip_f)|ipv6.conf)'")
        return {
            "ip-addr.json": run(self.host, "ip", "-j", "-d", "addr").encode(),
            "ip-route.json": run(self.host, "ip", "-j", "route", "show", "table", "all").encode(),
            "ip6-route.json": run(self.host, "ip", "-6", "-j", "route", "show", "table", "all").encode(),
            "sockets.txt": b'tcp LISTEN 0 5 203.0.113.1:1 0.0.0.0:* users:(("nobody",pid=1,fd=3))\n',
            "sysctl.txt": sysctls.encode(),
        }

    def close(self) -> None:
        """Close the sockets."""
        for one in (*self.to_host.values(), *self.from_host.values()):
            one.close()


def _setup() -> str:
    lines = ["sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1"]
    lines += [f"sysctl -qw net.ipv4.conf.{name}.rp_filter=0" for name in ("all", "default", "lan0", "srv0")]
    # A redirect that the host sends about a packet belongs to its connection, and rules of output may mark that.
    lines += [f"sysctl -qw net.ipv4.conf.{name}.send_redirects=0" for name in ("all", "default", "lan0", "srv0")]
    lines += ["sysctl -qw net.ipv4.icmp_ratelimit=0", "ip link set lo up"]
    places = (("lan0", OWN[0], OWN6[0]), ("srv0", OWN[1], OWN6[1]), ("lo", OWN[2], OWN6[2]))
    for name, four, six in places:
        short, long = ("32", "128") if name == "lo" else ("24", "64")
        lines += [f"ip addr add {four}/{short} dev {name}", f"ip addr add {six}/{long} dev {name} nodad"]
        lines += [f"ip link set {name} up"]
    for name, mac, addresses in (
        ("lan0", CLIENT_MAC, (*CLIENTS, *CLIENTS6)),
        ("srv0", SERVER_MAC, (*SERVERS, *SERVERS6)),
    ):
        lines += [f"ip neigh replace {one} lladdr {mac} dev {name} nud permanent" for one in addresses]
    lines += [f"ip route add default via {SERVERS[0]}", f"ip -6 route add default via {SERVERS6[0]}"]
    return "\n".join(lines)


@contextmanager
def world() -> Iterator[World]:
    """Make the world, and take it away again."""
    with Namespaces(":") as host, Namespaces(":") as client, Namespaces(":") as server:
        made = World(host, client, server)
        try:
            yield made
        finally:
            made.close()


def run(place: Namespaces, *argv: str, feed: str = "") -> str:
    """Run a program in a namespace; it must not fail."""
    done = attempt(place, *argv, feed=feed)
    assert done.returncode == 0, f"{argv}: {done.stderr}\n{feed}"
    return done.stdout


def attempt(place: Namespaces, *argv: str, feed: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program in a namespace; it may fail."""
    return subprocess.run(
        place.enter(list(argv), folder=Path("/")), input=feed, text=True, capture_output=True, check=False
    )


def within(pid: int, make: Callable[[], T]) -> T:
    """Make a socket in a process's network namespace, where it then belongs."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
    try:
        _enter(there)
        try:
            return make()
        finally:
            _enter(home)
    finally:
        os.close(there)
        os.close(home)


def _enter(namespace: int) -> None:
    if _LIBC.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _packet_socket(pid: int, name: str) -> socket.socket:
    def make() -> socket.socket:
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        made.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        made.bind((name, _ETH_P_ALL))
        made.settimeout(0)
        return made

    return within(pid, make)


def _raw4() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)


def _raw6() -> socket.socket:
    return socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
