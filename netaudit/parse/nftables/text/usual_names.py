"""Numbers of `nft -n` -> their names; services of `nft -S` -> their ports: what nft prints without either."""

from collections.abc import Mapping

from netaudit.model.netfilter.match import CtState, RouteType
from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.text.constants import read_duration
from netaudit.parse.reading.constants import (
    CT_DIRECTIONS,
    DSCP,
    ICMP_CODES,
    ICMP_TYPES,
    ICMPV6_CODES,
    ICMPV6_TYPES,
    NFPROTOS,
    PKTTYPES,
)
from netaudit.parse.reading.services import PORTS

Names = Mapping[int, str]
_PROTOCOLS = {
    1: "icmp",
    2: "igmp",
    6: "tcp",
    17: "udp",
    33: "dccp",
    47: "gre",
    50: "esp",
    51: "ah",
    58: "ipv6-icmp",
    89: "ospf",
    108: "comp",
    112: "vrrp",
    132: "sctp",
    136: "udplite",
}


def _first(table: Mapping[str, int]) -> Names:
    """Return the first name of each number."""
    return {value: name for name, value in reversed(list(table.items()))}


_STATES = {state.value: state.name.lower() for state in CtState if state.name}
_STATUS = {0x1: "expected", 0x2: "seen-reply", 0x4: "assured", 0x8: "confirmed", 0x10: "snat", 0x20: "dnat"}
_TCP = {1: "fin", 2: "syn", 4: "rst", 8: "psh", 16: "ack", 32: "urg", 64: "ecn", 128: "cwr"}
_ETHER = {0x0800: "ip", 0x0806: "arp", 0x8100: "8021q", 0x86DD: "ip6"}
_ROUTES = {kind.value: name.lower() for name, kind in RouteType.__members__.items()}
_EVENTS = {0x1: "new", 0x2: "related", 0x4: "destroy", 0x8: "reply", 0x10: "assured", 0x20: "protoinfo"}
_DAYS = dict(enumerate(("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")))
_NAMES: Mapping[str, Names] = {
    "inet_proto": _PROTOCOLS,
    "icmp_type": _first(ICMP_TYPES),
    "icmpv6_type": _first(ICMPV6_TYPES),
    "ct_state": _STATES,
    "ct_status": _STATUS,
    "ct_dir": _first(CT_DIRECTIONS),
    "tcp_flag": _TCP,
    "fib_addrtype": _ROUTES,
    "pkt_type": {0: "host", **{value: name for value, name in _first(PKTTYPES).items() if value}},
    "ether_type": _ETHER,
    "nf_proto": _first(NFPROTOS),
    "dscp": _first(DSCP),
    "ct_event": _EVENTS | {0x40: "helper", 0x80: "mark", 0x400: "label"},
    "day": _DAYS,
    "arphrd": {1: "ether", 772: "loopback", 512: "ppp", 65534: "none"},
    "icmp": _first(ICMP_CODES),
    "icmpv6": _first(ICMPV6_CODES),
    "icmpx": {0: "no-route", 1: "port-unreachable", 2: "host-unreachable", 3: "admin-prohibited"},
}
_NUMBERED = frozenset({"inet_proto", "fib_addrtype", "ct_state"})  # nft's JSON names no end of their ranges
_KINDS: Mapping[tuple[str, str], str] = {
    ("meta", "l4proto"): "inet_proto",
    ("meta", "nfproto"): "nf_proto",
    ("meta", "protocol"): "ether_type",
    ("meta", "pkttype"): "pkt_type",
    ("ip", "protocol"): "inet_proto",
    ("ip6", "nexthdr"): "inet_proto",
    ("ip", "dscp"): "dscp",
    ("ip6", "dscp"): "dscp",
    ("icmp", "type"): "icmp_type",
    ("icmpv6", "type"): "icmpv6_type",
    ("tcp", "flags"): "tcp_flag",
    ("ether", "type"): "ether_type",
    ("ct", "state"): "ct_state",
    ("ct", "status"): "ct_status",
    ("ct", "direction"): "ct_dir",
    ("ct", "protocol"): "inet_proto",
    ("ct", "l3proto"): "nf_proto",
    ("ct", "proto-src"): "inet_service",
    ("ct", "proto-dst"): "inet_service",
    ("fib", "type"): "fib_addrtype",
    ("fib", "oif"): "boolean",
    ("meta", "ipsec"): "boolean",
    ("meta", "iif"): "iface_index",
    ("meta", "oif"): "iface_index",
    ("meta", "iiftype"): "arphrd",
    ("meta", "oiftype"): "arphrd",
    ("meta", "day"): "day",
    ("ct", "event"): "ct_event",
    ("ct", "expiration"): "duration",
}


