"""Expressions of nft that read no field of an ordinary packet: numbers that are made up, and absent headers."""

from netaudit.model.netfilter.match import Field, Match, equal
from netaudit.parse.nftables.formats import Json
from netaudit.parse.reading import constants as names

_MADE_UP = frozenset({"numgen", "jhash", "symhash"})
_TIMES = frozenset({"time", "day", "hour", "random"})
_OF_CONNECTION = frozenset({"packets", "bytes", "avgpkt", "expiration"})
_IP_OPTIONS = frozenset({"ip option", "exthdr", "sctp chunk", "dccp option"})
_HEADERS = frozenset({"ah", "esp", "comp", "frag", "hbh", "dst", "mh", "rt", "srh", "gre", "gretap", "vxlan", "geneve"})


def is_by_chance(expression: Json) -> bool:
    """Tell whether an expression gives now this, now that: a counted, random or hashed number, or the time of day."""
    match expression:
        case {"meta": {"key": key}}:
            return key in _TIMES
        case {"ct": {"key": key}}:
            return key in _OF_CONNECTION
        case {"concat": [*parts]}:
            return any(map(is_by_chance, parts))
        case {"&": [inner, _]}:
            return is_by_chance(inner)
        case dict():
            return not _MADE_UP.isdisjoint(expression)
        case _:
            return False


def is_of_absent_header(expression: Json) -> bool:
    """Tell whether an expression reads a header or an option that ordinary packets of TCP, UDP or ICMP do not have."""
    match expression:
        case {"payload": {"protocol": protocol}}:
            return protocol in _HEADERS
        case {"concat": [*parts]}:
            return any(map(is_of_absent_header, parts))
        case {"&": [inner, _]}:
            return is_of_absent_header(inner)
        case dict():
            return not _IP_OPTIONS.isdisjoint(expression)
        case _:
            return False


def within(expression: Json) -> tuple[Match, ...]:
    """Return of which frames an expression reads a header that only other frames than IP's have."""
    match expression:
        case {"payload": {"protocol": "arp" | "vlan" as protocol}}:
            return (equal(Field.ETHERTYPE, names.ETHERTYPES[protocol]),)
        case {"&": [inner, _]}:
            return within(inner)
        case _:
            return ()


def numbers_made_up(expression: Json) -> int | None:
    """Return how many numbers an expression makes up, counted from its offset; None for another expression."""
    match expression:
        case {"numgen": {"mod": int() as count, **more}} | {"jhash": {"mod": int() as count, **more}}:
            return None if more.get("offset") else count
        case {"symhash": {"mod": int() as count, **more}}:
            return None if more.get("offset") else count
        case _:
            return None
