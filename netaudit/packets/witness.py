"""An example packet of a set, in words."""

from ipaddress import IPv4Address, IPv6Address

from netaudit.model.match import Field
from netaudit.packets.destinations import PROTOCOLS
from netaudit.packets.packet_set import PacketSet, PacketSpace

_NAMES = {number: name for name, number in PROTOCOLS.items()}
_LIKED = {"ip": (0xC6336407, 0xCB007107), "ip6": (0x20010DB8FFFF << 80 | 7,)}  # documentation addresses read best
_CLIENT_PORT = 40000


def pick(space: PacketSpace, packets: PacketSet, family: str) -> dict[str, int] | None:
    """Pick a packet that reads well: a client's port, an address of the documentation where one is in the set."""
    wishes = [space.equal(Field.SPORT, _CLIENT_PORT)]
    wishes += [space.equal(Field.SADDR, address) for address in _LIKED[family]]
    for wish in wishes:
        liked = packets & wish
        packets = liked or packets
    return space.example(packets)


def describe(example: dict[str, int], family: str) -> str:
    """Say a packet as `tcp 198.51.100.7:40000 → 192.0.2.10:8080`."""
    source = _at(example[Field.SADDR], example[Field.SPORT], family)
    target = _at(example[Field.DADDR], example[Field.DPORT], family)
    return f"{_NAMES[example[Field.PROTOCOL]]} {source} → {target}"


def _at(address: int, port: int, family: str) -> str:
    return f"{IPv4Address(address)}:{port}" if family == "ip" else f"[{IPv6Address(address)}]:{port}"
