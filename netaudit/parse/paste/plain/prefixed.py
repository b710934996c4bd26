"""What programs put before each line of an answer is taken away: `node1 | -A …`, `rules.v4:12:-A …`, a time."""

import re
from collections import Counter

from netaudit.parse.paste.topics import topic_of

# The host before a bar (Compose, Ansible), a file or a host before a colon (grep, pssh), a line's number (grep -n).
_PREFIX = re.compile(
    r"[ \t]*(?:(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S{0,12}[ \t])|(?P<bar>[\w.@/~-]{1,80}[ \t]*\|)[ \t]?"
    r"|(?P<colon>[\w.@/~-]{0,80}[A-Za-z][\w.@/~-]{0,80}:)(?:\d{1,6}:)?[ \t]?|(?P<number>\d{1,6})[:-])(?=\S)"
)
_NUMBERS = "0"  # stands for every number
_TIMES = "1"
_FEWEST = 2  # lines that begin alike
_RULE = re.compile(r"(?:\[\d+:\d+\]\s+)?-[APN] \S")


def unprefixed(lines: list[str]) -> list[str]:
    """Return the lines without what stands before rules and chains; of two hosts' answers, the first one's alone."""
    found = [_PREFIX.match(line) if line else None for line in lines]
    prefixes = [_name_of(one) if one else "" for one in found]
    counted = Counter(
        prefix
        for prefix, one, line in zip(prefixes, found, lines, strict=True)
        if one and _is_answer(line, line[one.end() :], prefix)
    )
    chosen = next((prefix for prefix, count in counted.items() if count >= _FEWEST or prefix == _NUMBERS), "")
    if not chosen:
        return lines
    return [
        line[one.end() :] if one and prefix == chosen else line
        for line, one, prefix in zip(lines, found, prefixes, strict=True)
    ]


def _name_of(found: re.Match[str]) -> str:
    if found["time"]:
        return _TIMES
    return (found["bar"] or found["colon"] or _NUMBERS).strip()


def _is_answer(line: str, rest: str, prefix: str) -> bool:
    """Tell whether a line is an answer's behind its prefix alone; behind a number, only a rule is."""
    if topic_of(line) is not None:
        return False
    return _RULE.match(rest) is not None if prefix == _NUMBERS else topic_of(rest) is not None
