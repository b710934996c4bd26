"""Rows of a listing that a mail broke into lines are put together, as the heading above them has columns."""

import re

from netaudit.parse.iptables.console import is_noise
from netaudit.parse.listing.columns import (
    ColumnLayout,
    has_addresses,
    is_heading,
    is_rule_like,
    read_layout,
    split_columns,
)
from netaudit.parse.paste.plain.wrapped import JOINED, MOST_JOINED, without_backslash
from netaudit.parse.paste.topics import is_command, topic_of

# What stands behind a row's columns, and a row that ends before it.
_MATCH = re.compile(
    r"\s*(?:/\*|to:|[sd]pts?:|ctstate\s|state\s[A-Z]|ADDRTYPE\s|match\s(?:dst|src)-type|match-set\s|(?:dst|src)-type\s"
    r"|reject-with\s|multiport\s|[ds]ports\s|LOG\s(?:flags|level)|limit:|avg\s\d|mark\s|MAC\s|(?:tcp|udp|sctp)\s(?:[sd]pt|flags)"
    r"|tcp$|udp$|icmptype\s|prefix\s\"|(?:source|destination)\sIP\srange|PHYSDEV\s|owner\s[UG]ID|recent:|burst\s\d|level\s\d"
    r"|flags:|(?:NEW|RELATED|ESTABLISHED|INVALID|LOCAL|DNAT)(?:,|\s*$))"
)
_OPEN = re.compile(
    r"\s(?:ctstate|state|match|ADDRTYPE|(?:dst|src)-type|reject-with|[ds]ports|limit:|avg|burst|prefix|flags|level|to|tcp|udp)$"
)
_LONGEST = 1000
_SHORT = 4  # words that close what is open


def rows_rejoined(lines: list[str]) -> list[str]:
    """Return the lines, each row of `iptables -L` on one; what is no row's rest stays."""
    if not any(read_layout(without_backslash(line)) for line in lines if "target" in line and len(line) <= _LONGEST):
        return lines
    found = list(lines)
    layout: ColumnLayout | None = None
    last = -1  # the line of the row, or the heading, that may go on
    for at, whole in enumerate(lines):
        line = without_backslash(whole)
        if not line.strip() or len(line) > _LONGEST or line.lstrip().startswith("Chain "):
            found[at], last = line, -1
        elif last >= 0 and at - last < MOST_JOINED and _goes_on(found[last], line, layout):
            found[last] = f"{found[last]} {line.strip()}"
            found[at] = JOINED
            layout = read_layout(found[last]) or layout
        elif heading := read_layout(line):
            found[at], layout, last = line, heading, at
        else:
            last = at if layout and _begins_row(line, layout) else -1
            found[at] = line if last >= 0 else whole
    return found


def _begins_row(line: str, layout: ColumnLayout) -> bool:
    return split_columns(line, layout) is not None or is_rule_like(line, layout)


def _goes_on(row: str, line: str, layout: ColumnLayout | None) -> bool:
    """Tell whether a line is the rest of a row, or of a heading."""
    if layout is None or is_command(line) or is_noise(line) or topic_of(line) is not None:
        return False
    if read_layout(row) is not None:
        return layout.cut and is_heading(line.split())
    whole = split_columns(row, layout)
    if whole is None:
        joined = split_columns(f"{row} {line}", layout)
        return joined is not None and has_addresses(joined) and split_columns(line, layout) is None
    return _MATCH.match(line) is not None or (_OPEN.search(row.rstrip()) is not None and len(line.split()) < _SHORT)
