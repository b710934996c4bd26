"""The packet of a question, before it meets the first hook."""

from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address

import msgspec

from netaudit.model.host import Ip
from netaudit.model.netfilter.family import ETHERTYPES, Family, family_of_version
from netaudit.model.netfilter.match import NFPROTO_IPV4, NFPROTO_IPV6, CtState, Field
from netaudit.packets.values.packet import Packet, Value

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17, "icmpv6": 58, "sctp": 132}
PROTOCOL_NAMES = {number: name for name, number in PROTOCOLS.items()}
OWN_TTL = 64  # of what a host sends itself: the kernel's default of net.ipv4.ip_default_ttl and of IPv6's hop_limit
CLIENT_PORT = 40000  # what example packets are sent from
_ECHO_REQUEST = {"icmp": 8, "icmpv6": 128}
_SYN, _ACK = 2, 16
SYN_ACK = _SYN | _ACK


class PacketState(StrEnum):
    """Which packet of its connection a packet is."""

    NEW = "new"
    ESTABLISHED = "established"  # a later one, in the direction of the first


class Probe(msgspec.Struct, frozen=True):
    """A packet: from where to where.

    `interface` is where it comes in, "" for what this host sends itself; `port` is the bridge's port that it came by.
    A source port or mark of None is not known. `to_bridge_port`: the frame is for a neighbour on the same bridge.
    """

    source: Ip
    destination: Ip
    protocol: str
    dport: int | None = None
    sport: int | None = None
    interface: str = ""
    port: str = ""
    neighbour: bool = False
    neighbour_port: str = ""
    state: PacketState = PacketState.NEW
    flags: int | None = None  # of TCP; None: the usual flags in this state
    icmp: tuple[int, int] | None = None  # type and code; echo request where not given
    mac: int | None = None
    length: int | None = None
    ttl: int | None = None
    dscp: int | None = None

    @property
    def family(self) -> Family:
        """Return the family of its addresses."""
        return family_of_version(self.source.version)

    def packet(self) -> Packet:
        """Return the packet as the first hook sees it: without a connection yet."""
        fields: dict[Field, Value] = {
            Field.NFPROTO: NFPROTO_IPV4 if self.family == "ip" else NFPROTO_IPV6,
            Field.ETHERTYPE: ETHERTYPES[self.family],
            Field.PROTOCOL: PROTOCOLS[self.protocol],
            Field.SADDR: int(self.source),
            Field.DADDR: int(self.destination),
            Field.FRAGMENT: 0,
            Field.PKTTYPE: 0,
            Field.MARK: 0,
            Field.IIF: self.interface,
            Field.OIF: "",
            Field.PHYSIN: "",
            Field.PHYSOUT: "",
            Field.CT_STATE: CtState.INVALID,
            Field.SOCKET: 0 if self.interface else 1,
            Field.SMAC: self.mac,
            Field.LENGTH: self.length,
            Field.TTL: self.ttl if self.ttl is not None or self.interface else OWN_TTL,
            Field.DSCP: self.dscp,
        }
        return Packet(fields | self._transport())

    def _transport(self) -> dict[Field, Value]:
        if self.protocol in _ECHO_REQUEST:
            kind, code = self.icmp or (_ECHO_REQUEST[self.protocol], 0)
            return {Field.ICMP_TYPE: kind, Field.ICMP_CODE: code}
        ports: dict[Field, Value] = {Field.SPORT: self.sport, Field.DPORT: self.dport}
        if self.protocol == "tcp":
            usual = _SYN if self.state is PacketState.NEW else _ACK
            ports[Field.TCP_FLAGS] = usual if self.flags is None else self.flags
        return ports


@lru_cache(maxsize=4096)  # routes, members and questions name the same few again and again
def parse_ip(text: str) -> Ip | None:
    """Return the address that a text holds, None for another text."""
    try:
        return ip_address(text.strip("[]"))
    except ValueError:
        return None
