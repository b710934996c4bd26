"""How a terminal is written to: how wide, and whether in colour."""

import msgspec

from netaudit.report.terminal.detail import Detail

WIDE = 1_000_000
_COLOURS = {"+": "32", "-": "31", "~": "33", ">": "36", "!": "35", "?": "35"}


class Style(msgspec.Struct, frozen=True):
    """How wide, whether in colour, and how much; in WIDE nothing is wrapped.

    `snapshot` is the recording as the user named it, quoted for a shell: commands that are printed are about it too.
    """

    width: int = 80
    colour: bool = False
    detail: Detail = Detail.SUMMARY
    snapshot: str = ""


def paint(line: str, style: Style) -> str:
    """Colour a row by its symbol, and what explains it faintly."""
    if not style.colour:
        return line
    mark = line[2:3]
    if mark in _COLOURS:
        return f"\x1b[{_COLOURS[mark]}m{line[:4]}\x1b[0m{line[4:]}"
    return line


def bold(text: str, style: Style) -> str:
    """Print a heading."""
    return f"\x1b[1m{text}\x1b[0m" if style.colour else text
