"""Addresses, port ranges and the like, as iptables and nft print them -> numbers."""

import ipaddress


def address(text: str) -> int:
    """Read one IPv4 or IPv6 address. Raises ValueError."""
    return int(ipaddress.ip_address(text.strip("[]")))


def network(text: str) -> tuple[int, int]:
    """Read ADDRESS/LENGTH or ADDRESS as an inclusive range. Raises ValueError, also for a mask with gaps."""
    found = ipaddress.ip_network(text, strict=False)
    return int(found.network_address), int(found.broadcast_address)


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
