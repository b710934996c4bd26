"""What programs put before each line of an answer is taken away: `node1 | -A …`, `rules.v4:12:-A …`, a time, a bullet.

What stands before the begin of an answer, on two lines and more, is a prefix; whatever begins alike is an answer's too.
"""

import re
from collections import Counter
from collections.abc import Sequence

import msgspec

from netaudit.parse.paste.topics import is_command, topic_of

# What only an answer has: a table, a chain, a policy, a rule.
_BEGINS = re.compile(
    r"(?:\*(?:filter|nat|mangle|raw|security)[ \t\"',]*$|Chain \S{1,80} \((?:policy |\d{1,6} ref)"
    r"|(?:\[\d+:\d+\] )?-[APN] [\w.:-]+(?: |[\"',]|$)|:[\w.:-]+ (?:-|ACCEPT|DROP) \[\d"
    r"|(?:table (?:ip|ip6|inet|arp|bridge|netdev) [\w.-]+|chain [\w.-]+) \{)"
)
_RULE = re.compile(r"(?:\[\d+:\d+\]\s+)?-[APN] \S")
_LONGEST = 120  # characters of a prefix
_MOST_WORDS = 6
_ENDS = tuple(":|]>).\"'`*•-")  # a sentence ends otherwise
_REMARKS = ("#", "//", ";", "+", "$")
_NOT_THERE = re.compile(r"\b(?:removed?|deleted?|gone|was|were|not|never|without)\b", re.IGNORECASE)
_NUMBERED = re.compile(r"[\[(<]?\d")
_ADDRESS = re.compile(r"[\[(<]?\d{1,3}(?:\.\d{1,3}){3}\b")
_PROCESS = re.compile(r"(?<=\\\[)\d+(?=\\\])")  # `cron[812]:`, escaped
_PLACE = re.compile(r"(.*?[A-Za-z].*?)[:-]\d{1,6}[:-]$")  # a line of a file, as grep names it
_LINE = re.compile(r"[ \t]*\d{1,6}[:-]")  # `grep -n`
_TOKENS = re.compile(r"[ \t]+|[^ \t]+")
_QUOTES = ('"', "'", "`")
_FEWEST = 2  # lines that begin alike


class _Prefix(msgspec.Struct, frozen=True):
    """The pattern of what stands before lines, with whatever numbers, and what closes such a line."""

    pattern: str
    closes: str = ""
    number: bool = False  # of a line alone


def unprefixed(lines: list[str]) -> list[str]:
    """Return the lines without what stands before rules and chains; of two hosts' answers, the first one's alone."""
    compared = any(line.startswith("+") for line in lines)
    found = [_prefix_of(line, compared=compared) for line in lines]
    counted = Counter(filter(None, found))
    chosen = next((one for one, times in counted.items() if times >= _FEWEST or one.number), None)
    return lines if chosen is None else _stripped(lines, chosen)


def _stripped(lines: Sequence[str], prefix: _Prefix) -> list[str]:
    pattern = re.compile(prefix.pattern)
    stripped: list[str] = []
    for line in lines:
        start = pattern.match(line)
        if start is None or (prefix.number and not _RULE.match(line, start.end())):
            stripped.append(line)
            continue
        rest = line[start.end() :]
        stripped.append(_unclosed(rest, prefix.closes).replace('\\"', '"') if prefix.closes else rest)
    return stripped


def _unclosed(rest: str, closes: str) -> str:
    """Return a line without what closes it, and the comma behind that."""
    bare = rest.rstrip(" \t").removesuffix(",").rstrip(" \t")
    return bare.removesuffix(closes).rstrip(" \t") if bare.endswith(closes) else rest


def _prefix_of(line: str, *, compared: bool) -> _Prefix | None:
    """Return what stands before the begin of an answer; None where that is nothing, prose, or a command."""
    begins = _BEGINS.search(line[: _LONGEST + _LONGEST])
    said = line[: begins.start()] if begins else ""
    bare = said.strip(" \t")
    if not bare or len(said) > _LONGEST or topic_of(line) is not None or is_command(line):
        return None
    if _LINE.fullmatch(said):
        return _Prefix(_LINE.pattern, number=True) if _RULE.match(line, len(said)) else None
    closes = bare[-1] if bare[-1] in _QUOTES else "|" if bare == "|" else ""
    closed = closes not in _QUOTES or line.rstrip(" \t,").endswith(closes)
    if not closed or not _is_prefix(said, bare, compared=compared):
        return None
    return _Prefix(_pattern(said), closes)


def _is_prefix(said: str, bare: str, *, compared: bool) -> bool:
    words = bare.split()
    if (
        _NOT_THERE.search(bare)
        or bare.startswith(_REMARKS)
        or "tables" in bare
        or "nft" in words
        or len(words) > _MOST_WORDS
    ):
        return False
    if bare == "-":
        return not compared and said.endswith(" ")
    ends_so = bare.endswith(_ENDS) or _NUMBERED.match(words[-1]) is not None
    return ends_so and bare.count('"') < _FEWEST


def _pattern(said: str) -> str:
    """Return a pattern for a prefix with other numbers: of lines, times and processes, not of hosts."""
    parts: list[str] = []
    tokens = _TOKENS.findall(said)
    for at, token in enumerate(tokens):
        if not token.strip():
            last = at == len(tokens) - 1
            parts.append(rf"[ \t]{{0,{len(token)}}}" if last else "[ \\t]*" if at == 0 else "[ \\t]+")
        elif _NUMBERED.match(token) and not _ADDRESS.match(token):
            parts.append(("[ \\t]*" if at == 0 else "") + re.sub(r"\d+", r"\\d+", re.escape(token)))
        else:
            place = _PLACE.match(token)
            parts.append(rf"{re.escape(place[1])}[:-]\d+[:-]" if place else _PROCESS.sub(r"\\d+", re.escape(token)))
    return "".join(parts)
