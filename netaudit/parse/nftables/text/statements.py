"""One statement of an nft rule -> JSON."""

from collections.abc import Callable

from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.text.constants import read_constant
from netaudit.parse.nftables.text.elements import read_count, read_counts, read_timeouts
from netaudit.parse.nftables.text.expressions import read_expression, read_object, read_value, read_verdict
from netaudit.parse.nftables.text.matches import read_match
from netaudit.parse.nftables.text.rates import read_limit, read_quota
from netaudit.parse.nftables.text.tokens import Cursor, Kind, NotNftError
from netaudit.parse.nftables.text.translation import NAT, read_copy, read_nat, read_tproxy
from netaudit.parse.nftables.text.usual_names import with_names

_PLAIN_REJECT = {"ip": "icmp", "ip6": "icmpv6"}
_QUEUE_FLAGS = ("bypass", "fanout")


def read_statement(cursor: Cursor, family: str) -> Json:
    """Read a match, statement or verdict of a table's family. Raises NotNftError, ValueError."""
    verdict = read_verdict(cursor)
    if verdict is not None:
        return verdict
    word = cursor.word()
    if word in NAT:
        cursor.take()
        return read_nat(cursor, word)
    if word == "reject":
        cursor.take()
        return _reject(cursor, family)
    if word == "ct" and cursor.word(1) == "count":
        cursor.take()
        return {"ct count": read_count(cursor)}
    if word in _STATEMENTS and not (word in ("quota", "limit") and cursor.peek(1).text == "="):
        cursor.take()
        return _STATEMENTS[word](cursor)
    return read_match(cursor)


def _reject(cursor: Cursor, family: str) -> Json:
    if not cursor.skip("with"):
        return {"reject": {"type": _PLAIN_REJECT.get(family, "icmpx"), "expr": "port-unreachable"}}
    kind = cursor.take().text
    if kind == "tcp":
        cursor.expect("reset")
        return {"reject": {"type": "tcp reset"}}
    cursor.skip("type")
    code = with_names(read_constant(cursor.take()), (kind,))
    return {"reject": {"type": kind, "expr": code}}


def _counter(cursor: Cursor) -> Json:
    if cursor.skip("name"):
        return {"counter": read_object(cursor)}
    if cursor.peek().kind is Kind.TEXT:
        return {"counter": cursor.take().text}
    return {"counter": read_counts(cursor)}


def _limit(cursor: Cursor) -> Json:
    return {"limit": read_object(cursor) if cursor.skip("name") else read_limit(cursor)}


def _quota(cursor: Cursor) -> Json:
    return {"quota": read_object(cursor) if cursor.skip("name") else read_quota(cursor)}


def _log(cursor: Cursor) -> Json:
    found: dict[str, Json] = {}
    flags: list[str] = []
    while name := cursor.skip("prefix", "group", "snaplen", "queue-threshold", "level", "flags"):
        match name:
            case "prefix" | "level":
                found[name] = cursor.take().text
            case "flags":
                flags += _log_flags(cursor)
            case _:
                found[name] = cursor.number()
    found |= {"flags": flags} if flags else {}
    return {"log": found or None}


def _log_flags(cursor: Cursor) -> list[str]:
    first = cursor.take().text
    if first == "tcp":
        names = [f"tcp {cursor.take().text}"]
        while cursor.skip(","):
            names.append(f"tcp {cursor.take().text}")
        return names
    return [f"ip {cursor.take().text}"] if first == "ip" else [first]


def _queue(cursor: Cursor) -> Json:
    flags: list[str] = []
    found: dict[str, Json] = {}
    while word := cursor.skip("flags", "num", "to", *_QUEUE_FLAGS):
        if word in _QUEUE_FLAGS:
            flags.append(word)
            cursor.skip(",")
        elif word != "flags":
            found["num"] = read_value(cursor)
    return {"queue": found | ({"flags": flags} if flags else {})}


def _synproxy(cursor: Cursor) -> Json:
    if cursor.skip("name"):
        return {"synproxy": read_object(cursor)}
    found: dict[str, Json] = {}
    while name := cursor.skip("mss", "wscale"):
        found[name] = cursor.number()
    flags: list[str] = []
    while flag := cursor.skip("timestamp", "sack-perm"):
        flags.append(flag)
    found |= {"flags": flags} if flags else {}
    return {"synproxy": found or None}


def _update(verb: str) -> Callable[[Cursor], Json]:
    """Read `add @set { ip saddr timeout 1m limit rate 10/minute : 0x1 }`."""

    def read(cursor: Cursor) -> Json:
        name = cursor.take().text
        if not name.startswith("@"):
            raise NotNftError
        cursor.expect("{")
        value, statements = _entry(cursor)
        found = {"op": verb, "elem": value, **({"stmt": statements} if statements else {})}
        if cursor.skip(":"):
            found = {**found, "data": read_value(cursor), "map": name}
        else:
            found["set"] = name
        cursor.expect("}")
        return {"map" if "map" in found else "set": found}

    return read


def _entry(cursor: Cursor) -> tuple[Json, list[Json]]:
    """Read a key with its time-out, and what is done for each element."""
    value = read_expression(cursor)
    details = read_timeouts(cursor)
    statements: list[Json] = []
    while cursor.word() in _STATEMENTS or cursor.word() == "ct":
        statements.append(read_statement(cursor, ""))
    return ({"elem": {"val": value, **details}} if details else value), statements


def _meter(cursor: Cursor) -> Json:
    found: dict[str, Json] = {"name": cursor.take().text}
    if cursor.skip("size"):
        found["size"] = cursor.number()
    cursor.expect("{")
    found["key"], statements = _entry(cursor)
    found["stmt"] = statements[0] if len(statements) == 1 else statements
    cursor.expect("}")
    return {"meter": found}


def _flow(cursor: Cursor) -> Json:
    verb = "add" if cursor.skip("add", "offload") else ""
    if not verb:
        raise NotNftError
    return {"flow": {"op": verb, "flowtable": f"@{cursor.take().text.removeprefix('@')}"}}


def _reset(cursor: Cursor) -> Json:
    key = read_expression(cursor)
    if not isinstance(key, dict):
        raise NotNftError
    return {"reset": key}


def _xt(cursor: Cursor) -> Json:
    """Read `xt match "recent"`: all that nft says of what an extension of iptables asks for or does."""
    kind = cursor.skip("match", "target", "watcher")
    if not kind:
        raise NotNftError
    return {"xt": {"type": kind, "name": cursor.take().text}}


def _last(cursor: Cursor) -> Json:
    if cursor.skip("used"):
        cursor.take()
    return {"last": None}


_STATEMENTS: dict[str, Callable[[Cursor], Json]] = {
    "add": _update("add"),
    "update": _update("update"),
    "delete": _update("delete"),
    "counter": _counter,
    "limit": _limit,
    "quota": _quota,
    "log": _log,
    "queue": _queue,
    "synproxy": _synproxy,
    "meter": _meter,
    "flow": _flow,
    "reset": _reset,
    "xt": _xt,
    "last": _last,
    "dup": lambda cursor: read_copy(cursor, "dup"),
    "fwd": lambda cursor: read_copy(cursor, "fwd"),
    "tproxy": read_tproxy,
    "notrack": lambda _: {"notrack": None},
}
