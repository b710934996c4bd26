"""An example packet of a set, in words."""

from collections.abc import Mapping, Sequence
from functools import cached_property
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
_BESIDE = {  # what else an example may have to have
    Field.SKUID: "by uid",
    Field.SKGID: "by gid",
    Field.TTL: "with ttl",
    Field.SMAC: "from",
}


class Liked:
    """What makes a good example of what an address sends; most sets have the best one, and the others are not asked."""

    def __init__(self, space: PacketSpace, address: int) -> None:
        self._space, self._sender = space, space.equal(Field.SADDR, address)
        self.of_no_machine = _of_no_machine(space) | _unsendable(space)
        self._from_client = self._sender & space.equal(Field.SPORT, CLIENT_PORT)
        self.best = self._from_client - self.of_no_machine

    @cached_property
    def in_order(self) -> Sequence[PacketSet]:
        """Return all of it, the best first: from a client's port, and what can be sent at all."""
        space, sender = self._space, self._sender
        from_a_client, sendable = space.in_ranges(Field.SPORT, CLIENT_PORTS), space.in_ranges(Field.SPORT, _SENDABLE)
        by_sender = sender & from_a_client, space.equal(Field.SPORT, CLIENT_PORT), from_a_client, sender & sendable
        return self._from_client, *by_sender, sendable


def pick(space: PacketSpace, packets: PacketSet, liked: Liked, fields: Sequence[str]) -> dict[str, int] | None:
    """Pick a packet, one that reads well and that a person can send where there is one; None for no packet."""
    if not packets:
        return None
    some = packets & liked.best
    if not some:
        packets = packets - liked.of_no_machine or packets
        some = next((found for one in liked.in_order if (found := packets & one)), packets)
    return space.values.example(some, fields)


def _of_no_machine(space: PacketSpace) -> PacketSet:
    """Return what comes from no machine: IPv4's first and last address, IPv6's anycast (RFC 4291, 2.6.1)."""
    bits = (1 << _INTERFACE_ID) - 1 if space.widths[Field.SADDR] > _INTERFACE_ID else _LAST_BYTE
    ends = space.masked(Field.SADDR, bits, 0)
    return ends | space.masked(Field.SADDR, bits, bits) if bits == _LAST_BYTE else ends


def _unsendable(space: PacketSpace) -> PacketSet:
    """Return what no program can send: without a hop left, or from no hardware address."""
    return space.union(space.equal(field, 0) for field in (Field.TTL, Field.SMAC) if field in space.widths)


def readable(senders: Ranges, family: str) -> int:
    """Return the sender whose packets read well: a documentation address, if that is a sender's."""
    fitting = [one for one in LIKED[family] if contains(senders, one)]
    return (fitting or [senders[0][0]])[0]


def describe(example: Mapping[str, int], to: Destination) -> str:
    """Describe a packet to a destination as `tcp 198.51.100.7:40000 → 192.0.2.10:8080`.

    `by uid 0`, `with ttl 5` or `from 02:00:00:00:00:01` follows, where the example has that field.
    """
    source = _at(example[Field.SADDR], example[Field.SPORT], to.family)
    target = _at(example[Field.DADDR], example[Field.DPORT], to.family)
    said = {field: _value(field, example[field]) for field in _BESIDE if field in example}
    more = "".join(f" {_BESIDE[field]} {value}" for field, value in said.items())
    return f"{to.protocol} {source} → {target}{more}"


def _value(field: Field, number: int) -> str:
    return number.to_bytes(6, "big").hex(":") if field is Field.SMAC else str(number)


def _at(address: int, port: int, family: str) -> str:
    return with_port(str(IPv4Address(address) if family == "ip" else IPv6Address(address)), port)
