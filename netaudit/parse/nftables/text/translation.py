"""Statements that translate or redirect: dnat, snat, masquerade, redirect, tproxy, dup, fwd -> JSON."""

import re

import msgspec

from netaudit.parse.nftables.formats import Json
from netaudit.parse.nftables.text.constants import read_constant
from netaudit.parse.nftables.text.expressions import read_data, read_expression
from netaudit.parse.nftables.text.keys import read_key
from netaudit.parse.nftables.text.tokens import Cursor, Kind, NotNftError, Token
from netaudit.parse.nftables.text.usual_names import name_data, with_names

NAT = ("dnat", "snat", "masquerade", "redirect")
_FLAGS = ("random", "fully-random", "persistent", "netmap", "random-fully")
_BRACKETED = re.compile(r"\[([0-9a-fA-F:.]+)\](?:-\[([0-9a-fA-F:.]+)\])?(?::(.*))?")
_IPV4 = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}(?:/\d+)?)(?:-(\d{1,3}(?:\.\d{1,3}){3}))?(?::(.*))?")


def read_nat(cursor: Cursor, name: str) -> Json:
    """Read what stands behind `dnat` and the like. Raises NotNftError."""
    found: dict[str, Json] = {}
    if family := cursor.skip("ip", "ip6"):
        found["family"] = family
    prefix = cursor.skip("prefix", "interval")
    if cursor.skip("to"):
        prefix = prefix or cursor.skip("prefix")
        found |= _destination(cursor)
    flags = list(_flags(cursor)) + (["netmap"] if prefix == "prefix" else [])
    found |= {"flags": flags} if flags else {}
    found |= {"type_flags": [prefix]} if prefix else {}
    return {name: found or None}


def _flags(cursor: Cursor) -> list[str]:
    found: list[str] = []
    while word := cursor.skip(*_FLAGS):
        found.append("fully-random" if word == "random-fully" else word)
        cursor.skip(",")
    return found


def _destination(cursor: Cursor) -> dict[str, Json]:
    """Read `192.0.2.1:80`, `[2001:db8::1]:80-90`, `:8080`, `tcp dport map @ports`, `192.0.2.1 . 80`."""
    at = cursor.at
    key = read_key(cursor, read_expression)
    cursor.at = at
    if key is not None:
        return {"addr": _mapped(cursor)}
    token = cursor.take()
    if token.kind is Kind.TEXT or (token.kind is Kind.MARK and token.text != "{"):
        raise NotNftError
    if cursor.skip("."):
        return {"addr": {"concat": [read_constant(token), read_constant(cursor.take())]}}
    return _literal(token, cursor)


def _mapped(cursor: Cursor, kind: str = "") -> Json:
    """Read a key and the map that it is looked up in; `kind` is the type of what the map gives."""
    key = read_expression(cursor)
    if not cursor.skip("map"):
        return key
    named = name_data(read_data(cursor), key, (kind,))
    return {"map": {"key": key, "data": name_data(named, key, (kind, "inet_service"))}}


def _literal(token: Token, cursor: Cursor) -> dict[str, Json]:
    word = token.text
    if word in (":", "") or (word.startswith(":") and not word.startswith("::")):
        return {"port": _port(word[1:], token, cursor)}
    if found := _BRACKETED.fullmatch(word) or _IPV4.fullmatch(word):
        first, last, port = found.groups()
        address = {"range": [first, last]} if last else read_constant(msgspec.structs.replace(token, text=first))
        return {"addr": address} | ({"port": _port(port, token, cursor)} if port is not None else {})
    return {"addr": read_constant(token)}


def _port(word: str, token: Token, cursor: Cursor) -> Json:
    """Read a port, a range of ports, a service, or the map that gives it: `:tcp dport map { 80 : 8080 }`."""
    if not word:  # `:"http-alt"`, as `nft -S` prints it
        return with_names(cursor.take().text, ("inet_service",))
    if word[:1].isdigit():
        return read_constant(msgspec.structs.replace(token, text=word))
    rest = [msgspec.structs.replace(token, text=word)]
    while cursor:
        rest.append(cursor.take())
    inner = Cursor(rest)
    found = _mapped(inner, "inet_service")
    cursor.at -= len(rest) - inner.at  # what stands behind the map is not the port's
    return found


def read_copy(cursor: Cursor, name: str) -> Json:
    """Read `dup to ADDRESS device "eth0"`, `fwd to "eth0"`. Raises NotNftError."""
    family = cursor.skip("ip", "ip6")
    cursor.expect("to")
    place = _copied_to(cursor)
    device = cursor.take().text if cursor.skip("device") else ""
    if name == "fwd" and not device:
        return {"fwd": {"dev": place}}
    found: dict[str, Json] = {"addr": place} | ({"dev": device} if device else {})
    return {name: found | ({"family": family} if family else {})}


def _copied_to(cursor: Cursor) -> Json:
    at = cursor.at
    if read_key(cursor, read_expression) is not None:
        cursor.at = at
        return _mapped(cursor)
    cursor.at = at
    return read_constant(cursor.take())


def read_tproxy(cursor: Cursor) -> Json:
    """Read `tproxy ip to 127.0.0.1:5000`. Raises NotNftError."""
    family = cursor.skip("ip", "ip6")
    cursor.expect("to")
    return {"tproxy": _destination(cursor) | ({"family": family} if family else {})}
