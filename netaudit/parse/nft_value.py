"""nft's JSON values -> the text that nft prints: constants, sets, and the expressions that yield them.

How a constant looks hangs on what it is compared with: a name in quotes, a mark in hexadecimal.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from itertools import chain, repeat
from typing import Any

import msgspec

# An nft JSON value: the schema is libnftables-json(5).
Json = Any


class Look(Enum):
    """How nft prints the constants of a type."""

    PLAIN = "plain"
    QUOTED = "quoted"
    MARK = "mark"  # 0x00000001
    BITS = "bits"  # 0x1
    DURATION = "duration"  # 1m30s


Looks = tuple[Look, ...]  # one for each part of a concatenation
PLAIN: Looks = (Look.PLAIN,)

_VERDICTS = frozenset({"accept", "drop", "continue", "return"})
# Meta keys that nft prints without the word `meta`.
_BARE_META = frozenset({"iif", "iifname", "iifgroup", "oif", "oifname", "oifgroup"})
# The tighter an operator binds, the lower its number.
_OPERATORS = {"<<": 0, ">>": 0, "&": 1, "^": 2, "|": 3}
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))

# What is printed unlike a plain number or word: by the key of an expression, and by the type of a set.
_META_LOOKS = {"mark": Look.MARK} | dict.fromkeys(
    (
        *("iif", "iifname", "iifkind", "oif", "oifname", "oifkind", "ibrname", "obrname", "sdif", "sdifname"),
        *("skuid", "skgid", "time", "day", "hour"),
    ),
    Look.QUOTED,
)
_CT_LOOKS = {"mark": Look.MARK, "helper": Look.QUOTED, "expiration": Look.DURATION}
_FIB_LOOKS = {"oif": Look.QUOTED, "oifname": Look.QUOTED}
_SOCKET_LOOKS = {"mark": Look.MARK, "cgroupv2": Look.QUOTED}
_TYPE_LOOKS = {
    "mark": Look.MARK,
    "ifname": Look.QUOTED,
    "iface_index": Look.QUOTED,
    "string": Look.QUOTED,
    "time": Look.DURATION,
}


def print_value(value: Json, looks: Looks = PLAIN) -> str:  # noqa: C901, PLR0911 (a table of cases: one line each)
    """Print a constant, a set, an element, a verdict, or an expression that yields a value."""
    match value:
        case bool():
            return "exists" if value else "missing"
        case str() | int():
            return _constant(value, looks[0])
        case list():
            return ",".join(print_value(part, looks) for part in value)
        case {"prefix": {"addr": address, "len": length}}:
            return f"{print_value(address)}/{length}"
        case {"range": [first, last]}:
            return f"{print_value(first, looks)}-{print_value(last, looks)}"
        case {"set": list() as elements}:
            return _braced(print_value(element, looks) for element in elements)
        case {"concat": list() as parts}:
            each = chain(looks, repeat(Look.PLAIN))
            return " . ".join(print_value(part, (look,)) for part, look in zip(parts, each, strict=False))
        case {"map": {"key": key, "data": data}}:
            return f"{print_value(key)} map {print_map(data, looks_of(key), looks)}"
        case {"elem": {"val": key, **details}}:
            return print_value(key, looks) + _details(details)
        case {"jump" | "goto" as verb: {"target": target}}:
            return f"{verb} {target}"
        case dict() if len(value) == 1:
            return _expression(value, *next(iter(value.items())))
        case _:
            return verbatim(value)


def print_map(data: Json, keys: Looks, values: Looks = PLAIN) -> str:
    """Print a map: its name, or its elements."""
    match data:
        case {"set": list() as elements}:
            return _braced(print_element(element, keys, values) for element in elements)
        case _:
            return print_value(data)


def print_element(element: Json, keys: Looks, values: Looks = PLAIN) -> str:
    """Print an element of a set, or `key : value` of a map."""
    match element:
        case [key, value]:
            return f"{print_value(key, keys)} : {print_value(value, values)}"
        case _:
            return print_value(element, keys)


def print_duration(seconds: int) -> str:
    """Print `1m30s`."""
    parts = []
    for unit, length in _UNITS:
        count, seconds = divmod(seconds, length)
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def looks_of(key: Json) -> Looks:
    """Tell how the constants look that are compared with an expression."""
    match key:
        case {"concat": [*parts]}:
            return tuple(looks_of(part)[0] for part in parts)
        case {"&" | "|" | "^" | "<<" | ">>": [left, *_]}:
            return looks_of(left)
        case {"payload": {"base": _}}:
            return (Look.BITS,)
        case {"osf": _}:
            return (Look.QUOTED,)
        case {"meta": {"key": str() as name}}:
            return (_META_LOOKS.get(name, Look.PLAIN),)
        case {"ct": {"key": str() as name}}:
            return (_CT_LOOKS.get(name, Look.PLAIN),)
        case {"socket": {"key": str() as name}}:
            return (_SOCKET_LOOKS.get(name, Look.PLAIN),)
        case {"fib": {"result": str() as name}}:
            return (_FIB_LOOKS.get(name, Look.PLAIN),)
        case _:
            return PLAIN


def looks_of_type(kind: Json) -> Looks:
    """Tell how the elements of a set of this type look."""
    match kind:
        case {"typeof": key}:
            return looks_of(key)
        case list():
            return tuple(looks_of_type(part)[0] for part in kind)
        case str():
            return (_TYPE_LOOKS.get(kind, Look.PLAIN),)
        case _:
            return PLAIN


def verbatim(value: Json) -> str:
    """Keep what is not understood, word for word."""
    return "json " + msgspec.json.encode(value, order="sorted").decode()


def _constant(value: str | int, look: Look) -> str:
    match value, look:
        case str(), Look.QUOTED if not value.startswith("@"):
            return f'"{value}"'
        case int(), Look.MARK:
            return f"0x{value:08x}"
        case int(), Look.BITS:
            return f"{value:#x}"
        case int(), Look.DURATION:
            return print_duration(value)
        case _:
            return str(value)


def _braced(elements: Iterable[str]) -> str:
    return "{ " + ", ".join(elements) + " }"


def _details(details: Mapping[str, Json]) -> str:
    """Print what an element has beside its value, but for what moves by itself."""
    timeout = details.get("timeout")
    comment = details.get("comment")
    return (f" timeout {print_duration(timeout)}" if isinstance(timeout, int) else "") + (
        f' comment "{comment}"' if comment is not None else ""
    )


def _expression(whole: Json, name: str, body: Json) -> str:
    if name in _VERDICTS:
        return name
    if name in _OPERATORS and isinstance(body, list):
        return _operation(name, body)
    if name in _EXPRESSIONS and isinstance(body, Mapping):
        return _EXPRESSIONS[name](body)
    return verbatim(whole)


def _operation(operator: str, operands: Sequence[Json]) -> str:
    """Print `meta mark & 0x000000ff`; a shift's second operand is a plain number."""
    first, *others = operands
    looks = PLAIN if operator in ("<<", ">>") else looks_of(first)
    return f" {operator} ".join([_operand(first, operator), *(print_value(other, looks) for other in others)])