def kinds_of(key: Json) -> tuple[str, ...]:
    """Return the type, as sets have it, of a key or of each part of a concatenation; "" for one without names."""
    match key:
        case {"concat": [*parts]}:
            return tuple(kinds_of(part)[0] for part in parts)
        case {"typeof": inner} | {"&": [inner, *_]}:
            return kinds_of(inner)
        case list():
            return tuple(map(str, key)) or ("",)
        case dict():
            return (_kind(key),)
        case _:
            return (key if isinstance(key, str) else "",)


def _kind(key: Mapping[str, Json]) -> str:  # noqa: PLR0911 (a table of cases: one line each)
    match key:
        case {"payload": {"field": "sport" | "dport"}}:
            return "inet_service"
        case {"payload": {"protocol": protocol, "field": field}}:
            return _KINDS.get((protocol, field), "")
        case {"meta": {"key": name}} | {"ct": {"key": name}}:
            return _KINDS.get((next(iter(key)), name), "")
        case {"fib": {"result": result}}:
            return _KINDS.get(("fib", result), "")
        case {"rt": {"key": "ipsec"}}:
            return "boolean"
        case {"exthdr": body} | {"tcp option": body} | {"ip option": body} if not {"field", "base"} & body.keys():
            return "boolean"
        case _:
            return ""


def with_names(value: Json, kinds: tuple[str, ...]) -> Json:
    """Return a value as nft prints it without options; `kinds` are the types of its parts."""
    match value:
        case {"set": [*elements]}:
            return {"set": [_element(one, kinds) for one in elements]}
        case {"concat": [*parts]} if len(parts) == len(kinds):
            return {"concat": [with_names(part, (kind,)) for part, kind in zip(parts, kinds, strict=True)]}
        case {"range": [*ends]} if kinds[0] in _NUMBERED:
            return {"range": [_named(end, kinds[0]) if isinstance(end, str) else end for end in ends]}
        case {"range": [*ends]} | {"|": [*ends]}:
            return {next(iter(value)): [with_names(end, kinds) for end in ends]}
        case list():
            return [with_names(part, kinds) for part in value]
        case _:
            return _named(value, kinds[0])


def _element(value: Json, kinds: tuple[str, ...]) -> Json:
    match value:
        case [key, data]:
            return [_element(key, kinds), data]
        case {"elem": {"val": inner, **more}}:
            return {"elem": {"val": with_names(inner, kinds), **more}}
        case _:
            return with_names(value, kinds)


def _named(value: Json, kind: str) -> Json:
    """Name a constant of a type."""
    if kind == "duration" and isinstance(value, str):
        seconds = read_duration(value)
        return value if seconds is None else seconds
    if kind == "inet_service" and isinstance(value, str):
        ports = PORTS.get(value, ()) or PORTS.get(f"{value}/tcp", ()) or PORTS.get(f"{value}/udp", ())
        return ports[0] if ports else value
    if type(value) is not int:
        return value
    if kind == "iface_index":  # of an interface that is gone: nft prints the number in the place of its name
        return str(value)
    return bool(value) if kind == "boolean" else _NAMES.get(kind, {}).get(value, value)


def name_data(data: Json, key: Json, kinds: tuple[str, ...] = ("",)) -> Json:
    """Return the elements of a map that a key looks up, keys and values named."""
    match data:
        case {"set": [*elements]}:
            named = [_element(one, kinds_of(key)) for one in elements]
            return {"set": [[one[0], with_names(one[1], kinds)] if isinstance(one, list) else one for one in named]}
        case _:
            return data
