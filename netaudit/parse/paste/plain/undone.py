"""Forms that texts are brought into as a whole are undone: compared, numbered, escaped, broken at a terminal's edge."""

import re
from itertools import pairwise

from netaudit.parse.paste.plain.nft_script import nft_calls_made_plain
from netaudit.parse.paste.plain.nft_wrapped import nft_rejoined
from netaudit.parse.paste.plain.prefixed import unprefixed
from netaudit.parse.paste.plain.rows import rows_rejoined
from netaudit.parse.paste.plain.script import calls_made_plain
from netaudit.parse.paste.plain.wrapped import MOST_JOINED, continued, rejoined

_ESCAPED = re.compile(r"\\n(?:-[APN] |:[A-Z]|\*(?:filter|nat|mangle|raw)\b|Chain |table |\\t|COMMIT)")
_ESCAPES = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\/": "/", "\\\\": "\\", "\\r": ""}
_ESCAPE = re.compile(r'\\[nt"/\\r]')
_HUNK = re.compile(r"@@ -\d{1,9}(?:,\d{1,9})? \+(\d{1,9})(?:,(\d{1,9}))?")
LEFT_OUT = "\0left out: "  # begins what stands in the place of a hunk's head, where lines are missing before it
_ADDED = re.compile(r"\+[ \t]?(?:-[APN] \S|\*\w+$|:\w\S* )")
_BARE_RULE = re.compile(r"-[APN] \S")
_NUMBERED = re.compile(r"\s*(\d{1,6})(?::|\t|\s{1,2}|$)")
_FEWEST = 5  # lines that are numbered one after the other
_LISTED = re.compile(r"\s*(?:-\s+)((?:sudo\s+)?ip6?tables\s+-.*)")  # of a list in YAML
_HEADING = re.compile(r"\s*CONTAINER ID\s")
_CONTAINER = re.compile(r"[0-9a-f]{12}\s")
_JOINED = "NAMES"  # in the place of a line that stands with the one before: the answer goes on below
_COLUMNS = re.compile(r"\s*(?:IMAGE|COMMAND|CREATED|STATUS|PORTS|NAMES)\b")


def is_escaped(text: str) -> bool:
    """Tell whether the line ends of rules are written as two characters, as in JSON."""
    return "\\n" in text and len(_ESCAPED.findall(text)) > 1


def unescaped(text: str) -> str:
    """Return a text with real line ends, where they are written as two characters."""
    if not is_escaped(text):
        return text
    return _ESCAPE.sub(lambda found: _ESCAPES[found[0]], text)


def undone(lines: list[str]) -> list[str]:
    """Return the lines as they were before somebody compared, numbered or listed them, or a terminal broke them."""
    lines = _later(unprefixed(_unnumbered(lines)))
    lines = [found[1] if "tables" in line and (found := _LISTED.match(line)) else line for line in lines]
    return _rejoined_containers(nft_calls_made_plain(calls_made_plain(_rejoined(lines))))


def _rejoined(lines: list[str]) -> list[str]:
    return nft_rejoined(rows_rejoined(rejoined(continued(lines))))


def _later(lines: list[str]) -> list[str]:
    """Return the later side of a comparison; what was removed stands there as it is, where it is a rule."""
    hunks = any(_HUNK.match(line) for line in lines)
    if not hunks and not any(_ADDED.match(line) for line in lines):
        return lines
    inside = not hunks
    below = 1  # the line of the later side that comes next, if all of it is here
    found: list[str] = []
    for line in lines:
        if hunk := _HUNK.match(line):
            inside = True
            found.append(_head_of(int(hunk[1]), below, line))
            below = int(hunk[1]) + (int(hunk[2] or "1") or 1)
        else:
            below = 1 if line.startswith("+++ ") else below
            found.append(_of_later(line, hunks=hunks) if inside else line)
    return found


def _head_of(first: int, below: int, line: str) -> str:
    """Return a hunk's head, or what tells that lines are left out before it."""
    return line if first <= below else f"{LEFT_OUT}lines {below} to {first - 1} of the later side"


def _of_later(line: str, *, hunks: bool) -> str:
    mark, rest = line[:1], line[1:]
    rule = _BARE_RULE.match(rest.lstrip()) is not None
    if mark == "-" and rule:
        return f"removed: {rest.strip()}"
    if mark == "+" or (hunks and mark == " "):
        return rest.lstrip() if rule else rest
    return "" if hunks and mark == "-" and not _BARE_RULE.match(line) else line


def _unnumbered(lines: list[str]) -> list[str]:
    """Take away the numbers that `cat -n` and editors put before every line."""
    said = [line for line in lines if line.strip()]
    found = [_NUMBERED.match(line) for line in said]
    if len(said) < _FEWEST or not all(found):
        return lines
    numbers = [int(one[1]) for one in found if one]
    if not _follow(numbers, len(lines)):
        return lines
    return [_NUMBERED.sub("", line, count=1) for line in lines]


def _follow(numbers: list[int], lines: int) -> bool:
    """Tell whether numbers count lines: each is more than the one before, and no more are missing than are empty."""
    return all(one < other for one, other in pairwise(numbers)) and (numbers[-1] - numbers[0] < lines + 1)


def _rejoined_containers(lines: list[str]) -> list[str]:
    """Join rows of `docker ps` that were broken: its heading is, so its columns tell nothing."""
    at = next((at for at, line in enumerate(lines) if _HEADING.match(line) and "NAMES" not in line), -1)
    if at < 0 or not any(_COLUMNS.match(line) and "NAMES" in line for line in lines[at + 1 : at + 4]):
        return lines
    found = list(lines)
    last = -1
    for below in range(at + 1, len(lines)):
        line = lines[below]
        if _CONTAINER.match(line):
            last = below
        elif not line.strip() or not (_COLUMNS.match(line) if last < 0 else _is_rest(line)):
            if last >= 0:
                break
        elif last >= 0 and below - last >= MOST_JOINED:
            break
        elif last >= 0:
            found[last] += f" {line.strip()}"
            found[below] = _JOINED
    return found


def _is_rest(line: str) -> bool:
    """Tell whether a line may be the rest of a row: nothing that somebody typed, or another program printed."""
    return not line.lstrip().startswith(("$", "#", "*", ":", "-", "Chain ")) and "$ " not in line
