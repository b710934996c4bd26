"""Addresses, port ranges and the like, as iptables and nft print them -> numbers."""

import ipaddress
from socket import AF_INET, inet_pton

_HOST_BITS = {str(length): (1 << 32 - length) - 1 for length in range(33)}


def address(text: str) -> int:
    """Read one IPv4 or IPv6 address. Raises ValueError."""
    if (quick := _ipv4(text)) is not None:
        return quick
    return int(ipaddress.ip_address(text.strip("[]")))


def network(text: str) -> tuple[int, int]:
    """Read ADDRESS/LENGTH or ADDRESS as an inclusive range. Raises ValueError, also for a mask with gaps."""
    place, slash, length = text.partition("/")
    host = _HOST_BITS.get(length if slash else "32")
    if host is not None and (quick := _ipv4(place)) is not None:
        return quick & ~host, quick | host
    found = ipaddress.ip_network(text, strict=False)
    return int(found.network_address), int(found.broadcast_address)


def _ipv4(text: str) -> int | None:
    """Read one IPv4 address; None for all else. Rules of 100,000 containers have that many, and ipaddress is slow."""
    try:
        return int.from_bytes(inet_pton(AF_INET, text))
    except (OSError, ValueError):
        return None


def mac(text: str) -> int:
    """Read a hardware address. Raises ValueError."""
    return int(text.replace(":", ""), 16)


def span(text: str, separator: str = ":", *, last: int = 0xFFFF) -> tuple[int, int]:
    """Read `80`, `80:90`, `:90` or `80:`. Raises ValueError."""
    low, found, high = text.partition(separator)
    first = int(low or "0", 0)
    return first, (int(high, 0) if high else last) if found else first


def masked(text: str) -> tuple[int, int]:
    """Read `0x1/0xff` or `0x1` as value and mask. Raises ValueError."""
    value, slash, mask = text.partition("/")
    return int(value, 0), int(mask, 0) if slash else 0xFFFFFFFF
