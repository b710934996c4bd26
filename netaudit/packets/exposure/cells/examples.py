"""An example packet of a set, in words."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address

from netaudit.model.address_text import with_port
from netaudit.model.exposure import Destination
from netaudit.model.netfilter.match import Field
from netaudit.model.ranges import Ranges, contains
from netaudit.packets.host.zones import CLIENT_PORTS
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.sets.space import PacketSpace

LIKED = {"ip": (0xC6336407, 0xCB007107), "ip6": (0x20010DB8FFFF << 80 | 7,)}  # documentation addresses read best
CLIENT_PORT = 40000
_INTERFACE_ID, _LAST_BYTE = 64, 0xFF
_SENDABLE = ((1, 65535),)  # no program can send from port 0
_BESIDE = {Field.SKUID: "by uid", Field.SKGID: "by gid", Field.TTL: "with ttl"}  # what else an example may have to have


def pick(space: PacketSpace, packets: PacketSet, liked: PacketSet, fields: Sequence[str]) -> dict[str, int] | None:
    """Pick a packet, one that reads well and that a person can send where there is one; None for no packet."""
    if not packets:
        return None
    packets = packets - _of_no_machine(space) or packets
    sender = space.rewrite.forget(liked, Field.SPORT)
    from_a_client, sendable = space.in_ranges(Field.SPORT, CLIENT_PORTS), space.in_ranges(Field.SPORT, _SENDABLE)
    asked = (liked, sender & from_a_client, space.equal(Field.SPORT, CLIENT_PORT), from_a_client, sender & sendable)
    some = next((found for one in (*asked, sendable) if (found := packets & one)), packets)
    return space.values.example(some, fields)


def _of_no_machine(space: PacketSpace) -> PacketSet:
    """Return what comes from no machine: IPv4's first and last address, IPv6's anycast (RFC 4291, 2.6.1)."""
    bits = (1 << _INTERFACE_ID) - 1 if space.widths[Field.SADDR] > _INTERFACE_ID else _LAST_BYTE
    ends = space.masked(Field.SADDR, bits, 0)
    return ends | space.masked(Field.SADDR, bits, bits) if bits == _LAST_BYTE else ends


def readable(space: PacketSpace, senders: Ranges, family: str) -> PacketSet:
    """Return the packets that read well: from a client's port, and a documentation address if that is a sender's."""
    fitting = [one for one in LIKED[family] if contains(senders, one)]
    address = (fitting or [senders[0][0]])[0]
    return from_client(space, address)


def from_client(space: PacketSpace, address: int) -> PacketSet:
    """Return the packets that an address sends from a client's port."""
    return space.equal(Field.SADDR, address) & space.equal(Field.SPORT, CLIENT_PORT)


def describe(example: Mapping[str, int], to: Destination) -> str:
    """Describe a packet to a destination as `tcp 198.51.100.7:40000 → 192.0.2.10:8080`.

    `by uid 0` or `with ttl 5` follows, where the example has that field.
    """
    source = _at(example[Field.SADDR], example[Field.SPORT], to.family)
    target = _at(example[Field.DADDR], example[Field.DPORT], to.family)
    more = "".join(f" {word} {example[field]}" for field, word in _BESIDE.items() if field in example)
    return f"{to.protocol} {source} → {target}{more}"


def _at(address: int, port: int, family: str) -> str:
    return with_port(str(IPv4Address(address) if family == "ip" else IPv6Address(address)), port)
