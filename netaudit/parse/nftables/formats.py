"""How nft prints a constant depends on what it is compared with: a name in quotes, a mark in hexadecimal."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

# An nft JSON value: the schema is libnftables-json(5).
Json = Any


class NftFormat(Enum):
    """How nft prints the constants of a type."""

    PLAIN = "plain"
    QUOTED = "quoted"
    MARK = "mark"  # 0x00000001
    BITS = "bits"  # 0x1
    DURATION = "duration"  # 1m30s


NftFormats = tuple[NftFormat, ...]  # one for each part of a concatenation
PLAIN: NftFormats = (NftFormat.PLAIN,)

# The tighter an operator binds, the lower its number.
OPERATORS = {"<<": 0, ">>": 0, "&": 1, "^": 2, "|": 3}
_QUOTED_META = (
    *("iif", "iifname", "iifkind", "oif", "oifname", "oifkind", "ibrname", "obrname", "sdif", "sdifname"),
    *("skuid", "skgid", "time", "day", "hour"),
)
# What is compared with constants that look unlike a plain number or word: expressions, by what tells them apart,
# and the types of sets.
_FORMATS: Mapping[str, tuple[str, Mapping[str, NftFormat]]] = {
    "meta": ("key", {"mark": NftFormat.MARK} | dict.fromkeys(_QUOTED_META, NftFormat.QUOTED)),
    "ct": ("key", {"mark": NftFormat.MARK, "helper": NftFormat.QUOTED, "expiration": NftFormat.DURATION}),
    "fib": ("result", {"oif": NftFormat.QUOTED, "oifname": NftFormat.QUOTED}),
    "osf": ("key", {"name": NftFormat.QUOTED, "version": NftFormat.QUOTED}),
    "socket": ("key", {"mark": NftFormat.MARK, "cgroupv2": NftFormat.QUOTED}),
}
_TYPE_FORMATS = {
    "mark": NftFormat.MARK,
    "ifname": NftFormat.QUOTED,
    "iface_index": NftFormat.QUOTED,
    "string": NftFormat.QUOTED,
    "time": NftFormat.DURATION,
}


def formats_of(key: Json) -> NftFormats:
    """Return how constants are printed that are compared with an expression."""
    match key:
        case {"concat": [*parts]}:
            return tuple(formats_of(part)[0] for part in parts) or PLAIN
        case {"payload": {"base": _}}:
            return (NftFormat.BITS,)
        case dict() if len(key) == 1:
            name, body = next(iter(key.items()))
            if name in OPERATORS and isinstance(body, list) and body:
                return formats_of(body[0])
            field, formats = _FORMATS.get(name, ("", {}))
            return (formats.get(str(body.get(field)), NftFormat.PLAIN),) if isinstance(body, Mapping) else PLAIN
        case _:
            return PLAIN


def fib_result(body: Mapping[str, Json]) -> str:
    """Return what `fib` looks up; nft 1.1.7 calls a look-up for `oif` that is only asked to exist a `check`."""
    result = str(body.get("result"))
    return "oif" if result == "check" else result


def formats_of_type(kind: Json) -> NftFormats:
    """Return how the elements of a set of this type are printed."""
    match kind:
        case {"typeof": key}:
            return formats_of(key)
        case list():
            return tuple(formats_of_type(part)[0] for part in kind) or PLAIN
        case str():
            return (_TYPE_FORMATS.get(kind, NftFormat.PLAIN),)
        case _:
            return PLAIN
