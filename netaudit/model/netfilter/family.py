"""Address families, as nft(8) names them."""

from collections.abc import Mapping
from enum import StrEnum


class Family(StrEnum):
    """The family of a table, a packet or an address; the values are nft's words."""

    IP = "ip"
    IP6 = "ip6"
    INET = "inet"  # a table for both IPv4 and IPv6
    ARP = "arp"
    BRIDGE = "bridge"
    NETDEV = "netdev"


IP_FAMILIES = (Family.IP, Family.IP6)
IP_NAMES: Mapping[str, str] = {Family.IP: "IPv4", Family.IP6: "IPv6"}
ADDRESS_BITS: Mapping[str, int] = {Family.IP: 32, Family.IP6: 128}
ETHERTYPES: Mapping[str, int] = {Family.IP: 0x0800, Family.IP6: 0x86DD}


def family_of_version(version: int) -> Family:
    """Return the family of IP version 4 or 6."""
    return Family.IP if version == 4 else Family.IP6


def family_of(address: str) -> Family:
    """Return the family of an address, or of a network, that is written as text."""
    return Family.IP6 if ":" in address else Family.IP
