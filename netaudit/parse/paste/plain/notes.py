"""What people write behind a rule, on its line: `-A FORWARD -j DROP   <-- this one`."""

import re

# What is not closed goes on to the end of its line.
_QUOTED = r'"(?:\\.?|[^"\\\n])*(?:"|$)|/\*.*?(?:\*/|$)'
_ARROW = re.compile(rf"(?:{_QUOTED})|[ \t](?P<note>(?:<[-=]{{1,8}}|\u2190|<{{2,5}})(?:[ \t].*)?$)")
_REMARK = re.compile(rf"(?:{_QUOTED})|[ \t](?P<note>(?:<[-=]{{1,8}}|\u2190|<{{2,5}}|#|//)(?:[ \t].*)?$)")
_RULE = re.compile(
    r"\s*(?:\[\d+:\d+\]\s+)?(?:-[AIPN] \S|:\S+ )"
    r"|\s*(?:\d+[KMGT]?\s+){0,3}(?:[A-Za-z][\w-]*\s+)?(?:all|tcp|udp|icmp|\d{1,3})\s+--\s"
)
_OF_NFT = re.compile(r"\s+\S.*\b(?:counter|accept|drop|jump|goto|return|reject|dnat|snat|masquerade)\b|\s*chain \S+ \{")
_LONGEST = 4096


def split_note(line: str) -> tuple[str, str]:
    """Split a rule's line from what somebody wrote behind it: iptables prints no arrow and no remark, nft no arrow."""
    if len(line) > _LONGEST or not ("<" in line or "#" in line or "//" in line or "\u2190" in line):
        return line, ""
    pattern = _REMARK if _RULE.match(line) else _ARROW if _OF_NFT.match(line) else None
    note = pattern and next((found for found in pattern.finditer(line) if found["note"] is not None), None)
    return (line[: note.start()].rstrip(), note["note"].strip()) if note else (line, "")
