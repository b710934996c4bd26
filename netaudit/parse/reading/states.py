"""A text that holds a chain twice, with other rules: before and after a change, or two hosts. The last one counts."""

import re

from netaudit.parse.reading.result import Loss

_BEGIN = re.compile(
    r"^[ \t]*(?:(?:# )?Chain (?P<listed>\S+) \(|:(?P<saved>\S+) |[^\n-]{0,80}-[PN] (?P<made>\S+))", re.MULTILINE
)


def earlier_state(line: int | None, chain: str) -> Loss:
    """Say that rules were passed by because the text has the chain once more, further down."""
    place = f"line {line}" if line else "above"
    return Loss(f"{place}, an earlier state of chain {chain}, passed by: the text is of more than one time or host")


def lines_of_chains(text: str) -> dict[str, list[int]]:
    """List the lines on which each chain begins, in a listing or among commands."""
    found: dict[str, list[int]] = {}
    line, at = 1, 0
    for begin in _BEGIN.finditer(text):
        line += text.count("\n", at, begin.start())
        at = begin.start()
        found.setdefault(begin[begin.lastgroup or 0], []).append(line)
    return found
