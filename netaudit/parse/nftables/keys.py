"""What an nft expression reads from a packet: `tcp dport`, `ct state`, `meta mark & 0xff` -> fields."""

import ipaddress
from collections.abc import Callable, Mapping

import msgspec

from netaudit.model.netfilter.match import (
    NFPROTO_IPV4,
    NFPROTO_IPV6,
    CtState,
    Field,
    Match,
    Named,
    Not,
    equal,
)
from netaudit.parse.nftables.formats import Json, fib_result
from netaudit.parse.reading import constants as names
from netaudit.parse.reading.values import mac

_IPV4, _IPV6 = equal(Field.NFPROTO, NFPROTO_IPV4), equal(Field.NFPROTO, NFPROTO_IPV6)
CONNECTION = Not(equal(Field.CT_STATE, CtState.INVALID, CtState.UNTRACKED))
_SOCKET = equal(Field.SOCKET, 1)
Constant = Callable[[str], int]


class Key(msgspec.Struct, frozen=True):
    """A field, how its constants are read, and what has to hold before it may be asked for.

    `mask` is None where the whole field is compared. `flags` is set where a list of constants means bits.
    """

    field: Field
    constant: Constant
    before: tuple[Match, ...] = ()
    mask: int | None = None
    flags: bool = False


def _named(table: Mapping[str, int]) -> Constant:
    return lambda word: names.number(word, table)


def _address(word: str) -> int:
    return int(ipaddress.ip_address(word))


_PLAIN = _named({})
_PROTOCOL = _named(names.PROTOCOLS)
_ROUTE = _named(names.ROUTE_TYPES)


def _ports(protocol: str) -> dict[tuple[str, str], Key]:
    before = () if protocol == "th" else (equal(Field.PROTOCOL, names.PROTOCOLS[protocol]),)
    fields = {"sport": Field.SPORT, "dport": Field.DPORT}
    return {(protocol, name): Key(field, _PLAIN, before) for name, field in fields.items()}


_ICMP = (_IPV4, equal(Field.PROTOCOL, 1))
_ICMPV6 = (_IPV6, equal(Field.PROTOCOL, 58))
_PAYLOADS: Mapping[tuple[str, str], Key] = {
    ("ip", "saddr"): Key(Field.SADDR, _address, (_IPV4,)),
    ("ip", "daddr"): Key(Field.DADDR, _address, (_IPV4,)),
    ("ip", "protocol"): Key(Field.PROTOCOL, _PROTOCOL, (_IPV4,)),
    ("ip", "ttl"): Key(Field.TTL, _PLAIN, (_IPV4,)),
    ("ip", "length"): Key(Field.LENGTH, _PLAIN, (_IPV4,)),
    ("ip", "dscp"): Key(Field.DSCP, _named(names.DSCP), (_IPV4,)),
    ("ip6", "saddr"): Key(Field.SADDR, _address, (_IPV6,)),
    ("ip6", "daddr"): Key(Field.DADDR, _address, (_IPV6,)),
    ("ip6", "nexthdr"): Key(Field.PROTOCOL, _PROTOCOL, (_IPV6,)),
    ("ip6", "hoplimit"): Key(Field.TTL, _PLAIN, (_IPV6,)),
    ("ip6", "dscp"): Key(Field.DSCP, _named(names.DSCP), (_IPV6,)),
    ("icmp", "type"): Key(Field.ICMP_TYPE, _named(names.ICMP_TYPES), _ICMP),
    ("icmp", "code"): Key(Field.ICMP_CODE, _named(names.ICMP_CODES), _ICMP),
    ("icmpv6", "type"): Key(Field.ICMP_TYPE, _named(names.ICMPV6_TYPES), _ICMPV6),
    ("icmpv6", "code"): Key(Field.ICMP_CODE, _named(names.ICMPV6_CODES), _ICMPV6),
    ("tcp", "flags"): Key(Field.TCP_FLAGS, _named(names.TCP_FLAGS), (equal(Field.PROTOCOL, 6),), flags=True),
    ("ether", "saddr"): Key(Field.SMAC, mac),
    ("ether", "daddr"): Key(Field.DMAC, mac),
    ("ether", "type"): Key(Field.ETHERTYPE, _named(names.ETHERTYPES)),
    **{
        key: value
        for protocol in ("tcp", "udp", "sctp", "dccp", "udplite", "th")
        for key, value in _ports(protocol).items()
    },
}
_META: Mapping[str, Key] = {
    "iif": Key(Field.IIF, _PLAIN),
    "iifname": Key(Field.IIF, _PLAIN),
    "oif": Key(Field.OIF, _PLAIN),
    "oifname": Key(Field.OIF, _PLAIN),
    "ibrname": Key(Field.BRIDGE_IN, _PLAIN),
    "obrname": Key(Field.BRIDGE_OUT, _PLAIN),
    "iiftype": Key(Field.IIFTYPE, _named(names.LINK_TYPES), (Named(Field.IIF, ("*",)),)),
    "oiftype": Key(Field.OIFTYPE, _named(names.LINK_TYPES), (Named(Field.OIF, ("*",)),)),
    "l4proto": Key(Field.PROTOCOL, _PROTOCOL),
    "nfproto": Key(Field.NFPROTO, _named(names.NFPROTOS)),
    "protocol": Key(Field.ETHERTYPE, _named(names.ETHERTYPES)),
    "mark": Key(Field.MARK, _PLAIN),
    "pkttype": Key(Field.PKTTYPE, _named(names.PKTTYPES)),
    "length": Key(Field.LENGTH, _PLAIN),
    "skuid": Key(Field.SKUID, _named({"root": 0}), (_SOCKET,)),
    "skgid": Key(Field.SKGID, _named({"root": 0}), (_SOCKET,)),
}
_CT: Mapping[tuple[str, str], Key] = {
    ("", "state"): Key(Field.CT_STATE, _named(names.CT_STATES), flags=True),
    ("", "status"): Key(Field.CT_STATUS, _named(names.CT_STATUS), (CONNECTION,), flags=True),
    ("", "direction"): Key(Field.CT_DIRECTION, _named(names.CT_DIRECTIONS), (CONNECTION,)),
    ("", "l3proto"): Key(Field.NFPROTO, _named(names.NFPROTOS), (CONNECTION,)),
    ("", "mark"): Key(Field.CT_MARK, _PLAIN, (CONNECTION,)),
    **{
        (direction, "protocol"): Key(Field.CT_PROTOCOL, _PROTOCOL, (CONNECTION,))
        for direction in ("", "original", "reply")
    },
}
_CT_TUPLES = {
    "original": (Field.CT_ORIG_SADDR, Field.CT_ORIG_DADDR, Field.CT_ORIG_SPORT, Field.CT_ORIG_DPORT),
    "reply": (Field.CT_REPL_SADDR, Field.CT_REPL_DADDR, Field.CT_REPL_SPORT, Field.CT_REPL_DPORT),
}
_FIB: Mapping[tuple[str, frozenset[str]], Field] = {
    ("type", frozenset({"saddr"})): Field.SADDR_TYPE,
    ("type", frozenset({"daddr"})): Field.DADDR_TYPE,
    ("type", frozenset({"saddr", "iif"})): Field.SADDR_TYPE_IIF,
    ("type", frozenset({"daddr", "iif"})): Field.DADDR_TYPE_IIF,
    ("type", frozenset({"saddr", "oif"})): Field.SADDR_TYPE_OIF,
    ("type", frozenset({"daddr", "oif"})): Field.DADDR_TYPE_OIF,
    ("oif", frozenset({"saddr", "iif"})): Field.REVERSE_PATH,
    ("oif", frozenset({"saddr", "iif", "mark"})): Field.REVERSE_PATH,
}