def _operand(value: Json, operator: str) -> str:
    inner = next(iter(value)) if isinstance(value, dict) else ""
    loose = _OPERATORS.get(inner, 0) > _OPERATORS[operator]
    return f"({print_value(value)})" if loose else print_value(value)


def _words(*words: Json) -> str:
    return " ".join(str(word) for word in words if word)


def _meta(body: Mapping[str, Json]) -> str:
    key = str(body.get("key"))
    return key if key in _BARE_META else f"meta {key}"


def _payload(body: Mapping[str, Json]) -> str:
    return _raw(body) if "base" in body else f"{body.get('protocol')} {body.get('field')}"


def _option(kind: str, body: Mapping[str, Json]) -> str:
    return _words(kind, _raw(body) if "base" in body else body.get("name"), body.get("field"))


def _raw(body: Mapping[str, Json]) -> str:
    return f"@{body['base']},{body.get('offset')},{body.get('len')}"


def _fib(body: Mapping[str, Json]) -> str:
    flags = body.get("flags")
    return f"fib {' . '.join(flags) if isinstance(flags, list) else flags} {body.get('result')}"


def _generated(kind: str, body: Mapping[str, Json]) -> str:
    """Print a number that nft makes up: counted, random, or hashed."""
    what = body.get("mode") or (print_value(body["expr"]) if "expr" in body else "")
    seed = f"seed {body['seed']:#x}" if body.get("seed") else ""
    offset = f"offset {body['offset']}" if body.get("offset") else ""
    return _words(kind, what, "mod", body.get("mod"), seed, offset)


_EXPRESSIONS: dict[str, Callable[[Mapping[str, Json]], str]] = {
    "meta": _meta,
    "payload": _payload,
    "ct": lambda body: _words("ct", body.get("dir"), body.get("family"), body.get("key")),
    "fib": _fib,
    "rt": lambda body: _words("rt", body.get("family"), body.get("key")),
    "socket": lambda body: f"socket {body.get('key')}",
    "osf": lambda body: _words("osf", f"ttl {body['ttl']}" if "ttl" in body else "", body.get("key")),
    "ipsec": lambda body: _words(
        "ipsec",
        body.get("dir"),
        f"spnum {body['spnum']}" if body.get("spnum") else "",
        body.get("family"),
        body.get("key"),
    ),
    "tcp option": lambda body: _option("tcp option", body),
    "ip option": lambda body: _option("ip option", body),
    "exthdr": lambda body: _words("" if "field" in body else "exthdr", body.get("name"), body.get("field")),
    "numgen": lambda body: _generated("numgen", body),
    "jhash": lambda body: _generated("jhash", body),
    "symhash": lambda body: _generated("symhash", body),
}
