"""Addresses -> addresses, so that what shared a prefix still does, and nothing enters or leaves a special range.

A bit is flipped or not by a keyed hash of the bits before it, as in Crypto-PAn (Xu, Fan, Ammar, Moon, 2002): that is
one to one and keeps prefixes. Bits that decide over a special range are never flipped.
"""

import hashlib
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
    summarize_address_range,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Kept bit by bit: they mean the same on every host, and reports depend on them.
_KEPT = ("0.0.0.0/32", "127.0.0.0/8", "224.0.0.0/23", "255.255.255.255/32", "::/127", "ff01::/111", "ff02::/111")
# Kept as ranges: what is inside stays inside, what is outside stays outside.
_RANGES = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
    *("224.0.0.0/4", "240.0.0.0/4", "2000::/3", "fc00::/7", "fe80::/64", "ff00::/8"),
)
_REMEMBERED = 1 << 16  # addresses and prefixes: what is known is quick, and memory stays small however many there are
_MOST_NETWORKS = 1 << 14  # that stand for ranges, of all ranges: one range of IPv6 may be 254 of them
_EMBEDDED = ip_network("::ffff:0:0/96")


def _bits(network: Network) -> str:
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
        self._left = _MOST_NETWORKS
        self._known: dict[Address, Address] = {}
        self._swapped: dict[Address, Address] = {}
        self._swapped_from: dict[Address, Address] = {}

    def keep_ends(self, network: IPv4Network) -> None:
        """Let the ends of a network become the ends of what stands for it: they are no machine's, and say so.

        What would have become one of them takes the other's place, so that no two addresses become one.
        """
        hidden = self.network(network)
        ends = (network.network_address, hidden.network_address), (network.broadcast_address, hidden.broadcast_address)
        for end, wanted in ends:
            now = self.map(end)
            one, other = self._swapped_from.get(now, now), self._swapped_from.get(wanted, wanted)
            self._swapped |= {one: wanted, other: now}
            self._swapped_from |= {wanted: one, now: other}

    def map(self, address: Address) -> Address:
        """Return the address that stands for this one."""
        mapped = self._known.get(address)
        if mapped is None:
            mapped = self._map(address, address.max_prefixlen)
            if len(self._known) < _REMEMBERED:
                self._known[address] = mapped
        return self._swapped.get(mapped, mapped)

    def network(self, network: Network) -> Network:
        """Return the network that stands for this one: it holds what stands for what that one holds."""
        if network.prefixlen == network.max_prefixlen:
            return ip_network(self.map(network.network_address))
        return ip_network(f"{self._map(network.network_address, network.prefixlen)}/{network.prefixlen}", strict=False)

    def text(self, text: str) -> str:
        """Replace one address, with or without a prefix length or a mask; a network keeps its clear host bits.

        Raises ValueError for anything else, and for a mask with gaps: bits behind a gap cannot be kept together.
        """
        address, slash, mask = text.partition("/")
        if not slash:
            return str(self.map(_plain(address)))
        network = ip_network(f"{_plain(address)}/{mask}", strict=False)
        length = mask if mask.isdecimal() else str(network.prefixlen)
        if network.network_address == ip_address(address):
            return f"{self.network(network).network_address}/{length}"
        return f"{self.map(ip_address(address))}/{length}"

    def range(self, first: str, last: str) -> list[Network]:
        """List the networks that stand for a range of addresses.

        Raises ValueError for anything else, and for any range after so many that their networks would fill memory.
        """
        networks = _summarized(_plain(first), _plain(last))
        if len(networks) > 1:
            self._left -= len(networks)
        if self._left < 0:
            raise ValueError(first, last)
        return [self.network(one) for one in networks]

    def _map(self, address: Address, length: int) -> Address:
        """Give what stands for the first bits of an address; what the others become does not matter."""
        if isinstance(address, IPv6Address) and address in _EMBEDDED:
            inner = self.map(IPv4Address(int(address) & 0xFFFFFFFF))
            return IPv6Address(int(_EMBEDDED.network_address) | int(inner))
        bits = format(int(address), f"0{address.max_prefixlen}b")
        if any(bits.startswith(prefix) for prefix in self._kept[address.version]):
            return address
        fixed = self._fixed[address.version]
        flipped = "".join(
            bit if bits[:at] in fixed else str(int(bit) ^ self._flip(address.version, bits[:at]))
            for at, bit in enumerate(bits[:length])
        )
        return type(address)(int(flipped + bits[length:], 2))

    def _flip(self, version: int, before: str) -> int:
        prefix = f"{version}/{before}"
        flip = self._flips.get(prefix)
        if flip is None:
            flip = hashlib.blake2b(prefix.encode(), key=self._key).digest()[0] & 1
            if len(self._flips) < _REMEMBERED:
                self._flips[prefix] = flip
        return flip


def _summarized(low: Address, high: Address) -> list[Network]:
    """List the networks that a range is made of. Raises ValueError for anything else."""
    if isinstance(low, IPv4Address) and isinstance(high, IPv4Address):
        return list(summarize_address_range(low, high))
    if isinstance(low, IPv6Address) and isinstance(high, IPv6Address):
        return list(summarize_address_range(low, high))
    raise ValueError(low, high)


def _plain(text: str) -> Address:
    """Read an address without a scope: that would be the name of an interface. Raises ValueError."""
    if "%" in text:
        raise ValueError(text)
    return ip_address(text)
