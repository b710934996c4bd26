"""A host with one rule changed: deleted, turned from accept to drop or back, or with a match less."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from netaudit.model.facts import Facts

SAVED = ("iptables-save.txt", "ip6tables-save.txt", "iptables-legacy-save.txt", "ip6tables-legacy-save.txt")
NATIVE = "nft-ruleset.json"
_TURNED = {" -j ACCEPT": " -j DROP", " -j DROP": " -j ACCEPT"}
_MATCH = re.compile(r"(?: !)? -[sdio] \S+| -m conntrack(?: !)? --ctstate \S+| --dport \S+")
_POLICY = re.compile(r":(?P<chain>\S+) (?P<policy>ACCEPT|DROP)\b")


class Flip(NamedTuple):
    """A change of one rule; `data` is the file that has it, changed."""

    file: str
    what: str
    data: bytes

    def of(self, facts: Facts) -> Facts:
        """Return the host with the change."""
        return msgspec.structs.replace(facts, files={**facts.files, self.file: self.data}, digest="")  # type: ignore[dict-item]


def flips(facts: Facts) -> Iterator[Flip]:
    """List every change of one rule of a host, in the order of its files."""
    files = {str(name): data for name, data in facts.files.items()}
    for name in SAVED:
        for what, text in flipped_text(files.get(name, b"").decode()):
            yield Flip(name, what, text.encode())
    if NATIVE in files:
        for what, document in _flipped_native(json.loads(files[NATIVE])):
            yield Flip(NATIVE, what, json.dumps(document).encode())


def flipped_text(text: str) -> Iterator[tuple[str, str]]:
    """Yield what is changed, and the text of iptables-save with it."""
    lines = text.splitlines(keepends=True)
    for at, line in enumerate(lines):
        for what, other in _flipped_line(line):
            yield f"{what}: {line.strip()}", "".join((*lines[:at], other, *lines[at + 1 :]))


def _flipped_line(line: str) -> Iterator[tuple[str, str]]:
    if found := _POLICY.match(line):
        other = {"ACCEPT": "DROP", "DROP": "ACCEPT"}[found["policy"]]
        yield "turn", line.replace(f":{found['chain']} {found['policy']}", f":{found['chain']} {other}", 1)
    if " -A " not in f" {line}":
        return
    yield "delete", ""
    yield from (("turn", line.replace(now, then)) for now, then in _TURNED.items() if now in line)
    yield from (("widen", line.replace(one[0], "", 1)) for one in _MATCH.finditer(line))


def _flipped_native(document: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    objects = document["nftables"]
    for at, one in enumerate(objects):
        rule = one.get("rule")
        if not rule or any("xt" in part for part in rule["expr"]):
            continue  # of iptables-nft: its own file has it
        where = f"{rule['table']}/{rule['chain']} {json.dumps(rule['expr'])[:160]}"
        yield f"delete: {where}", {"nftables": [*objects[:at], *objects[at + 1 :]]}
        for what, expressions in _flipped_expressions(rule["expr"]):
            other = {"rule": {**rule, "expr": expressions}}
            yield f"{what}: {where}", {"nftables": [*objects[:at], other, *objects[at + 1 :]]}


def _flipped_expressions(expressions: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for at, one in enumerate(expressions):
        for now, then in (("accept", "drop"), ("drop", "accept")):
            if now in one:
                yield "turn", [*expressions[:at], {then: None}, *expressions[at + 1 :]]
        if "match" in one:
            yield "widen", [*expressions[:at], *expressions[at + 1 :]]
