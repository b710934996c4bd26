"""The matches of a rule: typed conditions on named fields of a packet, for one packet and for sets of packets.

A match is a formula: `InRanges`, `Masked` and `Named` are its atoms, `Not`, `AllOf` and `AnyOf` join them, and
`UnknownMatch` is what netaudit cannot decide: it may hold for one packet and not for the next, so nothing follows from
it, and nothing from its negation. `Sometimes` is known to hold for some packets and not for others that are the same.

    iptables  -s 192.0.2.0/24 ! -i eth0 -p tcp -m multiport --dports 80,8000:8080 -m limit --limit 5/s
    matches   InRanges(SADDR, ((192.0.2.0, 192.0.2.255),)), Not(Named(IIF, ("eth0",))), InRanges(PROTOCOL, ((6, 6),)),
              InRanges(DPORT, ((80, 80), (8000, 8080))), Sometimes("-m limit --limit 5/s")

Every field is a number of a fixed width (`WIDTH`), but for interface names, which are text. A field that a packet
does not have is never asked for without the match that says so standing before: ports behind `PROTOCOL`, addresses
behind `NFPROTO` where a table has both families, `CT_*` behind `CT_STATE`, `SKUID` behind `SOCKET`. So an encoder
may give an absent field any value.
"""

from collections.abc import Iterable
from enum import IntFlag, StrEnum

import msgspec

from netaudit.model.ranges import joined


class Field(StrEnum):
    """What is known of a packet while it is on its way; `width_of` returns the number of bits of each field."""

    NFPROTO = "nfproto"  # 2 is IPv4, 10 is IPv6
    PROTOCOL = "protocol"  # the transport protocol's number, behind IPv6's extension headers
    SADDR = "saddr"  # 32 or 128 bits wide: NFPROTO, or the table's family, tells
    DADDR = "daddr"
    SPORT = "sport"
    DPORT = "dport"
    ICMP_TYPE = "icmp-type"  # of ICMP or ICMPv6: PROTOCOL tells
    ICMP_CODE = "icmp-code"
    TCP_FLAGS = "tcp-flags"  # fin 1, syn 2, rst 4, psh 8, ack 16, urg 32, ecn 64, cwr 128
    FRAGMENT = "fragment"  # the offset of an IPv4 fragment, in units of 8 bytes; 0 behind connection tracking
    LENGTH = "length"  # of the IP packet, header and all
    TTL = "ttl"  # or hop limit
    DSCP = "dscp"
    ETHERTYPE = "ethertype"
    SMAC = "smac"
    DMAC = "dmac"
    PKTTYPE = "pkttype"  # 0 to this host, 1 broadcast, 2 multicast, 3 to another host
    MARK = "mark"

    IIF = "iif"  # names; "" where there is none: nothing came in, or has not been routed yet
    OIF = "oif"
    PHYSIN = "physin"  # the bridge's port, while br_netfilter shows bridged packets to IP's hooks; else ""
    PHYSOUT = "physout"
    BRIDGE_IN = "bridge-in"  # of tables of bridges, as written: netaudit.model.netfilter.bridges
    BRIDGE_OUT = "bridge-out"
    IIFTYPE = "iiftype"  # the kind of hardware behind IIF and OIF, as the kernel numbers them (ARPHRD_…)
    OIFTYPE = "oiftype"

    CT_STATE = "ct-state"  # exactly one bit of CtState
    CT_STATUS = "ct-status"  # bits: CT_SNAT, CT_DNAT
    CT_DIRECTION = "ct-direction"  # 0 original, 1 reply
    CT_MARK = "ct-mark"
    CT_PROTOCOL = "ct-protocol"
    CT_ORIG_SADDR = "ct-orig-saddr"  # of the connection's first packet, before any NAT
    CT_ORIG_DADDR = "ct-orig-daddr"
    CT_ORIG_SPORT = "ct-orig-sport"
    CT_ORIG_DPORT = "ct-orig-dport"
    CT_REPL_SADDR = "ct-repl-saddr"  # of the packets that are expected in return
    CT_REPL_DADDR = "ct-repl-daddr"
    CT_REPL_SPORT = "ct-repl-sport"
    CT_REPL_DPORT = "ct-repl-dport"

    # What the routing table says of an address: RouteType. "IIF", "OIF": only by addresses of that interface.
    SADDR_TYPE = "saddr-type"
    DADDR_TYPE = "daddr-type"
    SADDR_TYPE_IIF = "saddr-type-iif"
    DADDR_TYPE_IIF = "daddr-type-iif"
    SADDR_TYPE_OIF = "saddr-type-oif"
    DADDR_TYPE_OIF = "daddr-type-oif"
    REVERSE_PATH = "reverse-path"  # 1 where the way back to SADDR (for this MARK) leaves by IIF, else 0

    SOCKET = "socket"  # 1 for what a program of this host sends, else 0: only such packets have an owner
    SKUID = "skuid"
    SKGID = "skgid"


