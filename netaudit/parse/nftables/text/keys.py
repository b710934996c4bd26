"""What can be read of a packet -> JSON: payload, meta data, connection, routes, sockets, made-up numbers."""

import re
from collections.abc import Callable

from netaudit.parse.nftables.formats import Json, fib_result
from netaudit.parse.nftables.text.fields import BARE_META, EXTENSION_HEADERS, FIELDS, META, TUNNELS, names_in
from netaudit.parse.nftables.text.tokens import Cursor, Kind, NotNftError

Expression = Callable[[Cursor], Json]
_RAW = re.compile(r"@(ll|nh|th|ih)")
_DIRECTIONS = ("original", "reply")
_ROUTE_KEYS = ("classid", "nexthop", "mtu", "ipsec")
_FIB_FLAGS = ("saddr", "daddr", "mark", "iif", "oif")
_FIB_RESULTS = ("oif", "oifname", "type", "check")
_CT = names_in(
    """
    state direction status mark expiration helper l3proto protocol src dst proto-src proto-dst label labels
    packets bytes avgpkt zone event id secmark count saddr daddr timeout expectation
    """
)


def read_key(cursor: Cursor, expression: Expression) -> Json:
    """Read a key; None, with nothing read, where no key stands. Raises NotNftError for half of one."""
    token = cursor.peek()
    if token.kind is not Kind.WORD:
        return None
    if raw := _RAW.fullmatch(token.text):
        return _raw(cursor, raw[1])
    following = cursor.word(1)
    if token.text in _READERS and _READERS[token.text][0](following):
        cursor.take()
        return _READERS[token.text][1](cursor, expression)
    if token.text in BARE_META:
        return {"meta": {"key": cursor.take().text}}
    return _payload(cursor, token.text, following)


def _payload(cursor: Cursor, protocol: str, following: str) -> Json:
    """Read `tcp dport`, `arp saddr ip`, `frag more-fragments`, `vxlan ip saddr`."""
    if protocol in EXTENSION_HEADERS and following in EXTENSION_HEADERS[protocol]:
        cursor.take()
        return {"exthdr": {"name": protocol, "field": cursor.take().text}}
    if protocol in TUNNELS and following in FIELDS and cursor.word(2) in FIELDS[following]:
        cursor.take()
        return {"payload": {"tunnel": protocol, "protocol": cursor.take().text, "field": cursor.take().text}}
    if following not in FIELDS.get(protocol, ()):
        return None
    cursor.take()
    field = cursor.take().text
    if protocol == "arp" and field in ("saddr", "daddr") and (of := cursor.skip("ip", "ether")):
        field = f"{field} {of}"
    return {"payload": {"protocol": protocol, "field": field}}


def _raw(cursor: Cursor, base: str) -> Json:
    """Read `@th,16,16`."""
    cursor.take()
    cursor.expect(",")
    offset = cursor.number()
    cursor.expect(",")
    return {"payload": {"base": base, "offset": offset, "len": cursor.number()}}


def _ct(cursor: Cursor, _: Expression) -> Json:
    direction = cursor.skip(*_DIRECTIONS)
    family = cursor.skip("ip", "ip6")
    name = cursor.take().text
    if name not in _CT:
        raise NotNftError
    key = f"{family} {name}" if family else name
    return {"ct": {"key": key, **({"dir": direction} if direction else {})}}


def _meta(cursor: Cursor, _: Expression) -> Json:
    return {"meta": {"key": cursor.take().text}}


def _fib(cursor: Cursor, _: Expression) -> Json:
    flags = [cursor.take().text]
    while cursor.skip("."):
        flags.append(cursor.take().text)
    result = cursor.skip(*_FIB_RESULTS)
    if not result or not {*flags} <= {*_FIB_FLAGS}:
        raise NotNftError
    return {"fib": {"result": fib_result({"result": result}), "flags": flags}}


def _route(cursor: Cursor, _: Expression) -> Json:
    family = cursor.skip("ip", "ip6")
    return {"rt": {"key": cursor.take().text, **({"family": family} if family else {})}}


def _socket(cursor: Cursor, _: Expression) -> Json:
    key = cursor.take().text
    if cursor.skip("level"):
        return {"socket": {"key": key, "level": cursor.number()}}
    return {"socket": {"key": key}}


