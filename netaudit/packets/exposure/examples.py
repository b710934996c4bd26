"""An example packet of a set, in words."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address

from netaudit.model.address_text import with_port
from netaudit.model.exposure import Destination
from netaudit.model.netfilter.match import Field
from netaudit.model.ranges import Ranges, contains
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.space import PacketSpace

_LIKED = {"ip": (0xC6336407, 0xCB007107), "ip6": (0x20010DB8FFFF << 80 | 7,)}  # documentation addresses read best
_CLIENT_PORT = 40000


def pick(space: PacketSpace, packets: PacketSet, liked: PacketSet, fields: Sequence[str]) -> dict[str, int] | None:
    """Pick a packet, one that reads well where there is one, and give some of its fields; None for no packet."""
    if not packets:
        return None
    some = packets & liked or packets & space.equal(Field.SPORT, _CLIENT_PORT) or packets
    return space.values.example(some, fields)


def readable(space: PacketSpace, senders: Ranges, family: str) -> PacketSet:
    """Return the packets that read well: from a client's port, and a documentation address if that is a sender's."""
    fitting = [one for one in _LIKED[family] if contains(senders, one)]
    address = (fitting or [senders[0][0]])[0]
    return from_client(space, address)


def from_client(space: PacketSpace, address: int) -> PacketSet:
    """Return the packets that an address sends from a client's port."""
    return space.equal(Field.SADDR, address) & space.equal(Field.SPORT, _CLIENT_PORT)


def describe(example: Mapping[str, int], to: Destination) -> str:
    """Describe a packet to a destination as `tcp 198.51.100.7:40000 → 192.0.2.10:8080`."""
    source = _at(example[Field.SADDR], example[Field.SPORT], to.family)
    target = _at(example[Field.DADDR], example[Field.DPORT], to.family)
    return f"{to.protocol} {source} → {target}"


def _at(address: int, port: int, family: str) -> str:
    return with_port(str(IPv4Address(address) if family == "ip" else IPv6Address(address)), port)
