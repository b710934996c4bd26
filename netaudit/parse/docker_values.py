"""Values as Docker writes them: ports, subnets, options."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache

from netaudit.model.docker import GatewayMode


@lru_cache(maxsize=1024)
def read_port(text: str) -> tuple[int, str]:
    """Read `80/tcp`; a range (`8000-8010/tcp`, image metadata) counts by its first port."""
    number, _, protocol = text.partition("/")
    return read_number(number.partition("-")[0]), protocol or "tcp"


def read_number(text: str) -> int:
    """Read a port; 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def vxlan_ids(options: Mapping[str, str]) -> tuple[int, ...]:
    """List the VXLAN ids of an overlay network."""
    text = options.get("com.docker.network.driver.overlay.vxlanid_list", "")
    return tuple(filter(None, map(read_number, text.split(","))))


def masked(subnet: str) -> str:
    """Give a subnet with the bits of its host part cleared; what is none, word for word."""
    try:
        return str(ipaddress.ip_network(subnet, strict=False))
    except ValueError:
        return subnet


def is_true(text: str) -> bool:
    """Read a driver option as Docker does (strconv.ParseBool)."""
    return text in ("1", "t", "T", "true", "TRUE", "True")


def gateway_mode(text: str) -> GatewayMode:
    """Read a gateway mode; nat unless it is another."""
    return next((mode for mode in GatewayMode if mode == text), GatewayMode.NAT)
