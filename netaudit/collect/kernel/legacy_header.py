"""The head of a legacy rule: its bytes in the kernel -> the words iptables-legacy-save prints for them.

The layouts are defined in linux/netfilter_ipv4/ip_tables.h and linux/netfilter_ipv6/ip6_tables.h.
"""

import functools
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

_INVERTED_INBOUND = 0x01
_INVERTED_OUTBOUND = 0x02
_INVERTED_SOURCE = 0x08
_INVERTED_DESTINATION = 0x10
_INVERTED_FRAGMENT = 0x20
_INVERTED_PROTOCOL = 0x40

_REMEMBERED = 1 << 14  # addresses and interfaces
_INTERFACE_SIZE = 16


class Header(NamedTuple):
    """The members of `struct ipt_entry` or `struct ip6t_entry`, in order; addresses in network order."""

    source: bytes
    destination: bytes
    source_mask: bytes
    destination_mask: bytes
    inbound: bytes
    outbound: bytes
    inbound_mask: bytes
    outbound_mask: bytes
    protocol: int
    flags: int
    inverted: int
    cache: int
    target_offset: int
    next_offset: int
    comes_from: int
    packets: int
    bytes: int


@dataclass(frozen=True)
class HeaderLayout:
    """How an address family packs a header (the `x` in ip6 is the unused TOS), and what its flags are."""

    entry: struct.Struct
    goto: int
    fragment: int

    def unpack(self, memory: bytes) -> Header:
        """Read the header at the start of a rule."""
        return Header._make(self.entry.unpack_from(memory))


LAYOUTS = {
    "ip": HeaderLayout(struct.Struct("@4s4s4s4s16s16s16s16sHBBIHHIQQ"), goto=0x02, fragment=0x01),
    "ip6": HeaderLayout(struct.Struct("@16s16s16s16s16s16s16s16sHxBBIHHIQQ"), goto=0x04, fragment=0),
}


def print_header(header: Header, layout: HeaderLayout, protocol_name: Callable[[int], bytes]) -> bytes:
    """Print the conditions of a header in the order of iptables' own save: -s -d -i -o -p -f."""
    return b"".join(_words(header, layout, protocol_name))


def _words(header: Header, layout: HeaderLayout, protocol_name: Callable[[int], bytes]) -> Iterator[bytes]:
    bits = header.inverted
    yield _address(b"-s", header.source, header.source_mask, bits & _INVERTED_SOURCE)
    yield _address(b"-d", header.destination, header.destination_mask, bits & _INVERTED_DESTINATION)
    yield _interface(b"-i", header.inbound, header.inbound_mask, bits & _INVERTED_INBOUND)
    yield _interface(b"-o", header.outbound, header.outbound_mask, bits & _INVERTED_OUTBOUND)
    if header.protocol:
        yield _not(bits & _INVERTED_PROTOCOL) + b" -p " + protocol_name(header.protocol)
    if header.flags & layout.fragment:
        yield _not(bits & _INVERTED_FRAGMENT) + b" -f"


def _not(inverted: int) -> bytes:
    return b" !" if inverted else b""


@functools.lru_cache(_REMEMBERED)
def _address(option: bytes, address: bytes, mask: bytes, inverted: int) -> bytes:
    if not inverted and not any(address) and not any(mask):
        return b""
    return b"%s %s %s/%s" % (_not(inverted), option, _numeric(address), _length(mask))


def _numeric(address: bytes) -> bytes:
    family = socket.AF_INET if len(address) == 4 else socket.AF_INET6
    return socket.inet_ntop(family, address).encode()


def _length(mask: bytes) -> bytes:
    """Print a mask as a prefix length, or whole if its ones are not all in front."""
    width = 8 * len(mask)
    host_part = int.from_bytes(mask) ^ ((1 << width) - 1)
    if host_part & (host_part + 1):
        return _numeric(mask)
    return b"%d" % (width - host_part.bit_length())


@functools.lru_cache(_REMEMBERED)
def _interface(option: bytes, name: bytes, mask: bytes, inverted: int) -> bytes:
    """Print an interface: its mask covers a whole name and its NUL, or only what stands before a `+`."""
    covered = (mask + b"\0").index(b"\0")
    if covered == 0:
        # `! -i +` matches no packet. iptables before 1.8.10 prints nothing here, as if it matched all.
        return b"%s %s +" % (_not(inverted), option) if inverted and name[:1] == b"+" else b""
    wildcard = b"+" if covered < _INTERFACE_SIZE and name[covered - 1] else b""
    return b"%s %s %s%s" % (_not(inverted), option, name[:covered].rstrip(b"\0"), wildcard)
