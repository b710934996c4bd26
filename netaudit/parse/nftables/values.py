"""nft's JSON values -> the text that nft prints: constants, sets, and the expressions that yield them.

What is not known here is kept word for word, as JSON behind the word `json`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, repeat

import msgspec

from netaudit.parse.nftables.formats import OPERATORS, PLAIN, Json, NftFormat, NftFormats, fib_result, formats_of

_VERDICTS = frozenset({"accept", "drop", "continue", "return"})
# Meta keys that nft prints without the word `meta`.
_BARE_META = frozenset({"iif", "iifname", "iifgroup", "oif", "oifname", "oifgroup"})
_UNITS = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


def print_value(value: Json, formats: NftFormats = PLAIN) -> str:  # noqa: C901, PLR0911 (a table of cases: one line each)
    """Print a constant, a set, an element, a verdict, or an expression that yields a value."""
    match value:
        case bool():
            return "exists" if value else "missing"
        case str() | int():
            return _constant(value, formats[0])
        case list():
            return ",".join(print_value(part, formats) for part in value)
        case {"prefix": {"addr": address, "len": length}}:
            return f"{print_value(address)}/{length}"
        case {"range": [first, last]}:
            return f"{print_value(first, formats)}-{print_value(last, formats)}"
        case {"set": list() as elements}:
            return _braced(print_value(element, formats) for element in elements)
        case {"concat": list() as parts}:
            each = chain(formats, repeat(NftFormat.PLAIN))
            return " . ".join(print_value(part, (form,)) for part, form in zip(parts, each, strict=False))
        case {"map": {"key": key, "data": data}}:
            return f"{print_value(key)} map {print_map(data, formats_of(key), formats)}"
        case {"elem": {"val": key, **details}}:
            return print_value(key, formats) + _details(details)
        case dict() if len(value) == 1:
            return _expression(value)
        case _:
            return verbatim(value)


def print_map(data: Json, keys: NftFormats, values: NftFormats = PLAIN) -> str:
    """Print a map: its name, or its elements."""
    match data:
        case {"set": list() as elements}:
            return _braced(print_element(element, keys, values) for element in elements)
        case _:
            return print_value(data)


def print_element(element: Json, keys: NftFormats, values: NftFormats = PLAIN) -> str:
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


def verbatim(value: Json) -> str:
    """Keep what is not understood, word for word."""
    return "json " + msgspec.json.encode(value, order="sorted").decode()


def _constant(value: str | int, form: NftFormat) -> str:
    match value, form:
        case str(), NftFormat.QUOTED if not value.startswith("@"):
            return f'"{value}"'
        case int(), NftFormat.MARK:
            return f"0x{value:08x}"
        case int(), NftFormat.BITS:
            return f"{value:#x}"
        case int(), NftFormat.DURATION:
            return print_duration(value)
        case _:
            return str(value)


def _braced(elements: Iterable[str]) -> str:
    return "{ " + ", ".join(elements) + " }"


def _details(details: Mapping[object, Json]) -> str:
    """Print what an element has beside its value, but for what moves by itself."""
    timeout = details.get("timeout")
    comment = details.get("comment")
    return (f" timeout {print_duration(timeout)}" if isinstance(timeout, int) else "") + (
        f' comment "{comment}"' if comment is not None else ""
    )


def _expression(value: Mapping[str, Json]) -> str:
    if len(value) != 1:
        return verbatim(value)
    try:
        return _named(*next(iter(value.items())))
    except (AttributeError, KeyError, TypeError, ValueError):  # not as libnftables-json(5) has it
        return verbatim(value)


def _named(name: str, body: Json) -> str:
    if name in _VERDICTS:
        return name
    if name in ("jump", "goto"):
        return f"{name} {body['target']}"
    if name in OPERATORS and isinstance(body, list):
        return _operation(name, body)
    return _EXPRESSIONS[name](body)


def _operation(operator: str, operands: Sequence[Json]) -> str:
    """Print `meta mark & 0x000000ff`; a shift's second operand is a plain number."""
    first, *others = operands
    formats = PLAIN if operator in ("<<", ">>") else formats_of(first)
    return f" {operator} ".join([_operand(first, operator), *(print_value(other, formats) for other in others)])


def _operand(value: Json, operator: str) -> str:
    inner = next(iter(value), "") if isinstance(value, dict) else ""
    loose = OPERATORS.get(inner, 0) > OPERATORS[operator]
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
    return f"fib {' . '.join(flags) if isinstance(flags, list) else flags} {fib_result(body)}"


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
