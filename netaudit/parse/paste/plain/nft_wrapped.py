"""Rules of nft that a mail broke into lines: what is not indented inside a chain is the rest of the line before."""

import re

from netaudit.parse.iptables.console import is_noise
from netaudit.parse.paste.plain.wrapped import BACKSLASH, JOINED, MOST_JOINED, without_backslash
from netaudit.parse.paste.topics import Topic, is_command, is_elided, topic_of

_NARROWEST = 50  # columns: nobody breaks a shorter line
# A rule that ends so is whole.
_WHOLE = re.compile(
    r"(?:^|\s)(?:accept|drop|return|continue|masquerade|reject|notrack|[{};])$|[{};]$|\b(?:jump|goto) \S+$"
    r"|\b[ds]nat(?: ip6?)? to \S+$|# handle \d+$|\bto :\d+(?:-\d+)?$"
)
_WORD = re.compile(
    r"(?:counter|packets|bytes|accept|drop|jump|goto|return|reject|meta|ct|ip6?|tcp|udp|sctp|th|icmp(?:v6)?|[io]if(?:name)?"
    r"|[ds]addr|[ds]port|[ds]nat|masquerade|comment|state|log|prefix|with|type|limit|rate|burst|fib|mark|set|handle|xt|queue"
    r"|l4proto|established|related|new|invalid|policy|hook|priority|to|eq|and|or|xor|flags|vmap|map|match|ether|vlan)\b"
    r"|[@\"{}#!=<>]|\d|[A-Z][\w-]*$"
)
_HANDLE = re.compile(r"\s# handle \d+$")
_BEHIND = ("# handle ", 'comment "')  # what may stand behind a whole rule
_LONGEST = 4096


def nft_rejoined(lines: list[str]) -> list[str]:
    """Return the lines, each rule of nft on one."""
    if not any("{" in line and topic_of(line) is Topic.NFT for line in lines):
        return lines
    found = list(lines)
    depth, last = 0, -1
    for at, (whole, below) in enumerate(zip(lines, [*lines[1:], ""], strict=True)):
        line = whole
        if topic_of(line) is Topic.NFT:
            depth = max(depth, 0)
        if depth > 0 or line.count("{") > line.count("}"):
            line = found[at] = _without_break(line, below)
        if depth > 0 and last >= 0 and at - last < MOST_JOINED and _goes_on(found[last], line):
            found[last] += f" {line.strip()}"
            found[at] = JOINED
        else:
            last = at if line[:1] in (" ", "\t") and line.strip() else -1
        depth += line.count("{") - line.count("}")
    return found


def _without_break(line: str, below: str) -> str:
    """Return a line that is whole without a backslash behind it: Markdown ends lines of a paragraph so."""
    if not line.rstrip().endswith(BACKSLASH) or below.lstrip().startswith(_BEHIND):
        return line
    bare = without_backslash(line)
    return bare if _WHOLE.search(bare) else line


def _goes_on(rule: str, line: str) -> bool:
    """Tell whether a line is the rest of a rule that was broken."""
    bare = line.strip()
    if not bare or line[0] in " \t}" or len(rule.expandtabs()) < _NARROWEST or len(line) > _LONGEST:
        return False
    if bare.startswith(_BEHIND):
        return True
    bare = _HANDLE.sub("", bare)
    typed = is_command(bare) or is_noise(bare) or is_elided(bare) or topic_of(bare) is not None
    return not typed and _WHOLE.search(rule.rstrip()) is None and _WORD.match(bare) is not None
