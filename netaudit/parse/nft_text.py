"""nft's JSON expressions -> the text that `nft list ruleset` prints, without counters.

What this module does not know is kept word for word, as JSON behind the word `json`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

# An nft JSON value: the schema is libnftables-json(5).
Json = Any

# Meta keys that nft prints without the word `meta`.
_BARE_META = frozenset({"iif", "iifname", "iifgroup", "oif", "oifname", "oifgroup"})
# Keys whose values are names in quotes.
_QUOTED = frozenset({"iif", "iifname", "oif", "oifname", "ibrname", "obrname", "sdifname", "skuid", "skgid"})
_QUOTED_TYPES = frozenset({"ifname", "string"})
_VERDICTS = frozenset({"accept", "drop", "continue", "return"})


def print_rule(expressions: list[Json], comment: str | None) -> str:
    """Print a rule: its expressions, then its comment."""
    words = [print_statement(expression) for expression in expressions]
    if comment is not None:
        words.append(f'comment "{comment}"')
    return " ".join(words)


def print_statement(expression: Json) -> str:  # noqa: C901, PLR0911 (a table of cases: one line each)
    """Print one match, statement or verdict."""
    match expression:
        case {"match": {"op": op, "left": left, "right": right}}:
            return _match(op, left, right)
        case {"vmap": {"key": key, "data": data}}:
            return f"{print_value(key)} vmap {print_value(data)}"
        case {"jump": {"target": target}}:
            return f"jump {target}"
        case {"goto": {"target": target}}:
            return f"goto {target}"
        case {"counter": str() as name}:
            return f"counter name {name}"
        case {"counter": _}:
            return "counter"
        case {"mangle": {"key": key, "value": value}}:
            return f"{print_value(key)} set {print_value(value)}"
        case {"xt": {"type": kind, "name": name}}:
            return f'xt {kind} "{name}"'
        case dict() if len(expression) == 1:
            name, body = next(iter(expression.items()))
            return _named(name, body)
        case _:
            return _verbatim(expression)


def print_value(value: Json, quoted: bool = False) -> str:  # noqa: C901, PLR0911, FBT001, FBT002 (a table of cases; quotes hang on the type)
    """Print a constant, a set, or an expression that yields one."""
    match value:
        case str():
            return f'"{value}"' if quoted and not value.startswith("@") else value
        case bool() | None:
            return _verbatim(value)
        case int():
            return str(value)
        case list():
            return ",".join(print_value(part, quoted) for part in value)
        case {"prefix": {"addr": address, "len": length}}:
            return f"{print_value(address)}/{length}"
        case {"range": [first, last]}:
            return f"{print_value(first, quoted)}-{print_value(last, quoted)}"
        case {"set": list() as elements}:
            return "{ " + ", ".join(print_element(element, quoted) for element in elements) + " }"
        case {"concat": list() as parts}:
            return " . ".join(print_value(part, quoted) for part in parts)
        case dict() if len(value) == 1:
            name, body = next(iter(value.items()))
            return _VALUES[name](body) if name in _VALUES else _operator(name, body, value)
        case _:
            return _verbatim(value)


def print_element(element: Json, quoted: bool) -> str:  # noqa: FBT001 (as print_value)
    """Print an element of a set, or `key : value` of a map."""
    match element:
        case [key, value] if isinstance(value, dict):
            return f"{print_value(key, quoted)} : {print_statement(value)}"
        case [key, value]:
            return f"{print_value(key, quoted)} : {print_value(value)}"
        case {"elem": {"val": key}}:
            return print_value(key, quoted)
        case _:
            return print_value(element, quoted)


def is_quoted_type(kind: Json) -> bool:
    """Tell whether the elements of a set of this type are names in quotes."""
    return isinstance(kind, str) and kind in _QUOTED_TYPES


def _match(op: str, left: Json, right: Json) -> str:
    key = left.get("meta", {}).get("key", "") if isinstance(left, dict) else ""
    operator = "" if op in ("==", "in") else f" {op}"
    return f"{print_value(left)}{operator} {print_value(right, key in _QUOTED)}"


def _named(name: str, body: Json) -> str:
    """Print `accept`, `masquerade`, `dnat to …`, `log …` and what else has its name first."""
    if name in _VERDICTS:
        return name
    if name in ("dnat", "snat", "masquerade", "redirect"):
        return _nat(name, body or {})
    if name in _STATEMENTS:
        return _STATEMENTS[name](body or {})
    return _verbatim({name: body})


def _nat(name: str, body: Mapping[str, Json]) -> str:
    address, port = body.get("addr"), body.get("port")
    family = f" {body['family']}" if body.get("family") else ""
    host = "" if address is None else print_value(address)
    if port is not None:
        host = f"[{host}]" if ":" in host else host
        host = f"{host}:{print_value(port)}"
    to = f" to {host}" if host else ""
    flags = "".join(f" {flag}" for flag in _as_list(body.get("flags")))
    return f"{name}{family}{to}{flags}"


def _log(body: Mapping[str, Json]) -> str:
    words = ["log"]
    if "prefix" in body:
        words.append(f'prefix "{body["prefix"]}"')
    words += [f"{key} {body[key]}" for key in ("group", "snaplen", "queue-threshold", "level") if key in body]
    words += [f"flags {flag}" for flag in _as_list(body.get("flags"))]
    return " ".join(words)


def _limit(body: Mapping[str, Json]) -> str:
    over = "over " if body.get("inv") else ""
    unit = f" {body['rate_unit']}" if body.get("rate_unit", "packets") != "packets" else ""
    burst = f" burst {body['burst']} {body.get('burst_unit', 'packets')}" if body.get("burst") else ""
    return f"limit rate {over}{body.get('rate')}{unit}/{body.get('per', 'second')}{burst}"


def _reject(body: Mapping[str, Json]) -> str:
    kind, expression = body.get("type"), body.get("expr")
    if kind is None:
        return "reject"
    return f"reject with {kind}" + (f" {print_value(expression)}" if expression else "")


def _set_statement(body: Mapping[str, Json]) -> str:
    return f"{body.get('op')} {body.get('set')} {{ {print_value(body.get('elem'))} }}"


_STATEMENTS: dict[str, Callable[[Mapping[str, Json]], str]] = {
    "log": _log,
    "limit": _limit,
    "reject": _reject,
    "set": _set_statement,
    "notrack": lambda _: "notrack",
}


def _meta(body: Mapping[str, Json]) -> str:
    key = str(body.get("key"))
    return key if key in _BARE_META else f"meta {key}"


def _payload(body: Mapping[str, Json]) -> str:
    if "base" in body:
        return f"@{body['base']},{body.get('offset')},{body.get('len')}"
    return f"{body.get('protocol')} {body.get('field')}"


def _conntrack(body: Mapping[str, Json]) -> str:
    words = ["ct", body.get("dir"), body.get("family"), body.get("key")]
    return " ".join(str(word) for word in words if word)


def _fib(body: Mapping[str, Json]) -> str:
    return f"fib {' . '.join(_as_list(body.get('flags')))} {body.get('result')}"


_VALUES: dict[str, Callable[[Mapping[str, Json]], str]] = {
    "meta": _meta,
    "payload": _payload,
    "ct": _conntrack,
    "fib": _fib,
}


def _operator(name: str, body: Json, whole: Json) -> str:
    if name in ("&", "|", "^", "<<", ">>") and isinstance(body, list):
        return f" {name} ".join(print_value(part) for part in body)
    if name in ("jump", "goto", *_VERDICTS):
        return print_statement(whole)
    return _verbatim(whole)


def _as_list(value: Json) -> list[str]:
    if value is None:
        return []
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]


def _verbatim(value: Json) -> str:
    return "json " + msgspec.json.encode(value, order="sorted").decode()
