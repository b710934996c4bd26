"""Text -> lines as iptables meant them: a quoted comment may hold line feeds, a file may come from another system."""

import re
from collections.abc import Iterator

from netaudit.errors import ParseError

LONGEST = 1 << 20  # characters of a line; the kernel has no rule of more than 64 KiB, and its words take 75 MB here
_ESCAPE = re.compile(r"\\.")
_BLANK = " \t"
_OPENS = (" ", "\t", "-", "[")


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Return each line with its number; a rule goes on to where its quotes close, for comments hold line feeds too.

    Indentation, a byte order mark and what is blank at the ends of lines are left away: iptables before 1.4.11 prints
    a space there.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    if "\r" in text:
        lines = [line.rstrip("\r") for line in lines]
    if '"' not in text:
        yield from ((number, line.strip(_BLANK)) for number, line in enumerate(lines, 1))
        return
    closing = _closing_lines(lines)
    at = 0
    while at < len(lines):
        end = _end_of_line(lines, at, closing)
        yield at + 1, (lines[at] if end == at + 1 else "\n".join(lines[at:end])).strip(_BLANK)
        at = end


def require_short_lines(text: str, source: str) -> None:
    """Refuse a line that no rule has: its words would take a hundred times its size. Raises ParseError."""
    at = 0
    while len(text) - at > LONGEST:
        end = text.rfind("\n", at, at + LONGEST + 1)
        if end < 0:
            line = text.count("\n", 0, at) + 1
            hint = "give the untouched output of iptables-save, iptables -S or iptables -L"
            raise ParseError(f"a line of more than {LONGEST} characters", source=source, line=line, hint=hint)
        at = end + 1


def _closing_lines(lines: list[str]) -> list[int]:
    """List the lines that close a quote or open one, the last one first: each is looked for once."""
    return [at for at in range(len(lines) - 1, -1, -1) if '"' in lines[at] and _turns_quotes(lines[at])]


def _end_of_line(lines: list[str], at: int, turning: list[int]) -> int:
    """Find where a line ends that begins here; a quote that nothing closes is no quote."""
    while turning and turning[-1] < at:
        turning.pop()
    if not turning or turning[-1] != at or not lines[at].startswith(_OPENS):
        return at + 1
    turning.pop()
    if not turning or sum(map(len, lines[at : turning[-1] + 1])) > LONGEST:
        return at + 1
    return turning[-1] + 1


def _turns_quotes(line: str) -> bool:
    """Tell whether a line ends within quotes when it began without, and the other way round."""
    return (_ESCAPE.sub("", line) if "\\" in line else line).count('"') % 2 == 1
