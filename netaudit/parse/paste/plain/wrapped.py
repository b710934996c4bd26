"""Rules that a mail, a page or a terminal's edge broke into lines: what follows a rule and begins no other is its."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from netaudit.parse.iptables.console import is_noise
from netaudit.parse.paste.topics import is_command, is_elided, topic_of

# What stands before an argument, or between a rule's parts: a rule that ends so goes on.
_OPEN = re.compile(
    r"(?:^|\s)(?:!|-[sdiojpgm]|--(?:s|d|to|source|destination|dport|sport|dports|sports|ports|to-destination|to-source|"
    r"to-ports|ctstate|state|match-set|comment|log-prefix|reject-with|dst-type|src-type|icmp-type|mark|set-xmark|"
    r"set-mark|limit|limit-burst|mac-source|src-range|dst-range|uid-owner|tcp-flags|name|ctorigdstport|ctdir))\s*$"
)
_TARGET = re.compile(r"\s-[jg] \S")
_OPTION = re.compile(r"\s*(?:!\s+)?--?[a-zA-Z][\w-]*(?:\s|$)")
_RULE = re.compile(r"\s*(?:\[\d+:\d+\]\s+)?-A \S")
_BEGINS = re.compile(r"\s*(?:[*#]|\[\d+:\d+\]|COMMIT\b|-[APNIDXFZ]\s|Chain |removed: )")
_BEGINS_ALONE = re.compile(r"\s*(?:\*[a-z]|\[\d+:\d+\]|COMMIT\b|-[APNIDXFZ]\s|:[\w.:-]+ \S)")
_DECLARED = re.compile(r"\s*(?:\[\d+:\d+\]\s+)?(?::|-[AN] )([\w.:-]+)")
_TARGETS = frozenset({"ACCEPT", "DROP", "RETURN", "REJECT", "MASQUERADE", "DNAT", "SNAT", "REDIRECT", "LOG", "MARK"})
_JUMP = re.compile(r"\s-[jg] (\S*)$")
_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5}(?:-\d{1,5})?)?")
# A translation without the address that it is to, or with a part of one.
_HALF_LED = re.compile(
    r"\s-j [DS]NAT$|--to-(?:destination|source) (?!\[)"
    r"(?!(?:\d{1,3}\.){3}\d{1,3}(?:-[\d.]+)?(?::\d{1,5}(?:-\d{1,5})?)?(?:\s|$))[\d.]*:?$"
)
_TWO_VALUES = frozenset({"--match-set", "--tcp-flags"})
_NARROWEST = 80  # columns of a terminal
MOST_JOINED = 8  # lines that become one
BACKSLASH = "\\"
JOINED = "\0joined"  # in the place of a line that stands at the end of the one before
_VERBS = ("-A", "-P", "-N", "-I", "-D", "-X", "-F", "-Z")


def goes_on(rule: str, line: str) -> bool:
    """Tell whether a line is the rest of the rule on the line before."""
    if not _RULE.match(rule) or line.lstrip()[:2] in _VERBS:
        return False
    if _OPEN.search(rule):
        return bool(line.strip()) and not line.lstrip().startswith(("*", ":", "#", "COMMIT", "["))
    return _OPTION.match(line) is not None and (_TARGET.search(rule) is None or line.lstrip().startswith("--"))


def is_cut_off(rule: str) -> bool:
    """Tell whether a rule that is the last line of a text ends in its middle: Docker and people write targets."""
    return _RULE.match(rule) is not None and (_TARGET.search(rule) is None or _OPEN.search(rule) is not None)


def ends_in_target(rule: str, lines: Iterable[str]) -> bool:
    """Tell whether a rule's target is a part of one: the begin of a chain that `lines` name, or of a usual target.

    What such a rule matches is known, and what it does is not: it is kept.
    """
    if _RULE.match(rule) is None:
        return False
    if _HALF_LED.search(rule) is not None:
        return True
    jump = _JUMP.search(rule)
    names = _TARGETS | {one[1] for line in lines if (one := _DECLARED.match(line))}
    return jump is not None and jump[1] not in names and any(name.startswith(jump[1]) for name in names)


def rejoined(lines: Sequence[str]) -> list[str]:
    """Join rules of iptables that a terminal broke at its edge, inside a word: only where a rule is not whole alone.

    A rule that is not joined is told as cut off; one that swallows its neighbour would not be told at all.
    """
    found = list(lines)
    widths = Counter(len(line) for line in lines)
    edge = max(widths, default=0)
    if edge < _NARROWEST or widths[edge] < 2:
        return found
    names = _TARGETS | {one[1] for line in lines if (one := _DECLARED.match(line))}
    for at, line in enumerate(lines):
        if len(line) == edge and _RULE.match(line):
            pieces = _pieces(lines[at : at + MOST_JOINED], edge, names)
            if len(pieces) > 1:
                found[at] = "".join(pieces)
                found[at + 1 : at + len(pieces)] = [JOINED] * (len(pieces) - 1)
    return found


def continued(lines: list[str]) -> list[str]:
    """Join rules that a backslash breaks; calls of a script are joined where they are read.

    What begins by itself is no rest of the line before: Markdown ends lines of a paragraph so.
    """
    found = list(lines)
    rule = -1
    for at, line in enumerate(lines):
        bare = without_backslash(line)
        broken = line.rstrip().endswith(BACKSLASH)
        if _BEGINS_ALONE.match(line):
            rule = at
            found[at] = bare if broken else line
        elif rule >= 0 and at - rule < MOST_JOINED and _is_rest(bare):
            found[rule] += f" {bare.lstrip()}"
            found[at] = JOINED
        rule = rule if broken else -1
    return found


def without_backslash(line: str) -> str:
    """Return a line without the backslash, and without spaces, at its end."""
    return line.rstrip().removesuffix(BACKSLASH).rstrip()


def _is_rest(line: str) -> bool:
    return bool(line) and not (is_command(line) or is_noise(line) or topic_of(line) is not None)


def _pieces(lines: Sequence[str], edge: int, names: frozenset[str]) -> list[str]:
    """Return the lines of which the first is a rule's begin; the first alone where they do not make a rule."""
    rule = lines[0]
    count = 1
    for line in lines[1:]:
        if len(lines[count - 1]) != edge or _begins(line) or not _is_broken(rule, line, names):
            break
        rule += line
        count += 1
    whole = _TARGET.search(rule) is not None and rule.count('"') % 2 == 0
    return list(lines[: count if whole else 1])


def _begins(line: str) -> bool:
    """Tell whether a line begins something: a rule, another program's answer, what somebody typed."""
    return (
        not line.strip()
        or _BEGINS.match(line) is not None
        or topic_of(line) is not None
        or is_command(line)
        or is_noise(line)
        or is_elided(line)
    )


def _is_broken(rule: str, line: str, names: frozenset[str]) -> bool:
    """Tell whether a rule ends inside a word, or a quote, that the line below ends."""
    before, _, word = rule.rpartition(" ")
    both = word + line.split(" ", 1)[0]
    if rule.count('"') % 2 or word in ("-", "--") or _OPEN.search(f" {both}"):
        return True
    if _OPTION.match(line) or (_OPEN.search(rule) and not line.startswith(" ")):
        return False  # it was broken between two words
    if jump := _JUMP.search(rule):
        return jump[1] not in names and both in names
    if _TARGET.search(rule):
        return _ADDRESS.fullmatch(word) is None and _ADDRESS.fullmatch(both) is not None
    return before.rpartition(" ")[2] not in _TWO_VALUES
