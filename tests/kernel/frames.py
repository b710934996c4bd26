"""Packets as bytes, and what is read of them again."""

import socket
import struct
from ipaddress import IPv4Address, IPv6Address

import msgspec

from kernel.world import CLIENT_MAC, LAN_MAC, SERVER_MAC, SRV_MAC
from netaudit.packets.values.probe import PROTOCOLS, PacketState

TTL = 61  # nothing else sends this one: so the kernel's trace is told what to follow
_MACS = {"lan0": (LAN_MAC, CLIENT_MAC), "srv0": (SRV_MAC, SERVER_MAC)}


class Sent(msgspec.Struct, frozen=True):
    """A packet to send; `tag` is found again in its header, whatever is translated."""

    tag: int
    source: str
    destination: str
    protocol: str
    sport: int = 0
    dport: int = 0
    flags: int = 2
    icmp: tuple[int, int] = (8, 0)
    dscp: int = 0
    payload: int = 8
    interface: str = ""  # "": the host sends it
    state: PacketState = PacketState.NEW

    @property
    def version(self) -> int:
        """Return 4 or 6."""
        return 6 if ":" in self.source else 4


class Seen(msgspec.Struct, frozen=True):
    """What is read of a packet; ports are 0 where there are none."""

    tag: int
    source: int
    destination: int
    sport: int = 0
    dport: int = 0
    ttl: int = 0


def frame(packet: Sent) -> bytes:
    """Return the packet with an Ethernet header, from the neighbour behind the host's interface."""
    host, neighbour = _MACS[packet.interface]
    kind = 0x0800 if packet.version == 4 else 0x86DD
    return _mac(host) + _mac(neighbour) + struct.pack("!H", kind) + datagram(packet)


def datagram(packet: Sent) -> bytes:
    """Return the packet with its IP header."""
    body = _transport(packet)
    source, destination = (
        socket.inet_pton(_family(packet), packet.source),
        socket.inet_pton(_family(packet), packet.destination),
    )
    number = PROTOCOLS[packet.protocol]
    if packet.version == 6:
        first = 6 << 28 | packet.dscp << 22 | packet.tag
        return struct.pack("!IHBB", first, len(body), number, TTL) + source + destination + body
    head = struct.pack("!BBHHHBBH", 0x45, packet.dscp << 2, 20 + len(body), packet.tag, 0, TTL, number, 0)
    head += source + destination
    return head[:10] + struct.pack("!H", _sum(head)) + head[12:] + body


def length(packet: Sent) -> int:
    """Return the length that rules see."""
    return len(datagram(packet))


def mac_number(packet: Sent) -> int | None:
    """Return the sender's hardware address as rules compare it."""
    return int(_MACS[packet.interface][1].replace(":", ""), 16) if packet.interface else None


def seen(data: bytes) -> Seen | None:
    """Read an IP packet, or the beginning of one; None for anything else."""
    if len(data) >= 20 and data[0] >> 4 == 4:
        source, destination = int(IPv4Address(data[12:16])), int(IPv4Address(data[16:20]))
        found = Seen(int.from_bytes(data[4:6], "big"), source, destination, ttl=data[8])
        return _with_ports(found, data[9], data[20:])
    if len(data) >= 40 and data[0] >> 4 == 6:
        source, destination = int(IPv6Address(data[8:24])), int(IPv6Address(data[24:40]))
        found = Seen(int.from_bytes(data[1:4], "big") & 0xFFFFF, source, destination, ttl=data[7])
        return _with_ports(found, data[6], data[40:])
    return None


def _with_ports(found: Seen, protocol: int, body: bytes) -> Seen:
    if protocol not in (6, 17) or len(body) < 4:
        return found
    sport, dport = struct.unpack("!HH", body[:4])
    return msgspec.structs.replace(found, sport=sport, dport=dport)


def _transport(packet: Sent) -> bytes:
    payload = b"n" * packet.payload
    match packet.protocol:
        case "tcp":
            body = struct.pack("!HHIIBBHHH", packet.sport, packet.dport, 1, 0, 0x50, packet.flags, 1024, 0, 0)
            return _checked(packet, body + payload, 16)
        case "udp":
            body = struct.pack("!HHHH", packet.sport, packet.dport, 8 + len(payload), 0)
            return _checked(packet, body + payload, 6)
        case _:
            body = struct.pack("!BBHHH", *packet.icmp, 0, packet.sport, 1) + payload
            if packet.version == 6:
                return _checked(packet, body, 2)
            return body[:2] + struct.pack("!H", _sum(body)) + body[4:]


def _checked(packet: Sent, body: bytes, at: int) -> bytes:
    family = _family(packet)
    pseudo = socket.inet_pton(family, packet.source) + socket.inet_pton(family, packet.destination)
    pseudo += struct.pack("!II", len(body), PROTOCOLS[packet.protocol])
    return body[:at] + struct.pack("!H", _sum(pseudo + body) or 0xFFFF) + body[at + 2 :]


def _sum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) & ~1]))
    total += data[-1] << 8 if len(data) % 2 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def _family(packet: Sent) -> socket.AddressFamily:
    return socket.AF_INET6 if packet.version == 6 else socket.AF_INET
