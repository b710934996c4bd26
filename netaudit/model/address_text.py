"""Addresses as texts: how one is written before a port, in brackets for IPv6 (RFC 3986, section 3.2.2); loopback."""

from functools import lru_cache
from ipaddress import ip_address

UNSPECIFIED = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 (how engines write every address of the host)


def bracketed(address: str) -> str:
    """Return an address as it stands before a port: `192.0.2.10`, `[2001:db8::10]`."""
    return f"[{address}]" if ":" in address else address


def with_port(address: str, port: int | str) -> str:
    """Return an address and a port: `192.0.2.10:80`, `[2001:db8::10]:80`."""
    return f"{bracketed(address)}:{port}"


@lru_cache(maxsize=1024)
def is_loopback(address: str) -> bool:
    """Tell whether a text is an address that only the host itself reaches; no other text is."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
