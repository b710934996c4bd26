"""nft's JSON rules -> the text that `nft list ruleset` prints, without counters.

What is not known here is kept word for word, as JSON behind the word `json`.
Values are printed by netaudit.parse.nftables.values.
"""

from collections.abc import Callable, Mapping, Sequence

from netaudit.model.address_text import bracketed
from netaudit.parse.nftables.formats import OPERATORS, Json, NftFormat, formats_of
from netaudit.parse.nftables.values import print_map, print_value, verbatim

_NAT = ("dnat", "snat", "masquerade", "redirect")
_DEFAULT_BURST = 5  # packets; nft prints every other
_PLAIN_REJECT = {"ip": "icmp", "ip6": "icmpv6"}  # what `reject` alone means; elsewhere, and in these too, icmpx


def print_rule(expressions: Sequence[Json], comment: str | None, family: str = "") -> str:
    """Print a rule of a table's family: its expressions, then its comment."""
    words = [print_statement(expression, family) for expression in expressions]
    if comment is not None:
        words.append(f'comment "{comment}"')
    return " ".join(words)


def print_statement(expression: Json, family: str = "") -> str:
    """Print one match, statement or verdict."""
    if isinstance(expression, str):  # what nft itself cannot say in JSON, it says in its own words
        return expression
    try:
        return _statement(expression, family)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):  # not as libnftables-json(5) has it
        return verbatim(expression)


def _statement(expression: Json, family: str) -> str:
    match expression:
        case {"match": {"op": op, "left": left, "right": right}}:
            return _match(op, left, right)
        case {"vmap": {"key": key, "data": data}}:
            return f"{print_value(key)} vmap {print_map(data, formats_of(key))}"
        case {"mangle": {"key": key, "value": value}}:
            return f"{print_value(key)} set {print_value(value, formats_of(key))}"
        case {"xt": {"type": kind, "name": name}}:
            return f'xt {kind} "{name}"'
        case dict() if len(expression) == 1:
            return _named(*next(iter(expression.items())), family)
        case _:
            return verbatim(expression)


def _match(op: str, left: Json, right: Json) -> str:
    formats = formats_of(left)
    match left:
        case {"&": [key, list() as mask]} if op in ("==", "!="):
            unequal = " !=" if op == "!=" else ""
            return f"{print_value(key)}{unequal} {print_value(right, formats)} / {print_value(mask)}"
        case _:
            computed = isinstance(left, dict) and not OPERATORS.keys().isdisjoint(left)
            operator = "" if op in ("==", "in") and not computed else f" {op}"
            return f"{print_value(left)}{operator} {print_value(right, formats)}"


def _named(name: str, body: Json, family: str) -> str:
    """Print `masquerade`, `dnat to …`, `log …` and what else has its name first; then verdicts."""
    if isinstance(body, str) and name in _REFERENCES:
        return f'{_REFERENCES[name]} "{body}"'
    if isinstance(body, Mapping) and "map" in body and name in _REFERENCES:
        return f"{_REFERENCES[name]} {print_value(body, (NftFormat.QUOTED,))}"
    known = body is None or isinstance(body, Mapping)
    if name in _NAT and known:
        return _nat(name, body or {})
    if name in _STATEMENTS and known:
        return _STATEMENTS[name](body or {}, family)
    return print_value({name: body})


def _nat(name: str, body: Mapping[str, Json]) -> str:
    family = f" {body['family']}" if body.get("family") else ""
    prefix = " prefix" if "prefix" in _as_list(body.get("type_flags")) else ""
    flags = ",".join(flag for flag in _as_list(body.get("flags")) if flag != "netmap")
    return f"{name}{family}{prefix}{_destination(body)}" + (f" {flags}" if flags else "")


def _destination(body: Mapping[str, Json]) -> str:
    """Print ` to ADDRESS:PORT`, with brackets where an address has colons itself."""
    address, port = body.get("addr"), body.get("port")
    if address is None and port is None:
        return ""
    if port is None:
        return f" to {print_value(address)}"
    ends = address["range"] if isinstance(address, dict) and "range" in address else [address]
    host = "" if address is None else "-".join(bracketed(print_value(end)) for end in ends)
    return f" to {host}:{print_value(port)}"


