"""Run a script of nft on the facts of a host: what remedies print, and no more; the rest is None.

The recording holds nft's JSON (libnftables-json(5)), so the words of nft are put into it.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

import msgspec

from netaudit.audit.remedy.rules import with_files
from netaudit.model.facts import Facts, Source

Json = dict[str, Any]
_STATEMENTS = re.compile(r"((?:[^;{]|\{[^}]*\})+);?")
_BASE = re.compile(r"\{ type (\w+) hook (\w+) priority (-?\d+) ; (?:policy (\w+) ; )?\}")
_RANGE = re.compile(r"\d+-\d+")
_VERDICTS = ("accept", "drop", "return")


class _UnknownError(Exception):
    """Something that no remedy prints."""


def run_script(facts: Facts, script: str) -> Facts | None:
    """Return the facts after a script."""
    try:
        listed: Json = msgspec.json.decode(facts.files.get(Source.NFT_RULESET, b'{"nftables": []}'))
        for statement in _STATEMENTS.findall(script):
            _run(listed["nftables"], statement.split())
    except (_UnknownError, msgspec.DecodeError):
        return None
    return with_files(facts, {Source.NFT_RULESET: msgspec.json.encode(listed)})


def _run(objects: list[Json], words: list[str]) -> None:
    match words:
        case ["add", "table", family, name]:
            _add(objects, "table", {"family": family, "name": name})
        case ["add", "chain", family, table, name, "{", "policy", policy, ";", "}"]:
            _set_policy(objects, {"family": family, "table": table, "name": name}, policy)
        case ["add", "chain", family, table, name, *base]:
            _add(objects, "chain", {"family": family, "table": table, "name": name, **_base(" ".join(base))})
        case ["add", "rule", family, table, chain, *rest]:
            objects.append(_rule(objects, family, table, chain, rest))
        case ["insert", "rule", family, table, chain, *rest]:
            objects.insert(_first(objects, family, table, chain), _rule(objects, family, table, chain, rest))
        case ["delete", "rule", family, table, chain, "handle", handle]:
            gone = {"family": family, "table": table, "chain": chain, "handle": int(handle)}
            objects[:] = [one for one in objects if not _has(one.get("rule"), gone)]
        case _:
            raise _UnknownError


def _set_policy(objects: list[Json], chain: Json, policy: str) -> None:
    for one in objects:
        if _has(one.get("chain"), chain):
            one["chain"]["policy"] = policy


def _has(one: Json | None, wanted: Mapping[str, object]) -> bool:
    return one is not None and all(one.get(key) == value for key, value in wanted.items())


def _add(objects: list[Json], kind: str, one: Json) -> None:
    """Add a table or chain, where it is not there."""
    if not any(_has(known.get(kind), one) for known in objects):
        objects.append({kind: {**one, "handle": _handle(objects)}})


def _handle(objects: list[Json]) -> int:
    """Return a number that nothing has yet."""
    return 1 + max((inner.get("handle", 0) for one in objects for inner in one.values()), default=0)


def _base(text: str) -> Json:
    found = _BASE.fullmatch(text)
    if found is None:
        raise _UnknownError
    return {"type": found[1], "hook": found[2], "prio": int(found[3]), "policy": found[4] or "accept"}


def _first(objects: list[Json], family: str, table: str, chain: str) -> int:
    there = {"family": family, "table": table, "chain": chain}
    return next((at for at, one in enumerate(objects) if _has(one.get("rule"), there)), len(objects))


def _rule(objects: list[Json], family: str, table: str, chain: str, words: list[str]) -> Json:
    place = {"family": family, "table": table, "chain": chain, "handle": _handle(objects)}
    return {"rule": {**place, "expr": list(_expressions(words))}}


def _expressions(words: list[str]) -> Iterator[Json]:
    left = list(words)
    while left:
        yield _expression(left)


def _expression(left: list[str]) -> Json:
    """Take the words of one match or verdict from the front."""
    if left[0] in _VERDICTS:
        return {left.pop(0): None}
    for count in (3, 2, 1):
        key = _key(left[:count])
        if key is not None and len(left) > count:
            del left[:count]
            differs = left[0] == "!="
            del left[:differs]
            return {"match": {"op": "!=" if differs else "==", "left": key, "right": _value(key, left.pop(0))}}
    raise _UnknownError


def _key(words: list[str]) -> Json | None:
    match words:
        case ["ct", "original", "proto-dst"]:
            return {"ct": {"key": "proto-dst", "dir": "original"}}
        case ["ct", "direction" | "state" | "status" as key]:
            return {"ct": {"key": key}}
        case ["meta", "l4proto"]:
            return {"meta": {"key": "l4proto"}}
        case ["iifname" | "oifname" as key]:
            return {"meta": {"key": key}}
        case ["ip" | "ip6" as protocol, "saddr" | "daddr" as field] | ["tcp" | "udp" as protocol, "dport" as field]:
            return {"payload": {"protocol": protocol, "field": field}}
        case _:
            return None


def _value(key: Json, word: str) -> object:
    if key.get("payload", {}).get("field") in ("saddr", "daddr"):
        network = ip_network(word, strict=False)
        alone = network.num_addresses == 1
        address = str(network.network_address)
        return address if alone else {"prefix": {"addr": address, "len": network.prefixlen}}
    if "," in word:
        return word.split(",")
    if _RANGE.fullmatch(word):
        return {"range": [int(one) for one in word.split("-")]}
    return int(word) if word.isdecimal() else word.strip('"')
