"""An example packet of a set, in words: `protocol tcp, daddr 192.0.2.10, dport 5432`."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address

from netaudit.model.netfilter.match import ADDRESSES, NAMES, CtState, Field
from netaudit.packets.sets.bdd import PacketSet
from netaudit.packets.shadowing.header_space import HeaderSpace
from netaudit.packets.values.probe import PROTOCOL_NAMES

_LIKED = (  # what reads best, where a packet of the set has it
    (Field.PROTOCOL, (6, 17)),
    (Field.CT_STATE, (CtState.NEW.value,)),
    (Field.SPORT, (40000,)),
    (Field.SADDR, (0xC6336407, 0x20010DB8FFFF << 80 | 7)),
    (Field.DADDR, (0xC000020A, 0x20010DB8 << 96 | 10)),
)
_IPV4 = 1 << 32


def sample(plain: HeaderSpace, packets: PacketSet, asked: Collection[Field]) -> str:
    """Return the fields of an example packet that rules ask for, in words; "" for no packet."""
    for field, values in _LIKED:
        for value in values if field in plain.space.widths else ():
            packets = packets & plain.space.equal(field, value) or packets
    fields = [field for field in Field if field in asked]
    found = plain.space.values.example(packets, fields)
    if found is None:
        return ""
    return ", ".join(f"{field} {_word(plain, field, found[field])}" for field in fields) or "any packet"


def _word(plain: HeaderSpace, field: Field, value: int) -> str:
    if field in NAMES:
        return plain.names[value] or "none"
    if field in ADDRESSES:
        return str(IPv4Address(value) if value < _IPV4 else IPv6Address(value))
    if field is Field.CT_STATE:
        return (CtState(value).name or "").lower()
    return PROTOCOL_NAMES.get(value, str(value)) if field is Field.PROTOCOL else str(value)
