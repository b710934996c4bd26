"""A line of a shell -> lines of a width that can be pasted as they stand."""

import re
from collections.abc import Iterator

from netaudit.report.text.width import columns_of

_WORD = re.compile(r"(?:[^\s'\"]|'[^']*'|\"(?:[^\"\\]|\\.)*\")+|\S+", re.DOTALL)
_STATEMENT = re.compile(r"[^;]*;|[^;]+$")  # of a script of nft: a new line ends a statement as `;` does


def shell_lines(line: str, width: int, *, indent: int) -> Iterator[str]:
    """Break between words, behind a backslash, and between the statements of a script of nft; all else stays whole."""
    margin = " " * indent
    filled = ""
    for word, joint in _pieces(line):
        if filled and columns_of(f"{margin}{filled} {word}{joint}") > width:
            yield f"{margin}{filled}{joint}"
            margin = " " * (indent + 2)
            filled = word
        else:
            filled = f"{filled} {word}" if filled else word
    if filled:
        yield f"{margin}{filled}"


def _pieces(line: str) -> Iterator[tuple[str, str]]:
    """Return what stays whole, each with what ends the line before it."""
    words = _WORD.findall(line)
    for before, word in zip(["", *words], words, strict=False):
        if before == "nft" and word.startswith("'"):
            first, *others = (one.strip() for one in _STATEMENT.findall(word) if one.strip())
            yield first, " \\"
            yield from ((one, "") for one in others)
        else:
            yield word, " \\"
