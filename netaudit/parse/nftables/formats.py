"""How nft prints a constant hangs on what it is compared with: a name in quotes, a mark in hexadecimal."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

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

# The tighter an operator binds, the lower its number.
OPERATORS = {"<<": 0, ">>": 0, "&": 1, "^": 2, "|": 3}
_QUOTED_META = (
    *("iif", "iifname", "iifkind", "oif", "oifname", "oifkind", "ibrname", "obrname", "sdif", "sdifname"),
    *("skuid", "skgid", "time", "day", "hour"),
)
# What is compared with constants that look unlike a plain number or word: expressions, by what tells them apart,
# and the types of sets.
_LOOKS: Mapping[str, tuple[str, Mapping[str, Look]]] = {
    "meta": ("key", {"mark": Look.MARK} | dict.fromkeys(_QUOTED_META, Look.QUOTED)),
    "ct": ("key", {"mark": Look.MARK, "helper": Look.QUOTED, "expiration": Look.DURATION}),
    "fib": ("result", {"oif": Look.QUOTED, "oifname": Look.QUOTED}),
    "osf": ("key", {"name": Look.QUOTED, "version": Look.QUOTED}),
    "socket": ("key", {"mark": Look.MARK, "cgroupv2": Look.QUOTED}),
}
_TYPE_LOOKS = {
    "mark": Look.MARK,
    "ifname": Look.QUOTED,
    "iface_index": Look.QUOTED,
    "string": Look.QUOTED,
    "time": Look.DURATION,
}


def looks_of(key: Json) -> Looks:
    """Tell how the constants look that are compared with an expression."""
    match key:
        case {"concat": [*parts]}:
            return tuple(looks_of(part)[0] for part in parts) or PLAIN
        case {"payload": {"base": _}}:
            return (Look.BITS,)
        case dict() if len(key) == 1:
            name, body = next(iter(key.items()))
            if name in OPERATORS and isinstance(body, list) and body:
                return looks_of(body[0])
            field, looks = _LOOKS.get(name, ("", {}))
            return (looks.get(str(body.get(field)), Look.PLAIN) if isinstance(body, Mapping) else Look.PLAIN,)
        case _:
            return PLAIN


def looks_of_type(kind: Json) -> Looks:
    """Tell how the elements of a set of this type look."""
    match kind:
        case {"typeof": key}:
            return looks_of(key)
        case list():
            return tuple(looks_of_type(part)[0] for part in kind) or PLAIN
        case str():
            return (_TYPE_LOOKS.get(kind, Look.PLAIN),)
        case _:
            return PLAIN
