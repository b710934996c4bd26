"""What random rules and random packets are made of: the same few values, so that they meet."""

import random

from kernel.frames import Sent
from kernel.world import CLIENTS, CLIENTS6, OWN, OWN6, SERVERS, SERVERS6

PORTS = (22, 53, 80, 443, 8080, 8443, 3000)
MARKS = (0, 1, 2, 3, 0x10, 0x11, 0xFF)
DSCPS = (0, 8, 0x2E)


class Pools:
    """Random choices for one family, 4 or 6."""

    def __init__(self, seed: int, version: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 (the same rules for the same seed)
        self.version = version
        self.marks_connections = self.chance(0.5)
        self.counts_hops = self.chance(0.5)
        self.clients = CLIENTS if version == 4 else CLIENTS6
        self.servers = SERVERS if version == 4 else SERVERS6
        self.own = OWN if version == 4 else OWN6

    def one(self, *choices: str) -> str:
        """Choose one."""
        return self.random.choice(choices)

    def chance(self, share: float) -> bool:
        """Tell whether it happens this time."""
        return self.random.random() < share

    def address(self) -> str:
        """Choose an address that a packet may have."""
        return self.random.choice((*self.clients, *self.servers, *self.own))

    def network(self) -> str:
        """Choose an address or a network that packets are likely to be in."""
        width = self.random.choice((30, 24, 31, 32) if self.version == 4 else (126, 64, 127, 128))
        if width in (32, 128):
            return self.address()
        import ipaddress  # noqa: PLC0415

        return str(ipaddress.ip_network(f"{self.address()}/{width}", strict=False))

    def port(self) -> int:
        """Choose a port that packets are sent to."""
        return self.random.choice(PORTS)

    def port_range(self) -> tuple[int, int]:
        """Choose a range of ports."""
        low, high = sorted((self.port(), self.port()))
        return low, high

    def wide_range(self) -> tuple[int, int]:
        """Choose a range that many source ports are in."""
        low, high = sorted(self.random.sample(range(1024, 65536), 2))
        return low, high

    def packet(self, tag: int, sport: int) -> Sent:
        """Choose a packet."""
        protocol = self.one("tcp", "tcp", "udp", "udp", "icmp" if self.version == 4 else "icmpv6")
        interface = self.one("lan0", "lan0", "lan0", "srv0", "")
        near = {"lan0": self.clients, "srv0": self.servers, "": self.own}[interface]
        beyond = self.clients if interface == "srv0" else self.servers
        there = (*beyond, *beyond, *self.own[:2], *self.clients)
        kinds = ((8, 0), (13, 0)) if self.version == 4 else ((128, 0),)
        return Sent(
            tag=tag,
            source=self.random.choice(near),
            destination=self.random.choice(there),
            protocol=protocol,
            sport=sport,
            dport=self.port() if protocol in ("tcp", "udp") else 0,
            flags=self.random.choice((2, 2, 16, 24, 0xC2)),
            icmp=self.random.choice(kinds),
            dscp=self.random.choice(DSCPS),
            payload=self.random.choice((0, 8, 200)),
            interface=interface,
        )
