"""How an address is written before a port: an IPv6 address needs brackets (RFC 3986, section 3.2.2)."""


def bracketed(address: str) -> str:
    """Return an address as it stands before a port: `192.0.2.10`, `[2001:db8::10]`."""
    return f"[{address}]" if ":" in address else address


def with_port(address: str, port: int | str) -> str:
    """Return an address and a port: `192.0.2.10:80`, `[2001:db8::10]:80`."""
    return f"{bracketed(address)}:{port}"