def read_key(expression: Json) -> Key | None:
    """Say what an expression reads; None for one that is not known here."""
    match expression:
        case {"payload": {"protocol": str() as protocol, "field": str() as field}}:
            return _PAYLOADS.get((protocol, field))
        case {"meta": {"key": str() as key}}:
            return _META.get(key)
        case {"ct": {"key": str() as key, **more}}:
            return _ct(key, str(more.get("dir", "")))
        case {"fib": {"result": str(), "flags": flags} as body}:
            return _fib(fib_result(body), frozenset([flags] if isinstance(flags, str) else flags))
        case {"&": [inner, mask]}:
            return _with_mask(read_key(inner), mask)
        case _:
            return None


def _ct(key: str, direction: str) -> Key | None:
    if direction not in _CT_TUPLES:
        return _CT.get(("", key))
    saddr, daddr, sport, dport = _CT_TUPLES[direction]
    fields = {"proto-src": sport, "proto-dst": dport}
    if key in fields:
        return Key(fields[key], _PLAIN, (CONNECTION,))
    family, _, end = key.rpartition(" ")
    addresses = {"saddr": saddr, "daddr": daddr}
    if end in addresses:
        of_family = {"ip": (_IPV4,), "ip6": (_IPV6,)}.get(family, ())
        return Key(addresses[end], _address, (*of_family, CONNECTION))
    return _CT.get((direction, key))


def _fib(result: str, flags: frozenset[str]) -> Key | None:
    field = _FIB.get((result, flags))
    return None if field is None else Key(field, _ROUTE)


def _with_mask(key: Key | None, mask: Json) -> Key | None:
    if key is None or key.mask is not None:
        return None
    return msgspec.structs.replace(key, mask=bits(key, mask))


def bits(key: Key, value: Json) -> int:
    """Read constants as bits that are set together. Raises ValueError for other constants."""
    match value:
        case bool():
            raise ValueError(value)
        case int():
            return value
        case str():
            return key.constant(value)
        case list() | {"|": list()}:
            found = 0
            for part in value["|"] if isinstance(value, dict) else value:
                found |= bits(key, part)
            return found
        case _:
            raise ValueError(value)