NAMES = frozenset({Field.IIF, Field.OIF, Field.PHYSIN, Field.PHYSOUT, Field.BRIDGE_IN, Field.BRIDGE_OUT})
ADDRESSES = frozenset(
    {
        Field.SADDR,
        Field.DADDR,
        Field.CT_ORIG_SADDR,
        Field.CT_ORIG_DADDR,
        Field.CT_REPL_SADDR,
        Field.CT_REPL_DADDR,
    }
)
_PORTS = (Field.SPORT, Field.DPORT, Field.CT_ORIG_SPORT, Field.CT_ORIG_DPORT, Field.CT_REPL_SPORT, Field.CT_REPL_DPORT)
_TYPES = tuple(field for field in Field if field.startswith(("saddr-type", "daddr-type")))
_BYTES = (
    *(Field.NFPROTO, Field.PROTOCOL, Field.CT_PROTOCOL),
    *(Field.ICMP_TYPE, Field.ICMP_CODE, Field.TCP_FLAGS, Field.TTL),
)
WIDTH: dict[Field, int] = {
    **dict.fromkeys(_BYTES, 8),
    **dict.fromkeys((*_PORTS, Field.IIFTYPE, Field.OIFTYPE), 16),
    **dict.fromkeys(_TYPES, 4),
    Field.FRAGMENT: 13,
    Field.LENGTH: 16,
    Field.DSCP: 6,
    Field.ETHERTYPE: 16,
    Field.SMAC: 48,
    Field.DMAC: 48,
    Field.PKTTYPE: 3,
    Field.MARK: 32,
    Field.CT_STATE: 7,
    Field.CT_STATUS: 16,
    Field.CT_DIRECTION: 1,
    Field.CT_MARK: 32,
    Field.REVERSE_PATH: 1,
    Field.SOCKET: 1,
    Field.SKUID: 32,
    Field.SKGID: 32,
}
NFPROTO_IPV4, NFPROTO_IPV6 = 2, 10
CT_SNAT, CT_DNAT = 0x10, 0x20


class CtState(IntFlag):
    """What connection tracking says of a packet, as nft's `ct state` counts it."""

    INVALID = 1
    ESTABLISHED = 2
    RELATED = 4
    NEW = 8
    UNTRACKED = 64


class RouteType(IntFlag):
    """The kinds of routes, and so of addresses, by their numbers in the kernel (rtm_type)."""

    UNSPEC = 0
    UNICAST = 1
    LOCAL = 2
    BROADCAST = 3
    ANYCAST = 4
    MULTICAST = 5
    BLACKHOLE = 6
    UNREACHABLE = 7
    PROHIBIT = 8


def width_of(field: Field, family: str) -> int:
    """Return the number of bits of a numeric field in a packet of family `ip` or `ip6`."""
    return WIDTH.get(field, 32 if family == "ip" else 128)


class InRanges(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The field is in one of the inclusive ranges, which are sorted and neither overlap nor touch; none: never."""

    field: Field
    ranges: tuple[tuple[int, int], ...]


class Masked(msgspec.Struct, frozen=True, gc=False, tag=True):
    """`field & mask == value`."""

    field: Field
    mask: int
    value: int


class Named(msgspec.Struct, frozen=True, gc=False, tag=True):
    """The interface has one of the names; one that ends in `*` stands for all that begin so, `*` for any but ""."""

    field: Field
    names: tuple[str, ...]


def is_named(name: str, pattern: str) -> bool:
    """Tell whether an interface has a name of `Named`; "" is no interface."""
    return name != "" and name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


class Not(msgspec.Struct, frozen=True, tag=True):
    """The match does not hold. The negation of an unknown match is unknown too."""

    match: "Match"


class AllOf(msgspec.Struct, frozen=True, tag=True):
    """All matches hold. Without any match, it always holds."""

    matches: "tuple[Match, ...]"


class AnyOf(msgspec.Struct, frozen=True, tag=True):
    """At least one match holds. Without any match, it never holds."""

    matches: "tuple[Match, ...]"


class UnknownMatch(msgspec.Struct, frozen=True, gc=False, tag=True):
    """What cannot be decided from a snapshot, word for word, and why."""

    text: str
    reason: str


class Sometimes(msgspec.Struct, frozen=True, gc=False, tag=True):
    """What holds for a packet now and then, by rate, count, chance or the time of day; word for word."""

    text: str


Match = InRanges | Masked | Named | Not | AllOf | AnyOf | UnknownMatch | Sometimes

ALWAYS = AllOf(())
NEVER = AnyOf(())


def equal(field: Field, *values: int) -> InRanges:
    """Return a match of one of some values of a field."""
    return in_ranges(field, ((int(value), int(value)) for value in values))


def in_ranges(field: Field, ranges: Iterable[tuple[int, int]]) -> InRanges:
    """Return a match of the union of ranges, which may come in any order."""
    return InRanges(field, joined(ranges))


def all_of(matches: Iterable[Match]) -> Match:
    """Return matches joined by `and`; a single match stays what it is."""
    flat = [part for match in matches for part in (match.matches if isinstance(match, AllOf) else (match,))]
    return flat[0] if len(flat) == 1 else AllOf(tuple(flat))


def any_of(matches: Iterable[Match]) -> Match:
    """Return matches joined by `or`: ranges of one field become one match, and so do names."""
    ranges: dict[Field, list[tuple[int, int]]] = {}
    names: dict[Field, list[str]] = {}
    others: list[Match] = []
    for match in matches:
        if isinstance(match, InRanges):
            ranges.setdefault(match.field, []).extend(match.ranges)
        elif isinstance(match, Named):
            names.setdefault(match.field, []).extend(match.names)
        else:
            others.append(match)
    parts: list[Match] = [in_ranges(field, found) for field, found in ranges.items()]
    parts += [Named(field, tuple(dict.fromkeys(found))) for field, found in names.items()]
    parts += others
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))
