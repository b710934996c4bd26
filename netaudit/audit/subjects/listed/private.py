"""Subnets for private use: what comes from there comes from nearby, and containers are there."""

import ipaddress
from functools import lru_cache

_PRIVATE = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10"),
    )
)  # RFC 1918, 6598, 3927, 4193, 4291


@lru_cache(maxsize=1024)
def is_private(text: str) -> bool:
    """Return whether all addresses of a subnet are for private use."""
    network = ipaddress.ip_network(text, strict=False)
    return any(network.version == one.version and network.subnet_of(one) for one in _PRIVATE)  # type: ignore[arg-type]


def may_be_private(text: str) -> bool:
    """Return whether a subnet has addresses for private use, or is no subnet that can be read."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return True
    return any(network.version == one.version and network.overlaps(one) for one in _PRIVATE)
