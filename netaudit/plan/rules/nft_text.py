"""A rule in nft's text, in the words that Docker writes -> nft's JSON; the other way round than parse.nftables.printer.

Only what Docker writes is read. What is read is printed again and compared: a text that comes out differently was not
understood.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_network

from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.printer import print_rule
from netaudit.parse.nftables.text.reader import read_nft_text

_WORD = re.compile(r'"[^"]*"|\S+')
_PAYLOADS = frozenset({"ip", "ip6", "tcp", "udp", "sctp"})
_BARE = frozenset({"accept", "drop", "return", "masquerade"})
_KEYS = frozenset({"iifname", "oifname"})


def read_rule(text: str, family: str) -> list[Json] | None:
    """Return the expressions of a rule; None for what is not in Docker's words."""
    words = _Words(text)
    try:
        expressions = list(_expressions(words))
    except LookupError:
        return None
    return expressions if print_rule(expressions, words.comment, family) == text else None


def read_any_rule(text: str, family: str) -> list[Json] | None:
    """Return the expressions of a rule in anybody's words; None for what is not read to the letter."""
    found = read_nft_text(f"table {family} planned {{\nchain planned {{\n{text}\n}}\n}}\n").objects
    rules = [held for kind, held in found if kind == "rule"]
    if len(rules) != 1:
        return None
    expressions, comment = rules[0].get("expr", []), rules[0].get("comment")
    return expressions if print_rule(expressions, comment, family) == text else None


def read_element(text: str) -> Json | None:
    """Return an element of a verdict map: `"docker0" : jump filter-forward-in__docker0`."""
    found = re.fullmatch(r'"([^"]*)" : jump (\S+)', text)
    return [found[1], {"jump": {"target": found[2]}}] if found else None


class _Words:
    """The words of a rule, one after another; its comment is kept apart."""

    def __init__(self, text: str) -> None:
        self._words = _WORD.findall(text)
        self.comment: str | None = None
        if len(self._words) > 1 and self._words[-2] == "comment":
            self.comment = self._words.pop().strip('"')
            self._words.pop()

    def __bool__(self) -> bool:
        return bool(self._words)

    def next(self) -> str:
        """Take the next word. Raises IndexError at the end."""
        return str(self._words.pop(0))

    def take(self, word: str) -> bool:
        """Take the next word if it is this one."""
        found = bool(self._words) and self._words[0] == word
        if found:
            self._words.pop(0)
        return found


def _expressions(words: _Words) -> Iterator[Json]:
    while words:
        yield _expression(words.next(), words)


def _expression(word: str, words: _Words) -> Json:
    match word:
        case "counter":
            return {"counter": {"packets": 0, "bytes": 0}}
        case "jump":
            return {"jump": {"target": words.next()}}
        case "dnat" | "snat" if words.take("to"):
            return {word: _target(words.next())}
        case _ if word in _BARE:
            return {word: None}
        case _:
            return _match(_key(word, words), words)


def _key(word: str, words: _Words) -> Json:
    """Read what is compared. Raises LookupError for what Docker does not compare."""
    match word:
        case "fib":
            flag = words.next()
            return {"fib": {"result": words.next(), "flags": [flag]}}
        case "ct":
            return {"ct": {"key": words.next()}}
        case "meta":
            return {"meta": {"key": words.next()}}
        case _ if word in _KEYS:
            return {"meta": {"key": word}}
        case _ if word in _PAYLOADS:
            return {"payload": {"protocol": word, "field": words.next()}}
        case _:
            raise LookupError(word)


def _match(key: Json, words: _Words) -> Json:
    if words.take("vmap"):
        return {"vmap": {"key": key, "data": words.next()}}
    if words.take("&"):
        key = {"&": [key, int(words.next(), 16)]}
        operator = words.next()
        return {"match": {"op": operator, "left": key, "right": int(words.next(), 16)}}
    operator = "!=" if words.take("!=") else "=="
    right = _right(words)
    if isinstance(right, list):
        operator = "in"
    return {"match": {"op": operator, "left": key, "right": right}}


def _right(words: _Words) -> Json:
    if words.take("{"):
        members = []
        while not words.take("}"):
            member = words.next().rstrip(",")
            members += [_value(member)] if member else []
        return {"set": members}
    word = words.next()
    return list(word.split(",")) if "," in word else _value(word)


def _value(word: str) -> Json:
    if word.startswith('"'):
        return word.strip('"')
    if word.isdecimal():
        return int(word)
    if word.startswith("0x"):
        return int(word, 16)
    if "/" in word:
        with suppress(ValueError):
            network = ip_network(word)
            return {"prefix": {"addr": str(network.network_address), "len": network.prefixlen}}
    return word


def _target(word: str) -> Json:
    """Read `172.17.0.2:80`, `[fd00::2]:80` or an address alone."""
    found = re.fullmatch(r"\[?([^\]]+?)\]?:(\d+)", word) if "]" in word or word.count(":") == 1 else None
    return {"addr": found[1], "port": int(found[2])} if found else {"addr": word}
