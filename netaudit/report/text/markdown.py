"""Hostile text -> Markdown that GitHub shows and does not obey.

Foreign text (rules, names, errors) goes into code spans: there, nothing is a link, a mention, an image or HTML.
"""

import re

from netaudit.report.text.sanitize import terminal_text

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~&!$^]")
# What starts a list or a heading where a line or a cell begins.
_OPENING = re.compile(r"^(\s*)([-+=]|\d+[.)])(?=[-=\s]|$)")
_INDENT = re.compile(r"^ {2,}")  # four spaces would begin a block of code; one says as much
# What GitHub makes something of, also where it is escaped: mentions, references, addresses, commits, emoji.
_LINKED = re.compile(r"@|#\d|GH-\d|://|\bwww\.|\b[0-9a-f]{7,}\b|:[\w+-]+:", re.IGNORECASE)


class Markdown(str):
    """Text that is Markdown already; everything else is escaped when a template prints it."""

    __slots__ = ()


def prose(text: str) -> Markdown:
    """Print words as they are; what GitHub would turn into a link becomes a code span."""
    shown = terminal_text(text)
    if _LINKED.search(shown):
        return code(shown)
    escaped = _SPECIAL.sub(r"\\\g<0>", _INDENT.sub(" ", shown))
    return Markdown(_OPENING.sub(_escape_opening, escaped))


def code(text: str) -> Markdown:
    """Print a code span that survives backticks and, inside a table, pipes.

    A pipe is written as GitHub's tables want it, so a span belongs into a cell (see `code_outside`).
    """
    return Markdown(code_outside(text).replace("|", r"\|"))


def code_outside(text: str) -> Markdown:
    """Print a code span for a place outside tables, where a backslash would be shown."""
    shown = terminal_text(text) or " "
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    padded = f" {shown} " if shown[0] in "` " or shown[-1] in "` " else shown
    return Markdown(f"{fence}{padded}{fence}")


def fence(text: str) -> Markdown:
    """Print a block of code, from which a line is copied whole."""
    shown = terminal_text(text)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    ticks = "`" * max(3, longest + 1)
    return Markdown(f"{ticks}sh\n{shown}\n{ticks}")


def _escape_opening(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2][:-1]}\\{found[2][-1]}"
