"""Redact the lists that rules look addresses up in: `ipset save`, and the lists of `-m recent`."""

import re
from collections.abc import Iterator
from itertools import pairwise

from netaudit.model.facts import Source
from netaudit.parse.iptables.rule import split_words
from netaudit.parse.reading.constants import ICMP_TYPES, ICMPV6_TYPES, PROTOCOLS
from netaudit.store.redaction.redactor import Redactor
from netaudit.store.redaction.tally import Kind

_KIND = re.compile(r"(?:hash|bitmap):[a-z,]{2,24}|list:set", re.ASCII)
_NUMBER = re.compile(r"\d{1,7}", re.ASCII)
_PORT = re.compile(r"(?:([a-z0-9-]+):)?(\d{1,5}(?:[-/]\d{1,5})?|[a-z-]+)", re.ASCII)
_MARK = re.compile(r"0x[0-9a-f]{1,8}", re.IGNORECASE | re.ASCII)
_SEEN = re.compile(r"src=(\S+) ttl: (\d{1,3}) last_seen: \d+")
_VALUED = ("timeout", "maxelem", "size")  # options with a number that is no address
_FLAGS = ("nomatch", "counters")


def redact_ipsets(data: bytes, redactor: Redactor, _: Source) -> bytes:
    """Redact `ipset save`; a line, or a member, of another form is removed."""
    kinds: dict[str, list[str]] = {}
    lines = [split_words(line) for line in data.decode(errors="replace").splitlines() if line.strip()]
    hidden = [_line(words, kinds, redactor) for words in lines]
    redactor.count(Kind.LINE, hidden.count(None))
    return "".join(f"{line}\n" for line in hidden if line is not None).encode()


def _line(words: list[str], kinds: dict[str, list[str]], redactor: Redactor) -> str | None:
    match words:
        case ["create", name, kind, *options] if _KIND.fullmatch(kind):
            kinds[name] = kind.partition(":")[2].split(",")
            return " ".join(["create", redactor.ipset(name), kind, *_options(options)])
        case ["add", name, member, *options] if name in kinds:
            hidden = _member(member, kinds[name], redactor)
            return None if hidden is None else " ".join(["add", redactor.ipset(name), hidden, *_options(options)])
        case _:
            return None


def _options(words: list[str]) -> Iterator[str]:
    """Keep options that say nothing of whose they are."""
    for word, value in pairwise([*words, ""]):
        known = value in ("inet", "inet6") if word == "family" else word in _VALUED and bool(_NUMBER.fullmatch(value))
        if known:
            yield from (word, value)
        elif word in _FLAGS:
            yield word


def _member(text: str, parts: list[str], redactor: Redactor) -> str | None:
    pairs = zip(parts, text.split(","), strict=False)
    found = [hidden for kind, part in pairs if (hidden := _part(kind, part, redactor)) is not None]
    return ",".join(found) if len(found) == len(parts) else None


def _part(kind: str, text: str, redactor: Redactor) -> str | None:
    match kind:
        case "ip" | "net":
            return redactor.address(text)
        case "port":
            return _port(text)
        case "iface":
            physical, colon, name = text.rpartition(":")
            return physical + colon + redactor.interface(name)
        case "mac":
            return redactor.mac(text)
        case "set":
            return redactor.ipset(text)
        case _:
            return f"{redactor.number(int(text, 16)):#x}" if _MARK.fullmatch(text) else None


def _port(text: str) -> str | None:
    found = _PORT.fullmatch(text)
    if found is None or not (found[1] is None or found[1] in PROTOCOLS or found[1].isdigit()):
        return None
    return text if found[2][0].isdigit() or found[2] in {**ICMP_TYPES, **ICMPV6_TYPES} else None


def redact_recent(data: bytes, redactor: Redactor, _: Source) -> bytes:
    """Redact the lists of `-m recent`: their names as rules have them, and the addresses; no time of any packet."""
    hidden: list[str] = []
    for line in data.decode(errors="replace").splitlines():
        seen = _SEEN.match(line)
        address = redactor.address(seen[1]) if seen else None
        if line.startswith("list "):
            hidden.append(f"list {redactor.name('n', line.removeprefix('list '))}")
        elif seen and address:
            hidden.append(f"src={address} ttl: {seen[2]} last_seen: 1 oldest_pkt: 1 1")
        else:
            redactor.count(Kind.LINE)
    return "".join(f"{line}\n" for line in hidden).encode()
