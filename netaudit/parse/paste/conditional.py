"""Which lines of a shell script may not run: in a condition, in a function, behind `&&`."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate

from netaudit.parse.iptables.commands import calls_of
from netaudit.parse.paste.split import Parts, SkippedLine

_WORD = re.compile(
    r"(?:^|[;&|)]|\b(?:then|else|do)\b)\s*(?:(?P<fi>if)\s|(?P<esac>case)\s|(?P<done>while|until|for)\s"
    r"|(?P<brace>function\s+[\w.-]{1,64}|[\w.-]{1,64}\s{0,4}\(\))|(?P<end>fi|esac|done|\})(?=[\s;)&|]|$))"
)
# `[ -n "$WAN" ] && iptables …`; not `iptables -C … || iptables -A …`, after which the rule is there.
_CHECKED = re.compile(r"(?:^|;)\s*(?:\[|test\s|grep\s|command\s|which\s)[^;]*?(?:&&|\|\|)[^;]*tables\s")
_CALL = re.compile(r"(?:sudo )?ip6?tables(?: -t \S+)? -[AINPDRFX](?: |$)")
_POLICY = re.compile(r"((?:sudo )?ip6?tables(?: -t \S+)? -P \S+) (\S+)")
_TAKES = re.compile(r"(?:sudo )?ip6?tables(?: -t \S+)? -[DRFX]\b")
_LOOP = "for"  # over words that are there: it runs
_LONGEST = 1000


def tell_conditional(parts: Parts, text: str) -> None:
    """Tell the calls that may not run; of these, what takes away or changes a policy is passed by."""
    script = text.split("\n")
    if len(script) != parts.total or "tables" not in text:
        return
    sometimes = _sometimes(script)
    sure = _sure_policies(call for lines in parts.rules.values() for line in lines.values() for call in calls_of(line))
    for key, lines in parts.rules.items():
        for number in sorted(sometimes.intersection(lines)):
            calls = [call for call in calls_of(lines[number].strip()) if _CALL.match(call)]
            if calls:
                parts.skipped.append(SkippedLine(number, " ; ".join(calls), rules_of=key, sometimes=True))
                lines[number] = " ; ".join(call for call in calls if _is_kept(call, sure))


def _sure_policies(calls: Iterator[str]) -> set[str]:
    """Return the calls that set a policy that no other call changes."""
    policies: dict[str, set[str]] = {}
    for found in filter(None, map(_POLICY.match, calls)):
        policies.setdefault(found[1], set()).add(found[2])
    return {call for call, values in policies.items() if len(values) == 1}


def _is_kept(call: str, sure: Collection[str]) -> bool:
    policy = _POLICY.match(call)
    return policy[1] in sure if policy else _TAKES.match(call) is None


def _sometimes(lines: Sequence[str]) -> set[int]:
    """Return the numbers of the lines that may not run."""
    depth = [0] * (len(lines) + 2)
    for first, last in _blocks(lines):
        depth[first] += 1
        depth[last + 1] -= 1
    return {number for number, inside in enumerate(accumulate(depth)) if inside > 0}


def _blocks(lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the first and the last line of each block that may not run; what nothing closes is prose, and no block."""
    opened: list[tuple[str, str, int]] = []
    waiting: Counter[str] = Counter()
    for number, line in enumerate(lines, 1):
        if len(line) > _LONGEST or line.lstrip().startswith("#"):
            continue
        if _CHECKED.search(line):
            yield number, number
        for word in _WORD.finditer(line):
            if not word["end"]:
                kind = word.lastgroup or ""
                opened.append((kind, word[kind], number))
                waiting[kind] += 1
            elif waiting[kind := "brace" if word["end"] == "}" else word["end"]]:
                block = _close(kind, opened, waiting)
                yield from [(block[1], number)] if block[0] != _LOOP else []


def _close(kind: str, opened: list[tuple[str, str, int]], waiting: Counter[str]) -> tuple[str, int]:
    """Close the last block of a kind, with what nothing closed in it; return what it says, and its first line."""
    while True:
        last, said, first = opened.pop()
        waiting[last] -= 1
        if last == kind:
            return said, first
