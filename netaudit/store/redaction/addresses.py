"""Addresses -> addresses, so that what shared a prefix still does, and nothing enters or leaves a special range.

A bit is flipped or not by a keyed hash of the bits before it, as in Crypto-PAn (Xu, Fan, Ammar, Moon, 2002): that is
one to one and keeps prefixes. Bits that decide over a special range are never flipped.
"""

import hashlib
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address

# Kept bit by bit: an address of these says nothing of whose it is, and reports depend on it. 240.0.0.0/4 are masks.
_KEPT = ("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/96", "ff00::/8")
# Kept as ranges: what is inside stays inside, what is outside stays outside.
_RANGES = ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "2000::/3", "fc00::/7", "fe80::/64")
_EMBEDDED = ip_network("::ffff:0:0/96")


def _bits(network: IPv4Network | IPv6Network) -> str:
    return format(int(network.network_address), f"0{network.max_prefixlen}b")[: network.prefixlen]


def _prefixes(version: int, ranges: tuple[str, ...]) -> frozenset[str]:
    """List the bits of these ranges."""
    return frozenset(_bits(net) for net in map(ip_network, ranges) if net.version == version)


class Addresses:
    """The addresses of one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._kept = {version: _prefixes(version, _KEPT) for version in (4, 6)}
        fixed = {version: self._kept[version] | _prefixes(version, _RANGES) for version in (4, 6)}
        # Before each of these prefixes the next bit is on the way to a special range: it stays.
        self._fixed = {v: frozenset(bits[:at] for bits in fixed[v] for at in range(len(bits))) for v in (4, 6)}
        self._flips: dict[str, int] = {}
        self._known: dict[Address, Address] = {}

    def map(self, address: Address) -> Address:
        """Give the address that stands for this one."""
        mapped = self._known.get(address)
        if mapped is None:
            mapped = self._known[address] = self._map(address)
        return mapped

    def text(self, text: str) -> str:
        """Replace one address, with or without a prefix length; a network keeps its clear host bits."""
        address, slash, length = text.partition("/")
        mapped = self.map(ip_address(address))
        if slash and length.isdecimal() and _is_network(text):
            return str(ip_network(f"{mapped}/{length}", strict=False))
        return f"{mapped}{slash}{length}"

    def _map(self, address: Address) -> Address:
        if isinstance(address, IPv6Address) and address in _EMBEDDED:
            inner = self.map(IPv4Address(int(address) & 0xFFFFFFFF))
            return IPv6Address(int(_EMBEDDED.network_address) | int(inner))
        bits = format(int(address), f"0{address.max_prefixlen}b")
        if any(bits.startswith(prefix) for prefix in self._kept[address.version]):
            return address
        fixed = self._fixed[address.version]
        flipped = "".join(
            bit if bits[:at] in fixed else str(int(bit) ^ self._flip(address.version, bits[:at]))
            for at, bit in enumerate(bits)
        )
        return type(address)(int(flipped, 2))

    def _flip(self, version: int, before: str) -> int:
        prefix = f"{version}/{before}"
        flip = self._flips.get(prefix)
        if flip is None:
            flip = self._flips[prefix] = hashlib.blake2b(prefix.encode(), key=self._key).digest()[0] & 1
        return flip


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True