def _osf(cursor: Cursor, _: Expression) -> Json:
    ttl = cursor.take().text if cursor.skip("ttl") else ""
    return {"osf": {"key": cursor.take().text, **({"ttl": ttl} if ttl else {})}}


def _ipsec(cursor: Cursor, _: Expression) -> Json:
    found: dict[str, Json] = {"dir": cursor.take().text}
    if cursor.skip("spnum"):
        found["spnum"] = cursor.number()
    if family := cursor.skip("ip", "ip6"):
        found["family"] = family
    return {"ipsec": {"key": cursor.take().text, **found}}


def _numgen(cursor: Cursor, _: Expression) -> Json:
    mode = cursor.take().text
    cursor.expect("mod")
    return {"numgen": {"mode": mode, "mod": cursor.number(), "offset": _offset(cursor)}}


def _jhash(cursor: Cursor, expression: Expression) -> Json:
    cursor.deeper()
    inner = expression(cursor)
    cursor.higher()
    cursor.expect("mod")
    found: dict[str, Json] = {"mod": cursor.number(), "expr": inner}
    if cursor.skip("seed"):
        found["seed"] = cursor.number()
    offset = _offset(cursor)
    return {"jhash": found | ({"offset": offset} if offset else {})}


def _symhash(cursor: Cursor, _: Expression) -> Json:
    cursor.expect("mod")
    mod, offset = cursor.number(), _offset(cursor)
    return {"symhash": {"mod": mod, **({"offset": offset} if offset else {})}}


def _offset(cursor: Cursor) -> int:
    return cursor.number() if cursor.skip("offset") else 0


def _option(kind: str) -> Callable[[Cursor, Expression], Json]:
    def read(cursor: Cursor, _: Expression) -> Json:
        cursor.take()  # `option` or `chunk`
        if cursor.word().startswith("@"):
            base = cursor.take().text.removeprefix("@")
            cursor.expect(",")
            offset = cursor.number()
            cursor.expect(",")
            return {kind: {"base": int(base), "offset": offset, "len": cursor.number()}}
        found: dict[str, Json] = {"name": _option_name(cursor.take().text)}
        if cursor.word() in _OPTION_FIELDS:
            found["field"] = cursor.take().text
        return {kind: found}

    return read


def _option_name(word: str) -> Json:
    return int(word) if word.isdecimal() and len(word) < 4 else word


def _exthdr(cursor: Cursor, _: Expression) -> Json:
    return {"exthdr": {"name": cursor.take().text}}


_OPTION_FIELDS = names_in(
    """
    kind length count size left right left2 right2 left3 right3 tsval tsecr subtype addr ptr type value flags
    stream init-tsn initial-tsn a-rwnd num-inbound-streams num-outbound-streams cum-tsn-ack num-gap-ack-blocks
    num-dup-tsns lowest-tsn seqno new-cum-tsn tsn ssn ppid
    """
)
Starts = Callable[[str], bool]
_READERS: dict[str, tuple[Starts, Callable[[Cursor, Expression], Json]]] = {
    "meta": (lambda word: word in META, _meta),
    "ct": (lambda word: word in _CT or word in ("original", "reply", "ip", "ip6"), _ct),
    "fib": (lambda word: word in _FIB_FLAGS, _fib),
    "rt": (lambda word: word in _ROUTE_KEYS or word in ("ip", "ip6"), _route),
    "socket": (lambda word: word in ("transparent", "mark", "wildcard", "cgroupv2"), _socket),
    "osf": (lambda word: word in ("ttl", "name", "version"), _osf),
    "ipsec": (lambda word: word in ("in", "out"), _ipsec),
    "numgen": (lambda word: word in ("inc", "random"), _numgen),
    "jhash": (lambda _: True, _jhash),
    "symhash": (lambda word: word == "mod", _symhash),
    "tcp": (lambda word: word == "option", _option("tcp option")),
    "ip": (lambda word: word == "option", _option("ip option")),
    "sctp": (lambda word: word == "chunk", _option("sctp chunk")),
    "dccp": (lambda word: word == "option", _option("dccp option")),
    "exthdr": (lambda word: word in EXTENSION_HEADERS, _exthdr),
}
