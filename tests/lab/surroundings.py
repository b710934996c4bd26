"""What surrounds a host with an uplink: the Internet behind its neighbour, and routes to what is behind the host.

    internet 198.51.100.7 ── 198.51.100.1 lan 192.0.2.1 ── 192.0.2.10 host ── containers
             2001:db8:ffff::7                2001:db8::1      2001:db8::10

The neighbour routes containers' addresses and 127.0.0.1 to the host, as an attacker on the link would; for the
Internet it routes no private address, as providers do.
"""

import subprocess
from contextlib import ExitStack
from typing import Self

from lab.host import LabHost
from lab.namespaces import LabError

ROUTER = frozenset({"198.51.100.1", "2001:db8:ffff::1"})  # of the Internet's link: nobody else can have these addresses
_TO_INTERNET = (
    "ip addr add 198.51.100.{octet}/24 dev {dev}",
    "ip addr add 2001:db8:ffff::{octet}/64 dev {dev} nodad",
    "ip link set {dev} up",
)
_NEIGHBOUR = """
ip addr del 127.0.0.1/8 dev lo
ip route add 127.0.0.1/32 via 192.0.2.10
ip route add 172.16.0.0/12 via 192.0.2.10
ip route add 10.64.0.0/10 via 192.0.2.10
ip -6 route add 2001:db8:1::/48 via 2001:db8::10
ip -6 route add fd00::/8 via 2001:db8::10
ip rule add iif wan0 to 172.16.0.0/12 prohibit
ip rule add iif wan0 to 10.64.0.0/10 prohibit
ip -6 rule add iif wan0 to fd00::/8 prohibit
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet
"""
_INTERNET = """
ip route add default via 198.51.100.1
ip -6 route add default via 2001:db8:ffff::1
"""


class Surroundings:
    """A context manager: the Internet beyond a host's neighbour."""

    def __init__(self, host: LabHost) -> None:
        if host.lan is None:
            raise LabError("a host without an uplink has no surroundings: LabHost(uplink=True)")
        self.lan = host.lan
        self.internet = LabHost(name="internet")
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.internet)
            veth = f"ip link add wan0 type veth peer name eth0 netns {self.internet.namespaces.pid}"
            inside = ["nsenter", f"--net=/proc/{self.lan.namespaces.pid}/ns/net"]
            subprocess.run([*inside, *veth.split()], check=True)
            for host, octet, dev in ((self.lan, 1, "wan0"), (self.internet, 7, "eth0")):
                for line in _TO_INTERNET:
                    host.run(line.format(octet=octet, dev=dev).split())
            self.lan.run(["sh", "-ec", _NEIGHBOUR])
            self.internet.run(["sh", "-ec", _INTERNET])
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