def _log(body: Mapping[str, Json], _family: str) -> str:
    words = ["log"]
    if "prefix" in body:
        words.append(f'prefix "{body["prefix"]}"')
    words += [f"{key} {body[key]}" for key in ("group", "snaplen", "queue-threshold", "level") if key in body]
    flags = _as_list(body.get("flags"))
    of_tcp = ",".join(flag.removeprefix("tcp ") for flag in flags if flag.startswith("tcp "))
    words += [f"flags tcp {of_tcp}"] if of_tcp else []
    words += [f"flags {flag}" for flag in flags if not flag.startswith("tcp ")]
    return " ".join(words)


def _limit(body: Mapping[str, Json], _family: str) -> str:
    over = "over " if body.get("inv") else ""
    unit = body.get("rate_unit", "packets")
    amount = f"{body.get('rate')}" if unit == "packets" else f"{body.get('rate')} {unit}"
    burst = body.get("burst")
    usual = not burst or (unit == "packets" and burst == _DEFAULT_BURST)
    extra = "" if usual else f" burst {burst} {body.get('burst_unit', 'packets')}"
    return f"limit rate {over}{amount}/{body.get('per', 'second')}{extra}"


def _reject(body: Mapping[str, Json], family: str) -> str:
    kind, code = body.get("type"), body.get("expr")
    usual = kind in ("icmpx", _PLAIN_REJECT.get(family)) and code == "port-unreachable"
    if kind is None or usual:
        return "reject"
    return f"reject with {kind}" + (f" {print_value(code)}" if code else "")


def _quota(body: Mapping[str, Json], _family: str) -> str:
    over = "over " if body.get("inv") else ""
    return f"quota {over}{body.get('val')} {body.get('val_unit', 'bytes')}"


def _update(body: Mapping[str, Json], family: str) -> str:
    """Print `add @set { ip saddr timeout 1m limit rate 10/minute }`, or the same of a map."""
    words = [print_value(body.get("elem")), *(print_statement(one, family) for one in body.get("stmt") or [])]
    if "data" in body:
        words.append(f": {print_value(body['data'])}")
    return f"{body.get('op')} {body.get('set') or body.get('map')} {{ {' '.join(words)} }}"


def _copy(verb: str, body: Mapping[str, Json], family: str) -> str:
    """Print `dup to ADDRESS device "eth0"`, or the same of fwd; in a netdev table the address may be a device."""
    address, device = body.get("addr"), body.get("dev")
    of = f" {body['family']}" if body.get("family") else ""
    if address is None or (family == "netdev" and device is None):
        return f"{verb}{of} to {_device(device if address is None else address)}"
    return f"{verb}{of} to {print_value(address)}" + (f" device {_device(device)}" if device is not None else "")


def _device(device: Json) -> str:
    return print_value(device, (NftFormat.QUOTED,))


def _tproxy(body: Mapping[str, Json], _family: str) -> str:
    family = f" {body['family']}" if body.get("family") else ""
    return f"tproxy{family}{_destination(body)}"


def _synproxy(body: Mapping[str, Json], _family: str) -> str:
    words = [f"{key} {body[key]}" for key in ("mss", "wscale") if key in body]
    return " ".join(["synproxy", *words, *_as_list(body.get("flags"))])


def _queue(body: Mapping[str, Json], _family: str) -> str:
    flags = ",".join(_as_list(body.get("flags")))
    to = f" to {print_value(body['num'])}" if "num" in body else ""
    return "queue" + (f" flags {flags}" if flags else "") + to


# Statements that may name an object instead of saying what it is, and the words before its name.
_REFERENCES = {
    **{name: f"{name} name" for name in ("counter", "quota", "limit", "synproxy")},
    **{name: f"{name} set" for name in ("ct helper", "ct timeout", "ct expectation")},
    "secmark": "meta secmark set",
}

# Every statement begins with its name; each function gets its body and the family of its table.
_STATEMENTS: dict[str, Callable[[Mapping[str, Json], str], str]] = {
    "counter": lambda _body, _family: "counter",
    "ct count": lambda body, _family: f"ct count {'over ' if body.get('inv') else ''}{body.get('val')}",
    "dup": lambda body, family: _copy("dup", body, family),
    "flow": lambda body, _family: f"flow {body.get('op')} {body.get('flowtable')}",
    "fwd": lambda body, family: _copy("fwd", body, family),
    "limit": _limit,
    "log": _log,
    "map": _update,
    "notrack": lambda _body, _family: "notrack",
    "queue": _queue,
    "quota": _quota,
    "reject": _reject,
    "reset": lambda body, _family: f"reset {print_value(body)}",
    "set": _update,
    "synproxy": _synproxy,
    "tproxy": _tproxy,
}


def _as_list(value: Json) -> list[str]:
    if value is None:
        return []
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]
